"""All stages of PAF decoding in one call, so that the interpreter is entered once a picture.

The arguments of `find_people` are, after the maps and their place in the picture, the fields of
`edge.decode.paf.Topology` and `Memory` by name and in order; a test holds them together. They are
not passed as these two tuples: numba takes a named tuple apart anew at each call, and that costs
microseconds, where one person is decoded in twenty.
"""

# mypy: disable-error-code="no-untyped-def"
# ruff: noqa: PLR0917 - a kernel takes its arrays one by one

from __future__ import annotations

import numpy as np

from edge.decode.assembly import LIMB_SUM, LIMBS, PARTS, PEAK_SUM, assemble
from edge.decode.gathering import gather
from edge.decode.kernel import frozen_array, kernel, types
from edge.decode.keys import key_score, pair_key, sort_keys
from edge.decode.limbs import connect
from edge.decode.noise import noise_sd
from edge.decode.peaks import COV_XY, SCORE, VAR_X, VAR_Y, X, Y, find_peaks

# Where each threshold stands in `levels`, and each count in `numbers`.
PEAK_THRESHOLD, PEAK_SIGMAS, DOUBT, LIMB_THRESHOLD, LIMB_GOOD, MIN_SCORE, BODY_TOLERANCE = range(7)
CRITERION, LIMB_SAMPLES, MIN_PARTS = range(3)
# One keypoint of a person: x px, y px, score, and from COVARIANCE on its covariance, row by row.
COVARIANCE, PERSON_FIELDS = 3, 7


@kernel(
    types.Tuple((types.int64, types.boolean))(
        frozen_array(types.float32, 3),
        frozen_array(types.float32, 3),
        types.float64,
        types.float64,
        types.float64,
        types.float64,
        frozen_array(types.int32, 2),
        frozen_array(types.float32, 2),
        frozen_array(types.float32, 1),
        types.float32[::1],
        types.int64[::1],
        types.float32[:, :, ::1],
        types.int32[::1],
        types.int64[::1],
        types.boolean[:, ::1],
        types.int32[:, ::1],
        types.float32[::1],
        types.int32[:, ::1],
        types.int32[:, ::1],
        types.float32[:, ::1],
        types.float32[::1],
        types.float32[:, ::1],
        types.float32[:, :, ::1],
        types.float32[::1],
    )
)
def find_people(
    heatmaps, pafs, scale_x, scale_y, offset_x, offset_y, limbs, reach, heights, levels, numbers,
    peaks, counts, keys, taken, connections, scores, owner, pieces, evidence, stature, cost,
    people, people_scores,
):  # fmt: skip
    """All stages in one call: fill `people` (P, K, PERSON_FIELDS) and `people_scores` (P,).

    Returns how many people were written, and `truncated`.
    """
    min_score, tolerance, min_parts = levels[MIN_SCORE], levels[BODY_TOLERANCE], numbers[MIN_PARTS]

    noise = noise_sd(heatmaps)
    threshold = max(levels[PEAK_THRESHOLD], levels[PEAK_SIGMAS] * noise)
    truncated = find_peaks(heatmaps, threshold, noise, levels[DOUBT], peaks, counts)
    count, more = connect(
        pafs, limbs, peaks, counts, numbers[CRITERION], levels[LIMB_THRESHOLD], levels[LIMB_GOOD],
        numbers[LIMB_SAMPLES], keys, taken, connections, scores,
    )  # fmt: skip
    truncated |= more
    total, more = assemble(limbs, peaks, connections, scores, count, keys, owner, pieces, evidence)
    truncated |= more
    if tolerance > 0:
        total, more = gather(
            peaks, counts, reach, heights, tolerance, min_score, total, owner, pieces, evidence,
            keys, stature, cost,
        )  # fmt: skip
        truncated |= more

    # The share of the whole skeleton's evidence that was seen: complete people come first.
    whole = np.float32(pieces.shape[1] + len(limbs))
    found = 0
    for piece in range(total):
        seen = evidence[piece, PEAK_SUM] + evidence[piece, LIMB_SUM]
        # As many limbs as join so many keypoints: peaks that stand alone make nobody.
        hangs_together = evidence[piece, LIMBS] >= min_parts - 1
        if not hangs_together or evidence[piece, PARTS] < min_parts:
            continue
        if seen < min_score * evidence[piece, PARTS]:
            continue
        keys[found] = pair_key(seen / whole, piece)
        found += 1
    sort_keys(keys, found)
    if found > len(people_scores):
        found, truncated = len(people_scores), True
    for p in range(found):
        piece = keys[p] & 0xFFFFFFFF
        people_scores[p] = min(key_score(keys[p]), np.float32(1))
        for j in range(pieces.shape[1]):
            n = pieces[piece, j]
            if n < 0:
                people[p, j] = np.nan
                people[p, j, 2] = 0
                continue
            people[p, j, 0] = peaks[j, n, X] * scale_x + offset_x
            people[p, j, 1] = peaks[j, n, Y] * scale_y + offset_y
            people[p, j, 2] = peaks[j, n, SCORE]
            people[p, j, 3] = peaks[j, n, VAR_X] * scale_x * scale_x
            people[p, j, 4] = people[p, j, 5] = peaks[j, n, COV_XY] * scale_x * scale_y
            people[p, j, 6] = peaks[j, n, VAR_Y] * scale_y * scale_y
    return found, truncated

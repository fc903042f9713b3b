"""Limbs: which peak of one keypoint belongs to which peak of another, by line integrals of PAFs.

Cao et al., "OpenPose" (TPAMI 2021), equations 11 to 15. The field is interpolated linearly between
cells. Pairs are matched one to one, best first.
"""

# mypy: disable-error-code="no-untyped-def"
# ruff: noqa: PLR0917 - a kernel takes its arrays one by one

from __future__ import annotations

import math

import numpy as np

from edge.decode.kernel import HALF, ONE, ZERO, frozen_array, inlined, kernel, types
from edge.decode.keys import key_score, pair_key, sort_keys
from edge.decode.peaks import SCORE, X, Y

SEED, MEAN = 0, 1  # criteria, see PafOptions

# One connection: limb, peak of keypoint a, peak of keypoint b.
LIMB, PEAK_A, PEAK_B = range(3)

_MINIMUM_SAMPLES = 5
_NEXT = np.uint32(1)
_SURE = np.float32(0.4)  # scores of peaks from here on are not compared
_NEAR, _FAR = np.float32(0.3), np.float32(0.7)

_pafs = frozen_array(types.float32, 3)
_cells = frozen_array(types.float32, 1)
_peaks = types.float32[:, :, ::1]


@inlined
def _points_along(fields, at, size, width, x, y, dx, dy, least):
    # Through int32: processors convert to unsigned numbers in more steps.
    cell = at + np.uint32(np.int32(y + HALF)) * width + np.uint32(np.int32(x + HALF))
    return fields[cell] * dx + fields[cell + size] * dy > least


@inlined
def worth_scoring(fields, at, size, width, ax, ay, bx, by, threshold):
    """Whether two of three points between (ax, ay) and (bx, by), map px, speak for a limb.

    The points lie at 3, 5 and 7 tenths of the way, and say so when the field of the nearest cell
    points along the limb. With 50 people 49 of 50 pairs are nobody's limb: most end here.
    fields : float32 (2L * H * W,). at : where the limb's x field begins. size : H * W.
    """
    dx, dy = bx - ax, by - ay
    least = threshold * math.sqrt(dx * dx + dy * dy)
    middle = _points_along(fields, at, size, width, ax + HALF * dx, ay + HALF * dy, dx, dy, least)
    near = _points_along(fields, at, size, width, ax + _NEAR * dx, ay + _NEAR * dy, dx, dy, least)
    far = _points_along(fields, at, size, width, ax + _FAR * dx, ay + _FAR * dy, dx, dy, least)
    return (middle & near) | (middle & far) | (near & far)


@inlined
def limb_integral(fields, at, size, width, height, ax, ay, bx, by, threshold, samples, least_share):
    """Mean of the field along the limb, and the share of samples above `threshold` (equation 11).

    fields, at, size, ax, ay, bx, by : as above, of at least 2 x 2 cells. samples : most samples
    taken; a short limb gets one a pixel, at least 5. 0, 0 for a limb without length, and as soon
    as `least_share` is out of reach.
    """
    dx, dy = bx - ax, by - ay
    length = math.sqrt(dx * dx + dy * dy)
    if not length > np.float32(1e-6):
        return ZERO, ZERO
    pixels = np.int32(np.minimum(length, np.float32(samples)))
    rounded_up = 1 + pixels + (np.float32(pixels) < length)
    count = np.int32(np.minimum(samples, np.maximum(_MINIMUM_SAMPLES, rounded_up)))
    step = ONE / np.float32(count - 1)
    last_column, last_row = np.int32(width) - 2, np.int32(height) - 2
    least = threshold * length
    allowed = (ONE - least_share) * np.float32(count) + HALF
    total, bad, u = ZERO, ZERO, ZERO
    for _ in range(count):
        x, y = ax + u * dx, ay + u * dy
        u += step
        column, row = min(np.int32(x), last_column), min(np.int32(y), last_row)
        right, down = x - np.float32(column), y - np.float32(row)
        upper = np.uint32(at + np.uint32(row) * width + np.uint32(column))
        lower = np.uint32(upper + width)
        along_upper = fields[upper] * dx + fields[upper + size] * dy
        next_upper = fields[upper + _NEXT] * dx + fields[upper + size + _NEXT] * dy
        along_lower = fields[lower] * dx + fields[lower + size] * dy
        next_lower = fields[lower + _NEXT] * dx + fields[lower + size + _NEXT] * dy
        along_upper += right * (next_upper - along_upper)
        along_lower += right * (next_lower - along_lower)
        along = along_upper + down * (along_lower - along_upper)
        total += along
        if not along > least:
            bad += ONE
            if bad > allowed:
                return ZERO, ZERO
    scale = ONE / np.float32(count)
    return total * scale / length, (np.float32(count) - bad) * scale


@inlined
def pair_number(a, b):
    """Two peaks as one number of a key: a map has fewer than 65536."""
    return a << 16 | b


@inlined
def pair_peaks(key):
    """The two peaks of a key that was made with their `pair_number`."""
    return (key >> 16) & 0xFFFF, key & 0xFFFF


@inlined
def _trust(score_a, score_b):
    """1, less where a peak is faint: if it lies on a limb by chance, it yields to the sure end."""
    return min(np.float32(1), min(score_a, score_b) / _SURE)


@kernel(types.int64(types.int64[::1], types.int64, types.boolean[:, ::1]))
def match_greedy(keys, count, taken):
    """Keep, best first, the pairs whose two peaks are still free (equations 14 and 15).

    keys : int64, the first `count` made by `pair_key` of `pair_number`; sorted, the kept ones
    first. taken : bool (2, capacity), set for the peaks that got a partner. Returns how many were
    kept.
    """
    sort_keys(keys, count)
    taken[:] = False
    kept = 0
    for k in range(count):
        a, b = pair_peaks(keys[k])
        if taken[0, a] or taken[1, b]:
            continue
        taken[0, a] = taken[1, b] = True
        keys[kept] = keys[k]
        kept += 1
    return kept


@kernel(
    types.Tuple((types.int64, types.boolean))(
        _pafs,
        frozen_array(types.int32, 2),
        _peaks,
        types.int32[::1],
        types.int64,
        types.float32,
        types.float32,
        types.int64,
        types.int64[::1],
        types.boolean[:, ::1],
        types.int32[:, ::1],
        types.float32[::1],
    )
)
def connect(
    pafs,
    limbs,
    peaks,
    counts,
    criterion,
    threshold,
    good,
    samples,
    keys,
    taken,
    connections,
    scores,
):
    """Fill `connections` (n, 3: limb, peak a, peak b) and their `scores`, limb by limb.

    pafs : float32 (2L, H, W). limbs : int32 (L, 2). criterion, threshold, good, samples : see
    PafOptions. keys, taken : working memory. Returns how many connections there are, and whether
    pairs had to be left out.
    """
    height, width = np.uint32(pafs.shape[1]), np.uint32(pafs.shape[2])
    size = np.uint32(height * width)
    fields = pafs.reshape(pafs.size)
    least_share = good if criterion == SEED else ZERO
    total, truncated = 0, False
    for limb in range(len(limbs)):
        a, b = limbs[limb, 0], limbs[limb, 1]
        at = np.uint32(np.uint32(2 * limb) * size)
        pairs = 0
        for i in range(counts[a]):
            ax, ay = peaks[a, i, X], peaks[a, i, Y]
            for j in range(counts[b]):
                bx, by = peaks[b, j, X], peaks[b, j, Y]
                if not worth_scoring(fields, at, size, width, ax, ay, bx, by, threshold):
                    continue
                mean, share = limb_integral(
                    fields, at, size, width, height, ax, ay, bx, by, threshold, samples,
                    least_share,
                )  # fmt: skip
                accepted = share >= good and mean > 0 if criterion == SEED else mean >= good
                if not (accepted and mean < np.float32(1e6)):
                    continue
                if pairs == len(keys):
                    truncated = True
                    continue
                trust = _trust(peaks[a, i, SCORE], peaks[b, j, SCORE])
                keys[pairs] = pair_key(mean * trust, pair_number(i, j))
                pairs += 1
        kept = match_greedy(keys, pairs, taken)
        for k in range(kept):
            i, j = pair_peaks(keys[k])
            connections[total, LIMB] = limb
            connections[total, PEAK_A] = i
            connections[total, PEAK_B] = j
            trust = _trust(peaks[a, i, SCORE], peaks[b, j, SCORE])
            scores[total] = key_score(keys[k]) / trust
            total += 1
    return total, truncated

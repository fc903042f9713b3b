"""Limbs: which peak of one keypoint belongs to which peak of another, by line integrals of PAFs.

Cao et al., "OpenPose" (TPAMI 2021), equations 11 to 15. The field is interpolated linearly between
cells. Pairs are matched one to one, best first.
"""

# mypy: disable-error-code="no-untyped-def"
# ruff: noqa: PLR0917 - a kernel takes its arrays one by one

from __future__ import annotations

import math

import numpy as np

from edge.decode.kernel import HALF, ZERO, frozen_array, inlined, kernel, types
from edge.decode.keys import key_score, pair_key, sort_keys
from edge.decode.peaks import SCORE, X, Y

SEED, MEAN = 0, 1  # criteria, see PafOptions

# One connection: limb, peak of keypoint a, peak of keypoint b.
LIMB, PEAK_A, PEAK_B = range(3)

_MINIMUM_SAMPLES = 5
_NEXT = np.uint32(1)
_AT_ONCE = 32
_SURE = np.float32(0.4)  # scores of peaks from here on are not compared
_NEAR, _FAR = np.float32(0.3), np.float32(0.7)

_pafs = frozen_array(types.float32, 3)
_map = frozen_array(types.float32, 2)
_cells = frozen_array(types.float32, 1)
_peaks = types.float32[:, :, ::1]


@inlined
def _points_along(field_x, field_y, width, x, y, dx, dy, least):
    # Through int32: not every processor converts to unsigned numbers many at a time.
    cell = np.uint32(np.int32(y + HALF)) * width + np.uint32(np.int32(x + HALF))
    return np.uint32(field_x[cell] * dx + field_y[cell] * dy > least)


@kernel(
    types.uint32(
        _cells, _cells, types.uint32, types.float32, types.float32, _cells, _cells, types.float32
    )
)
def worth_scoring(field_x, field_y, width, ax, ay, bx, by, threshold):
    """Which of up to 32 ends (bx, by) to score: bit j is set when two of three points say so.

    The points lie at 3, 5 and 7 tenths of the way from (ax, ay), map px, and say so when the field
    of the nearest cell points along the limb. field_x, field_y : float32 (H * W,).
    With 50 people 49 of 50 pairs are nobody's limb: most end here.
    """
    worth = np.uint32(0)
    for j in range(np.int32(len(bx))):
        dx, dy = bx[j] - ax, by[j] - ay
        least = threshold * math.sqrt(dx * dx + dy * dy)
        good = np.uint32(0)
        for part in (_NEAR, HALF, _FAR):
            good += _points_along(
                field_x, field_y, width, ax + part * dx, ay + part * dy, dx, dy, least
            )
        worth |= np.uint32(good >= 2) << np.uint32(j)
    return worth


@inlined
def limb_integral(field_x, field_y, width, height, ax, ay, bx, by, threshold, samples, least_share):
    """Mean of the field along the limb, and the share of samples above `threshold` (equation 11).

    field_x, field_y : float32 (H * W,), of at least 2 x 2 cells. ax, ay, bx, by : as above.
    samples : most samples taken; a short limb gets one a pixel, at least 5. 0, 0 for a limb
    without length, and as soon as `least_share` is out of reach.
    """
    dx, dy = bx - ax, by - ay
    length = math.sqrt(dx * dx + dy * dy)
    if not length > np.float32(1e-6):
        return ZERO, ZERO
    count = min(samples, max(_MINIMUM_SAMPLES, 1 + math.ceil(length)))
    step = np.float32(1) / np.float32(count - 1)
    least = threshold * length
    allowed = (1 - least_share) * np.float32(count) + HALF
    total, bad = ZERO, ZERO
    for k in range(count):
        u = np.float32(k) * step
        x, y = ax + u * dx, ay + u * dy
        column, row = min(np.uint32(x), width - 2), min(np.uint32(y), height - 2)
        right, down = x - np.float32(column), y - np.float32(row)
        upper = np.uint32(row * width + column)
        lower = np.uint32(upper + width)
        along_upper = field_x[upper] * dx + field_y[upper] * dy
        next_upper = field_x[upper + _NEXT] * dx + field_y[upper + _NEXT] * dy
        along_lower = field_x[lower] * dx + field_y[lower] * dy
        next_lower = field_x[lower + _NEXT] * dx + field_y[lower + _NEXT] * dy
        along_upper += right * (next_upper - along_upper)
        along_lower += right * (next_lower - along_lower)
        along = along_upper + down * (along_lower - along_upper)
        total += along
        bad += np.float32(not along > least)
        if bad > allowed:
            return ZERO, ZERO
    scale = np.float32(1) / np.float32(count)
    return total * scale / length, (np.float32(count) - bad) * scale


@inlined
def _trust(score_a, score_b):
    """1, less where a peak is faint: if it lies on a limb by chance, it yields to the sure end."""
    return min(np.float32(1), min(score_a, score_b) / _SURE)


@kernel(types.int64(types.int64[::1], types.int64, types.int64, types.boolean[:, ::1]))
def match_greedy(keys, count, stride, taken):
    """Keep, best first, the pairs whose two peaks are still free (equations 14 and 15).

    keys : int64, the first `count` made by `pair_key`; sorted, the kept ones first.
    taken : bool (2, capacity), set for the peaks that got a partner. Returns how many were kept.
    """
    sort_keys(keys, count)
    taken[:] = False
    kept = 0
    for k in range(count):
        pair = keys[k] & 0xFFFFFFFF
        a, b = pair // stride, pair % stride
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
    capacity = peaks.shape[1]
    height, width = np.uint32(pafs.shape[1]), np.uint32(pafs.shape[2])
    size = pafs.shape[1] * pafs.shape[2]
    cells = pafs.reshape(pafs.size)
    bx, by = np.empty(capacity, np.float32), np.empty(capacity, np.float32)
    least_share = good if criterion == SEED else ZERO
    total, truncated = 0, False
    for limb in range(len(limbs)):
        a, b = limbs[limb, 0], limbs[limb, 1]
        field_x = cells[2 * limb * size : (2 * limb + 1) * size]
        field_y = cells[(2 * limb + 1) * size : (2 * limb + 2) * size]
        for j in range(counts[b]):
            bx[j], by[j] = peaks[b, j, X], peaks[b, j, Y]
        pairs = 0
        for i in range(counts[a]):
            ax, ay = peaks[a, i, X], peaks[a, i, Y]
            for begin in range(0, counts[b], _AT_ONCE):
                end = min(begin + _AT_ONCE, counts[b])
                worth = worth_scoring(
                    field_x, field_y, width, ax, ay, bx[begin:end], by[begin:end], threshold
                )
                j = begin - 1
                while worth:
                    j += 1
                    this, worth = worth & _NEXT, worth >> _NEXT
                    if not this:
                        continue
                    mean, share = limb_integral(
                        field_x, field_y, width, height, ax, ay, bx[j], by[j],
                        threshold, samples, least_share,
                    )  # fmt: skip
                    accepted = share >= good and mean > 0 if criterion == SEED else mean >= good
                    if not (accepted and mean < np.float32(1e6)):
                        continue
                    if pairs == len(keys):
                        truncated = True
                        continue
                    trust = _trust(peaks[a, i, SCORE], peaks[b, j, SCORE])
                    keys[pairs] = pair_key(mean * trust, i * capacity + j)
                    pairs += 1
        kept = match_greedy(keys, pairs, capacity, taken)
        for k in range(kept):
            pair = keys[k] & 0xFFFFFFFF
            connections[total, LIMB] = limb
            connections[total, PEAK_A] = pair // capacity
            connections[total, PEAK_B] = pair % capacity
            scores[total] = key_score(keys[k]) / _trust(
                peaks[a, pair // capacity, SCORE], peaks[b, pair % capacity, SCORE]
            )
            total += 1
    return total, truncated

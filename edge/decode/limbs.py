"""Limbs: which peak of one keypoint belongs to which peak of another, by line integrals of PAFs.

Cao et al., "OpenPose" (TPAMI 2021), equations 11 to 15. The field is interpolated linearly between
cells. Pairs are matched one to one, best first.
"""

# mypy: disable-error-code="no-untyped-def"
# ruff: noqa: PLR0917 - a kernel takes its arrays one by one

from __future__ import annotations

import math

import numpy as np

from edge.decode.kernel import frozen_array, inlined, kernel, types
from edge.decode.peaks import HALF, ZERO, X, Y

SEED, MEAN = 0, 1  # criteria, see PafOptions

# One connection: limb, peak of keypoint a, peak of keypoint b.
LIMB, PEAK_A, PEAK_B = range(3)

_MINIMUM_SAMPLES = 5
_NEXT = np.uint32(1)
_NEAR, _FAR = np.float32(0.3), np.float32(0.7)

_pafs = frozen_array(types.float32, 3)
_map = frozen_array(types.float32, 2)
_cells = frozen_array(types.float32, 1)
_peaks = types.float32[:, :, ::1]


@inlined
def worth_scoring(field_x, field_y, width, ax, ay, bx, by, threshold):
    """Whether two of three inner points, at the nearest cell, point along the limb.

    field_x, field_y : float32 (H * W,). ax, ay, bx, by : the ends, map px, inside the map.
    With 50 people 49 of 50 pairs are nobody's limb: most end here, after two cells.
    """
    dx, dy = bx - ax, by - ay
    least = threshold * math.sqrt(dx * dx + dy * dy)
    cell = np.uint32(ay + HALF * dy + HALF) * width + np.uint32(ax + HALF * dx + HALF)
    middle = field_x[cell] * dx + field_y[cell] * dy > least
    cell = np.uint32(ay + _NEAR * dy + HALF) * width + np.uint32(ax + _NEAR * dx + HALF)
    near = field_x[cell] * dx + field_y[cell] * dy > least
    if middle == near:
        return middle
    cell = np.uint32(ay + _FAR * dy + HALF) * width + np.uint32(ax + _FAR * dx + HALF)
    return field_x[cell] * dx + field_y[cell] * dy > least


@inlined
def limb_integral(field_x, field_y, width, height, ax, ay, bx, by, threshold, samples):
    """Mean of the field along the limb, and the share of samples above `threshold` (equation 11).

    field_x, field_y : float32 (H * W,), of at least 2 x 2 cells. ax, ay, bx, by : as above.
    samples : most samples taken; a short limb gets one a pixel, at least 5. 0, 0 for a limb
    without length.
    """
    dx, dy = bx - ax, by - ay
    length = math.sqrt(dx * dx + dy * dy)
    count = min(samples, max(_MINIMUM_SAMPLES, 1 + math.ceil(length)))
    step = np.float32(1) / np.float32(count - 1)
    least = threshold * length
    total, good = ZERO, ZERO
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
        good += np.float32(along > least)
    scale = np.float32(1) / np.float32(count)
    if not length > np.float32(1e-6):
        return ZERO, ZERO
    return total * scale / length, good * scale


@kernel(types.int64(types.int64[::1], types.int64, types.int64, types.boolean[:, ::1]))
def match_greedy(keys, count, stride, taken):
    """Keep, best first, the pairs whose two peaks are still free (equations 14 and 15).

    keys : int64, the first `count` made by `pair_key`; sorted, the kept ones first.
    taken : bool (2, capacity), set for the peaks that got a partner. Returns how many were kept.
    """
    keys[:count].sort()
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


@kernel(types.int64(types.float32, types.int64))
def pair_key(score, number):
    """A number that sorts as (highest score, lowest number); score >= 0, number < 2^32.

    The bits of positive floats are ordered as the floats, so one integer sort does both.
    """
    bits = np.int64(np.float32(score).view(np.int32))
    return ((np.int64(0x7FFFFFFF) - bits) << 32) | number


@kernel(types.float32(types.int64))
def key_score(key):
    """The score that `pair_key` packed."""
    return np.int32(np.int64(0x7FFFFFFF) - (key >> 32)).view(np.float32)


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
    total, truncated = 0, False
    for limb in range(len(limbs)):
        a, b = limbs[limb, 0], limbs[limb, 1]
        field_x, field_y = pafs[2 * limb], pafs[2 * limb + 1]
        cells_x, cells_y = field_x.reshape(field_x.size), field_y.reshape(field_y.size)
        height, width = np.uint32(field_x.shape[0]), np.uint32(field_x.shape[1])
        pairs = 0
        for i in range(counts[a]):
            ax, ay = peaks[a, i, X], peaks[a, i, Y]
            for j in range(counts[b]):
                bx, by = peaks[b, j, X], peaks[b, j, Y]
                if not worth_scoring(cells_x, cells_y, width, ax, ay, bx, by, threshold):
                    continue
                mean, share = limb_integral(
                    cells_x, cells_y, width, height, ax, ay, bx, by, threshold, samples
                )
                accepted = share >= good and mean > 0 if criterion == SEED else mean >= good
                if not (accepted and mean < np.float32(1e6)):
                    continue
                if pairs == len(keys):
                    truncated = True
                    continue
                keys[pairs] = pair_key(mean, i * capacity + j)
                pairs += 1
        kept = match_greedy(keys, pairs, capacity, taken)
        for k in range(kept):
            pair = keys[k] & 0xFFFFFFFF
            connections[total, LIMB] = limb
            connections[total, PEAK_A] = pair // capacity
            connections[total, PEAK_B] = pair % capacity
            scores[total] = key_score(keys[k])
            total += 1
    return total, truncated

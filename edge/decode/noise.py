"""White noise of heatmaps, told from the maps themselves."""

# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

import math

import numpy as np

from edge.decode.kernel import HALF, ZERO, frozen_array, kernel, types
from edge.decode.maxima import DAMAGED

NOISE_FLOOR = 1 / (127 * math.sqrt(12))
"""Rounding noise of an 8-bit map: nothing is ever believed to be cleaner."""

_SEGMENT_PX = 32
_SEGMENTS = 24
_GOLDEN, _PLASTIC = 2654435769, 3242174889  # 0.6180 and 0.7549, times 2^32


@kernel(types.float32(types.float32[::1]))
def _clipped_sd(samples):
    # The start is the 40 % quantile of |x|, found by halving: an order statistic without a sort.
    # 60 % of all values reach it, so it is at most mean / 0.6.
    total = ZERO
    for i in range(len(samples)):
        total += abs(samples[i])
    count = np.float32(len(samples))
    low, high = ZERO, total / (np.float32(0.6) * count)
    while high - low > np.float32(0.2) * high and high > np.float32(NOISE_FLOOR / 4):
        middle = (low + high) * HALF
        below = ZERO
        for i in range(len(samples)):
            below += np.float32(abs(samples[i]) < middle)
        if below < np.float32(0.4) * count:
            low = middle
        else:
            high = middle
    sd = high / np.float32(0.5244)  # that quantile of |N(0, 1)|
    kept_before = ZERO
    for _ in range(5):
        limit = np.float32(2.5) * sd
        square, kept = ZERO, ZERO
        for i in range(len(samples)):
            inside = np.float32(abs(samples[i]) < limit)
            kept += inside
            square += inside * samples[i] * samples[i]
        if kept < 1 or kept == kept_before:
            break
        # 0.9113: variance of a normal distribution cut at 2.5 sd
        sd = np.float32(math.sqrt(square / (np.float32(0.9113) * kept)))
        kept_before = kept
    return max(sd, np.float32(NOISE_FLOOR))


@kernel(types.float32(frozen_array(types.float32, 3)))
def noise_sd(heatmaps):
    """Standard deviation of the maps' white noise, at least NOISE_FLOOR.

    Second differences in 3 x 3 (Immerkaer 1996, "Fast noise variance estimation") cancel whatever
    is smooth. Their mean square is taken over pieces of rows spread over the maps, and taken again
    without what exceeds 2.5 standard deviations, until only background is left: peaks are few.
    """
    count, height, width = heatmaps.shape
    if height < 3 or width < 3:
        return np.float32(NOISE_FLOOR)
    cells = heatmaps.reshape(heatmaps.size)
    samples = np.empty(_SEGMENTS * _SEGMENT_PX, np.float32)
    length = min(_SEGMENT_PX, width - 2)
    used = 0
    for s in range(_SEGMENTS):
        # Multiples of the golden ratio and the plastic number spread rows and columns evenly.
        y = ((s * _GOLDEN) & 0xFFFFFFFF) * (height - 2) >> 32
        x = ((s * _PLASTIC) & 0xFFFFFFFF) * (width - 1 - length) >> 32
        above = np.uint64(((s % count) * height + y) * width + x)  # never counts from the end
        row, below = above + np.uint64(width), above + np.uint64(2 * width)
        for n in range(length):
            i, j, k = np.uint64(n), np.uint64(n + 1), np.uint64(n + 2)
            corners = cells[above + i] + cells[above + k] + cells[below + i] + cells[below + k]
            edges = cells[above + j] + cells[below + j] + cells[row + i] + cells[row + k]
            second = (
                corners - np.float32(2) * edges + np.float32(4) * cells[row + j]
            ) * np.float32(1 / 6)
            # NaN too
            samples[np.uint64(used) + i] = second if abs(second) < DAMAGED else DAMAGED
        used += length
    return _clipped_sd(samples[:used])

"""White noise of heatmaps, told from the maps themselves."""

# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

import math

import numpy as np

from edge.decode.kernel import ZERO, frozen_array, kernel, types
from edge.decode.maxima import DAMAGED

NOISE_FLOOR = 1 / (127 * math.sqrt(12))
"""Rounding noise of an 8-bit map: nothing is ever believed to be cleaner."""

_SEGMENT_PX = 32
_SEGMENTS = 24


@kernel(types.float32(types.float32[::1]))
def _clipped_sd(samples):
    # The start is the 40 % quantile of |x|, found by halving: an order statistic without a sort.
    low, high = ZERO, DAMAGED
    for _ in range(14):
        middle = (low + high) * np.float32(0.5)
        below = ZERO
        for i in range(len(samples)):
            below += np.float32(abs(samples[i]) < middle)
        if below < np.float32(0.4) * len(samples):
            low = middle
        else:
            high = middle
    sd = high / np.float32(0.5244)  # that quantile of |N(0, 1)|
    for _ in range(6):
        limit = np.float32(2.5) * sd
        square, kept = ZERO, ZERO
        for i in range(len(samples)):
            inside = np.float32(abs(samples[i]) < limit)
            kept += inside
            square += inside * samples[i] * samples[i]
        if kept == 0:
            break
        # 0.9113: variance of a normal distribution cut at 2.5 sd
        sd = np.float32(math.sqrt(square / (np.float32(0.9113) * kept)))
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
    samples = np.empty(_SEGMENTS * _SEGMENT_PX, np.float32)
    length = min(_SEGMENT_PX, width - 2)
    used = 0
    for s in range(_SEGMENTS):
        # The golden ratio and the plastic number spread rows and columns evenly.
        y = int((s * 0.6180339887) % 1.0 * (height - 2))
        x = int((s * 0.7548776662) % 1.0 * (width - 1 - length))
        above = heatmaps[s % count, y, x:]
        row = heatmaps[s % count, y + 1, x:]
        below = heatmaps[s % count, y + 2, x:]
        into = samples[used : used + length]
        for i in range(length):
            corners = above[i] + above[i + 2] + below[i] + below[i + 2]
            edges = above[i + 1] + below[i + 1] + row[i] + row[i + 2]
            second = (corners - np.float32(2) * edges + np.float32(4) * row[i + 1]) * np.float32(
                1 / 6
            )
            into[i] = second if abs(second) < DAMAGED else DAMAGED  # NaN too
        used += length
    return _clipped_sd(samples[:used])

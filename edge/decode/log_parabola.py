"""The highest point of each heatmap, placed by the log-parabola, in one call.

The logarithm of a Gaussian is a parabola, whose vertex three values give exactly. Three columns
summed over three rows keep a separable Gaussian's width and lower the noise.
"""

# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

import math

import numpy as np

from edge.decode.kernel import frozen_array, inlined, kernel, types

# The floor under logarithms, as a part of the peak: a Gaussian's neighbours stand well above it.
_LOG_FLOOR = 1e-3
_INFINITE = np.float32(np.inf).view(np.int32)
_SEGMENT = 1024


@inlined
def _vertex(low, middle, high):
    """Offset of the vertex from the middle, at most half a cell, and the Gaussian's variance."""
    low, middle, high = math.log(low), math.log(middle), math.log(high)
    curvature = low + high - 2 * middle
    if not curvature < 0:
        return 0.0, math.nan
    return min(max((low - high) / (2 * curvature), -0.5), 0.5), -1 / curvature


@inlined
def _highest(bits):
    """Where the greatest value is; the bits of positive floats are ordered as the floats."""
    best, at = np.int32(0), 0
    for begin in range(0, len(bits), _SEGMENT):
        end = min(begin + _SEGMENT, len(bits))
        greatest = np.int32(0)
        for i in range(begin, end):
            greatest = max(greatest, bits[np.uint64(i)])
        if greatest > best:
            best, at = greatest, begin
    for i in range(at, len(bits)):
        if bits[i] == best:
            return i, best
    return 0, np.int32(0)


@kernel(types.void(frozen_array(types.float32, 3), types.float64[:, ::1], types.float64[:, :, ::1]))
def place_highest(heatmaps, points, spreads):
    """Fill `points` (J, 3: x, y, height) and `spreads` (J, 2, 2), in cells.

    heatmaps : float32 (J, H, W). A map without anything above zero, with NaN or Inf, or with such
    neighbours, is missing: NaN, NaN, 0. On the border an axis keeps its cell. The spread is that of
    the Gaussian that fits; NaN where none does, or on the border.
    """
    count, height, width = heatmaps.shape
    around = np.empty((3, 3))
    for j in range(count):
        points[j, 0] = points[j, 1] = np.nan
        points[j, 2] = 0
        spreads[j] = np.nan
        cell, top = _highest(heatmaps[j].reshape(height * width).view(np.int32))
        if not 0 < top < _INFINITE:
            continue
        y, x = divmod(cell, width)
        score = float(heatmaps[j, y, x])
        finite = True
        for v in range(3):
            for u in range(3):
                row, column = min(max(y + v - 1, 0), height - 1), min(max(x + u - 1, 0), width - 1)
                value = float(heatmaps[j, row, column])
                finite &= math.isfinite(value)
                around[v, u] = max(value, _LOG_FLOOR * score)
        if not finite:
            continue
        columns = around[0] / 2 + around[1] + around[2] / 2
        rows = around[:, 0] / 2 + around[:, 1] + around[:, 2] / 2
        right, variance_x = _vertex(columns[0], columns[1], columns[2])
        down, variance_y = _vertex(rows[0], rows[1], rows[2])
        inside_x, inside_y = 0 < x < width - 1, 0 < y < height - 1
        points[j, 0] = x + right * inside_x
        points[j, 1] = y + down * inside_y
        points[j, 2] = score
        if inside_x and inside_y:
            spreads[j, 0, 0], spreads[j, 1, 1] = variance_x, variance_y
            spreads[j, 0, 1] = spreads[j, 1, 0] = 0

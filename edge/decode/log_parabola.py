"""The highest point of each heatmap, placed by the log-parabola, in one call.

The logarithm of a Gaussian is a parabola, whose vertex three values give exactly. The values are
those of the smoothed map: a peak is seven cells wide, and all of them say where it lies. By three
raw cells a shoulder line of rendered people scattered by 1.63 deg and their hip line by 3.51, by
smoothed ones by 1.52 and 3.39 (one network, 250 close crops). Near the border, where the smoothing
would be cut, three raw columns summed over three rows say it.
"""

# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from edge.decode.kernel import frozen_array, inlined, kernel, types

# The floor under logarithms, as a part of the peak: a Gaussian's neighbours stand well above it.
_LOG_FLOOR = 1e-3
SMOOTHING = 1.5  # cells, deviation of the Gaussian that smooths
_TAPS = 4  # cells on each side of it
_WINDOW = _TAPS + 1
_STEPS = 4  # cells that a smoothed peak may lie from the highest raw one
_INFINITE = np.float32(np.inf).view(np.int32)
_SEGMENT = 1024


def _weights() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Of a window's cells: along an axis for three places (3, W), and across it (W,)."""
    offsets = np.arange(-_WINDOW, _WINDOW + 1)
    away = offsets - np.arange(-1, 2)[:, None]
    along = np.exp(-0.5 * (away / SMOOTHING) ** 2) * (np.abs(away) <= _TAPS)
    return along, along[0] / 2 + along[1] + along[2] / 2


ALONG, ACROSS = _weights()


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


@inlined
def _smoothed(heatmap, y, x, columns, rows):
    """Fill the smoothed map's profiles (3,) about a cell; whether all that went in is finite."""
    columns[:] = 0.0
    rows[:] = 0.0
    finite = True
    for v in range(2 * _WINDOW + 1):
        for u in range(2 * _WINDOW + 1):
            value = float(heatmap[y + v - _WINDOW, x + u - _WINDOW])
            finite &= math.isfinite(value)
            value = max(value, 0.0)
            for place in range(3):
                columns[place] += value * ACROSS[v] * ALONG[place, u]
                rows[place] += value * ACROSS[u] * ALONG[place, v]
    return finite


@kernel(types.void(frozen_array(types.float32, 3), types.float64[:, ::1], types.float64[:, :, ::1]))
def place_highest(heatmaps, points, spreads):
    """Fill `points` (J, 3: x, y, height) and `spreads` (J, 2, 2), in cells.

    heatmaps : float32 (J, H, W). A map without anything above zero, with NaN or Inf, or with such
    neighbours, is missing: NaN, NaN, 0. On the border an axis keeps its cell. The spread is that of
    the Gaussian that fits; NaN where none does, or on the border.
    """
    count, height, width = heatmaps.shape
    around, smooth_columns, smooth_rows = np.empty((3, 3)), np.empty(3), np.empty(3)
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
        right, down = right * inside_x, down * inside_y
        at_x, at_y = x, y
        for _ in range(_STEPS):
            if not (
                _WINDOW <= at_x < width - _WINDOW and _WINDOW <= at_y < height - _WINDOW
            ) or not _smoothed(heatmaps[j], at_y, at_x, smooth_columns, smooth_rows):
                break
            to_right, wide_x = _vertex(smooth_columns[0], smooth_columns[1], smooth_columns[2])
            to_below, wide_y = _vertex(smooth_rows[0], smooth_rows[1], smooth_rows[2])
            if not (wide_x > SMOOTHING**2 and wide_y > SMOOTHING**2):
                break
            if abs(to_right) < 0.5 and abs(to_below) < 0.5:
                right, down = at_x - x + to_right, at_y - y + to_below
                variance_x, variance_y = wide_x - SMOOTHING**2, wide_y - SMOOTHING**2
                break
            # The smoothed peak is the next cell's.
            at_x += int(to_right >= 0.5) - int(to_right <= -0.5)
            at_y += int(to_below >= 0.5) - int(to_below <= -0.5)
        points[j, 0] = x + right
        points[j, 1] = y + down
        points[j, 2] = score
        if inside_x and inside_y:
            spreads[j, 0, 0], spreads[j, 1, 1] = variance_x, variance_y
            spreads[j, 0, 1] = spreads[j, 1, 0] = 0

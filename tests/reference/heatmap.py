"""The log-parabola decoder, one map and one number at a time."""

from __future__ import annotations

import math

import numpy as np


def slow_log_parabola(heatmap: np.ndarray) -> tuple[float, float, float]:
    """x, y, height of the highest cell, moved to the vertex of a parabola through logarithms."""
    height, width = heatmap.shape
    best = (0, 0)
    for row in range(height):
        for column in range(width):
            if heatmap[row, column] > heatmap[best]:
                best = (row, column)
    row, column = best
    peak = float(heatmap[best])
    if peak <= 0:
        return math.nan, math.nan, 0.0
    floor = 1e-3 * peak

    def at(y: int, x: int) -> float:
        return max(float(heatmap[y, x]), floor)

    dx = dy = 0.0
    ys = [min(max(row + d, 0), height - 1) for d in (-1, 0, 1)]
    xs = [min(max(column + d, 0), width - 1) for d in (-1, 0, 1)]
    if 0 < column < width - 1:
        dx = _vertex(*[math.log(0.5 * at(ys[0], x) + at(row, x) + 0.5 * at(ys[2], x)) for x in xs])
    if 0 < row < height - 1:
        dy = _vertex(
            *[math.log(0.5 * at(y, xs[0]) + at(y, column) + 0.5 * at(y, xs[2])) for y in ys]
        )
    return column + dx, row + dy, peak


def _vertex(low: float, middle: float, high: float) -> float:
    curvature = low + high - 2 * middle
    if curvature >= 0:
        return 0.0
    return min(0.5, max(-0.5, (low - high) / (2 * curvature)))

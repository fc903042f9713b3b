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
    smooth = _smoothed_peak(heatmap, row, column)
    return (*smooth, peak) if smooth is not None else (column + dx, row + dy, peak)


def _smoothed_peak(heatmap: np.ndarray, row: int, column: int) -> tuple[float, float] | None:
    """The vertex about the smoothed map's peak, sought from a cell at most three steps away."""
    height, width = heatmap.shape

    def smooth(y: int, x: int) -> float:
        total = 0.0
        for v in range(-4, 5):
            for u in range(-4, 5):
                weight = math.exp(-(u * u + v * v) / (2 * 1.5**2))
                total += weight * max(float(heatmap[y + v, x + u]), 0.0)
        return total

    y, x = row, column
    for _ in range(4):
        if not (5 <= x < width - 5 and 5 <= y < height - 5):
            return None
        near = [[smooth(y + v, x + u) for u in (-1, 0, 1)] for v in (-1, 0, 1)]
        across = [math.log(0.5 * near[0][u] + near[1][u] + 0.5 * near[2][u]) for u in range(3)]
        down = [math.log(0.5 * near[v][0] + near[v][1] + 0.5 * near[v][2]) for v in range(3)]
        for low, middle, high in (across, down):
            curvature = low + high - 2 * middle
            if curvature >= 0 or -1 / curvature <= 1.5**2:
                return None
        dx, dy = _vertex(*across), _vertex(*down)
        if abs(dx) < 0.5 and abs(dy) < 0.5:
            return x + dx, y + dy
        x += (dx >= 0.5) - (dx <= -0.5)
        y += (dy >= 0.5) - (dy <= -0.5)
    return None


def _vertex(low: float, middle: float, high: float) -> float:
    curvature = low + high - 2 * middle
    if curvature >= 0:
        return 0.0
    return min(0.5, max(-0.5, (low - high) / (2 * curvature)))

"""Slow, obvious twins of the kernels that decode part affinity fields."""

from __future__ import annotations

import itertools
import math

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import convolve, map_coordinates
from scipy.optimize import linear_sum_assignment

Array = NDArray[np.floating]
Connection = tuple[int, int, int, float]  # limb, peak of a, peak of b, score


def peak_cells(heatmap: Array, threshold: float) -> list[tuple[int, int]]:
    """(y, x) of cells above the threshold that no neighbour beats; of equals the first stays."""
    height, width = heatmap.shape
    cells = []
    for y, x in itertools.product(range(height), range(width)):
        value = heatmap[y, x]
        around = [
            (y + dy, x + dx)
            for dy, dx in itertools.product((-1, 0, 1), repeat=2)
            if (dy, dx) != (0, 0) and 0 <= y + dy < height and 0 <= x + dx < width
        ]
        beaten = any(
            not (value > heatmap[c] if c < (y, x) else value >= heatmap[c]) for c in around
        )
        if value > threshold and not beaten:
            cells.append((y, x))
    return cells


def vertex(values: Array) -> float:
    """Vertex of the parabola through the logarithms of three values, by least squares."""
    a, b, _ = np.polyfit([-1.0, 0.0, 1.0], np.log(values), 2)
    return float(-b / (2 * a))


def placed(heatmap: Array, y: int, x: int) -> tuple[float, float]:
    """x, y of the peak at an inner cell: log-parabolas of the 3 x 3 patch, rows weighted 1 2 1."""
    patch = heatmap[y - 1 : y + 2, x - 1 : x + 2].astype(float)
    weights = np.array([0.5, 1.0, 0.5])
    return x + vertex(weights @ patch), y + vertex(patch @ weights)


def covariance(heatmap: Array, y: int, x: int, noise: float) -> NDArray[np.float64]:
    """Covariance of `placed` by numerical derivatives with respect to the nine values."""
    jacobian = []
    step = 1e-5
    for dy, dx in itertools.product((-1, 0, 1), repeat=2):
        moved = []
        for sign in (-1, 1):
            changed = heatmap.astype(float)
            changed[y + dy, x + dx] += sign * step
            moved.append(placed(changed, y, x))
        jacobian.append(np.subtract(moved[1], moved[0]) / (2 * step))
    return noise**2 * np.array(jacobian).T @ np.array(jacobian)


def noise_sd(heatmaps: Array) -> float:
    """White noise by Immerkaer's mask over whole maps; the median forgets the few peaks."""
    mask = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]]) / 6
    second = [convolve(m.astype(float), mask)[1:-1, 1:-1] for m in heatmaps]
    return float(np.median(np.abs(second)) / 0.6745)


def limb_integral(
    field: Array, a: tuple[float, float], b: tuple[float, float], threshold: float, samples: int
) -> tuple[float, float]:
    """Mean of the field (2, H, W) along a limb, and the share of samples above the threshold."""
    along = np.subtract(b, a)
    length = float(np.hypot(*along))
    if length == 0:
        return 0.0, 0.0
    count = min(samples, max(5, 1 + math.ceil(length)))
    points = np.linspace(a, b, count)[:, ::-1].T  # y, x
    vectors = [map_coordinates(component, points, order=1, mode="nearest") for component in field]
    values = np.array(vectors).T @ (along / length)
    return float(values.mean()), float((values > threshold).mean())


def match_greedy(scores: Array) -> list[tuple[int, int]]:
    """One-to-one pairs of a score matrix, best first; scores of 0 are no candidates."""
    pairs = sorted((-scores[a, b], a, b) for a, b in np.ndindex(*scores.shape) if scores[a, b] > 0)
    chosen: list[tuple[int, int]] = []
    for _, a, b in pairs:
        if all(a != c and b != d for c, d in chosen):
            chosen.append((a, b))
    return chosen


def match_optimal(scores: Array) -> list[tuple[int, int]]:
    """One-to-one pairs of the greatest sum (equation 13), by the Hungarian method."""
    rows, columns = linear_sum_assignment(scores, maximize=True)
    return [(int(a), int(b)) for a, b in zip(rows, columns, strict=True) if scores[a, b] > 0]


def assemble(
    limbs: list[tuple[int, int]], connections: list[Connection]
) -> list[tuple[dict[int, int], float, int]]:
    """Pieces as (peak by keypoint, sum of limb scores, number of limbs), best connections first."""
    pieces: list[tuple[dict[int, int], float, int]] = []
    for limb, peak_a, peak_b, score in sorted(connections, key=lambda c: -c[3]):
        wanted = {limbs[limb][0]: peak_a, limbs[limb][1]: peak_b}
        touched = [p for p in pieces if any(p[0].get(j) == peak for j, peak in wanted.items())]
        merged = dict(wanted)
        fits = True
        for peaks, _, _ in touched:
            fits &= all(merged.get(j, peak) == peak for j, peak in peaks.items())
            merged |= peaks
        if not fits:
            continue
        sums = sum(p[1] for p in touched) + score
        count = sum(p[2] for p in touched) + 1
        pieces = [p for p in pieces if all(p is not t for t in touched)]
        pieces.append((merged, sums, count))
    return pieces


def least_stature(
    one: dict[int, tuple[float, float]],
    other: dict[int, tuple[float, float]],
    reach: Array,
    slack: float = 0.0,
) -> float:
    """Greatest ratio of distance to reach between the places of two pieces' keypoints."""
    ratios = [0.0]
    for i, j in itertools.product(one, other):
        if i != j:
            distance = math.dist(one[i], other[j])
            ratios.append((distance - min(slack, distance / 2)) / float(reach[i, j]))
    return max(ratios)


def ground(piece: dict[int, tuple[float, float]], heights: Array, stature: float) -> float:
    """y of the ground under a standing body of this stature: the mean of what keypoints say."""
    return float(np.mean([y + stature * heights[j] for j, (_, y) in piece.items()]))


def gather(
    pieces: list[dict[int, tuple[float, float]]],
    reach: Array,
    heights: Array,
    tolerance: float,
    keypoints: int,
) -> list[dict[int, tuple[float, float]]]:
    """Join incomplete pieces that fit in one body, the one that stretches it least first.

    Pieces whose bodies stand on different ground come later, peaks that stand alone last.
    """
    pieces = list(pieces)
    while True:
        best: tuple[bool, float, int, int] | None = None
        for a, b in itertools.combinations(range(len(pieces)), 2):
            one, other = pieces[a], pieces[b]
            size = max(len(one), len(other))
            incomplete = max(len(one), len(other)) < keypoints
            if size < 3 or one.keys() & other.keys() or not incomplete:
                continue
            known = max(least_stature(one, one, reach), least_stature(other, other, reach))
            least = least_stature(one, other, reach, slack=0.5)
            if known > 0 and 0 < least <= tolerance * known:
                stature = max(least, known)
                parted = abs(ground(one, heights, stature) - ground(other, heights, stature))
                stretch = (least / known + parted / stature) / math.sqrt(size)
                cost = (min(len(one), len(other)) == 1, stretch)
                if best is None or cost < best[:2]:
                    best = (*cost, a, b)
        if best is None:
            return pieces
        *_, a, b = best
        joined = pieces[a] | pieces[b]
        pieces = [p for i, p in enumerate(pieces) if i not in (a, b)] + [joined]

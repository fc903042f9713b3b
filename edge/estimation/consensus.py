"""Many looks at the same keypoints, combined so that a few wrong ones do not count.

A weighted M-estimate with Tukey's biweight (Beaton and Tukey, Technometrics 1974), begun at the
weighted median: looks that agree are averaged, one that lies apart from them is left out.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from edge.estimation.nearness import Array

_TUKEY = 4.685  # 95 % efficiency where the looks scatter normally
_MEDIAN_RADIUS = 1.1774  # of a normal scatter in two dimensions, in standard deviations of one
_ROUNDS = 10


class Consensus(NamedTuple):
    """Of K keypoints seen in V looks.

    points_px : (K, 2), NaN where none saw it. weights : (V, K), what each look counted in the end.
    scatter_px2 : (K, 2, 2), of single looks about the answer; NaN where fewer than two count.
    """

    points_px: Array
    weights: Array
    scatter_px2: Array


def combine(points_px: Array, weights: Array, least_px: float) -> Consensus:
    """Combine points (V, K, 2), NaN where missing, with weights (V, K).

    least_px : no scatter is taken to be smaller than this, so that looks which happen to agree to
        a hair do not throw out the others.
    """
    seen = np.isfinite(points_px).all(axis=2) & (weights > 0)
    weights = np.where(seen, weights, 0.0)
    points = np.where(seen[:, :, None], points_px, 0.0)
    centre = np.stack([weighted_median(points[:, :, axis], weights) for axis in (0, 1)], axis=1)
    counted = weights
    for _ in range(_ROUNDS):
        radius = np.hypot(*np.moveaxis(points - centre, 2, 0))
        # The scatter counts each look once: with weights, a heavy half would make it small and so
        # throw out the other half.
        sd = np.maximum(weighted_median(radius, seen.astype(np.float64)) / _MEDIAN_RADIUS, least_px)
        counted = weights * np.clip(1 - (radius / (_TUKEY * sd)) ** 2, 0, None) ** 2
        total = counted.sum(axis=0)
        with np.errstate(invalid="ignore"):
            moved = (counted[:, :, None] * points).sum(axis=0) / total[:, None]
        centre = np.where(total[:, None] > 0, moved, centre)
    centre[~seen.any(axis=0)] = np.nan
    return Consensus(centre, counted, _scatter(points - centre, counted))


def weighted_median(values: Array, weights: Array) -> Array:
    """Medians over V of values (V, K) with weights (V, K); the middle where two share it."""
    order = np.argsort(values, axis=0, kind="stable")
    values = np.take_along_axis(values, order, axis=0)
    share = np.take_along_axis(weights, order, axis=0).cumsum(axis=0)
    half = share[-1] / 2
    slack = 1e-9 * np.maximum(half, 1e-300)
    columns = np.arange(values.shape[1])
    lower = values[(share >= half - slack).argmax(axis=0), columns]
    upper = values[(share > half + slack).argmax(axis=0), columns]
    median: Array = (lower + upper) / 2
    return median


def _scatter(residuals: Array, weights: Array) -> Array:
    """(K, 2, 2), with the freedom that the mean took put back."""
    total = weights.sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        effective = total**2 / (weights**2).sum(axis=0)
        products = np.einsum("vk,vki,vkj->kij", weights, np.nan_to_num(residuals), residuals)
        scatter: Array = products / (total * (1 - 1 / effective))[:, None, None]
    scatter[~(effective > 1.5)] = np.nan
    return scatter

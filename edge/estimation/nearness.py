"""How far two poses lie apart, in parts of a body: the same at any distance from the camera."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

_LEAST_SHARED = 3  # keypoints that two poses must share to be compared


def body_distance(a_px: Array, b_px: Array) -> float:
    """Median distance of the shared keypoints of (K, 2) and (K, 2), by the larger body's extent.

    Missing keypoints are NaN. Infinite where fewer than three are shared, or K is not the same.
    The median: a wrist that moved, or left and right taken for each other, makes no other person.
    """
    if a_px.shape != b_px.shape:
        return float("inf")
    apart = np.hypot(*(a_px - b_px).T)
    shared = np.isfinite(apart)
    if shared.sum() < _LEAST_SHARED:
        return float("inf")
    return float(middle(apart[shared])) / max(extent_px(a_px), extent_px(b_px))


def middle(values: Array) -> Array:
    """Median of (N, ...) over N, the upper one of an even number; several times as fast."""
    upper: Array = np.sort(values, axis=0)[len(values) // 2]
    return upper


def extent_px(xy_px: Array) -> float:
    """The longer side of the box around the found keypoints of (K, 2), at least a pixel."""
    found = xy_px[np.isfinite(xy_px).all(axis=1)]
    return max(1.0, float(np.ptp(found, axis=0).max())) if len(found) else 1.0

"""The obvious z-buffer: every pixel asks every triangle."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def _weights(corners: Array, point: Array) -> Array | None:
    """Barycentric weights of a point in a triangle (3, 2); None outside or seen from behind."""
    a, b, c = corners
    area = np.linalg.det(np.array([b - a, c - a]))
    if area > -1e-12:
        return None
    weights = np.array(
        [
            np.linalg.det(np.array([b - point, c - point])),
            np.linalg.det(np.array([c - point, a - point])),
            np.linalg.det(np.array([a - point, b - point])),
        ]
    )
    weights /= area
    return weights if weights.min() >= 0 else None


def nearest(
    corners_px: Array, nearness: Array, triangles: NDArray[np.int32], shape: tuple[int, int]
) -> Array:
    """1/z of the nearest triangle at each pixel (H, W), 0 where there is none."""
    seen = np.zeros(shape)
    for y in range(shape[0]):
        for x in range(shape[1]):
            for triangle in triangles:
                weights = _weights(corners_px[triangle], np.array([x, y], float))
                if weights is not None and nearness[triangle].min() > 0:
                    seen[y, x] = max(seen[y, x], float(weights @ nearness[triangle]))
    return seen


def carried(corners_px: Array, depth: Array, values: Array, pixel: Array) -> Array:
    """A triangle's values (3, A) at the point of space that a pixel sees, by perspective.

    The ray through the pixel meets the plane of the triangle's corners (x z, y z, z).
    """
    space = np.column_stack([corners_px * depth[:, None], depth])
    shares = np.linalg.solve(space.T, np.array([*pixel, 1.0]))
    return np.asarray((shares / shares.sum()) @ values)

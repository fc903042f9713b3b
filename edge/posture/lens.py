"""Lens distortion of points: Brown and Conrady's model in OpenCV's five coefficients.

Normalised coordinates: pixels less the centre, over the focal length.
"""

from __future__ import annotations

import numpy as np

from edge.posture.angles import Float64

Coefficients = tuple[float, float, float, float, float]  # k1, k2, p1, p2, k3

_ITERATIONS = 20  # the fixed point converges tenfold a round for lenses that show a whole person
_STEP = 1e-6


def distort(points: Float64, coefficients: Coefficients) -> Float64:
    """Where the lens puts normalised points (N, 2) of a pinhole camera (Brown 1966, eq. 6)."""
    k1, k2, p1, p2, k3 = coefficients
    x, y = points.T
    r2 = x * x + y * y
    radial = 1.0 + r2 * (k1 + r2 * (k2 + r2 * k3))
    aside = np.stack(
        [
            2.0 * p1 * x * y + p2 * (r2 + 2.0 * x * x),
            p1 * (r2 + 2.0 * y * y) + 2.0 * p2 * x * y,
        ],
        axis=1,
    )
    return np.asarray(points * radial[:, None] + aside)


def undistort(points: Float64, coefficients: Coefficients) -> tuple[Float64, Float64]:
    """The points before `distort`, found by fixed point, and the derivative (N, 2, 2) of finding
    them."""
    straight = points.copy()
    for _ in range(_ITERATIONS):
        straight += points - distort(straight, coefficients)
    forward = np.empty((len(points), 2, 2))
    for axis in (0, 1):
        step = np.zeros(2)
        step[axis] = _STEP
        ahead, behind = (distort(straight + s * step, coefficients) for s in (1.0, -1.0))
        forward[:, :, axis] = (ahead - behind) / (2.0 * _STEP)
    return straight, np.asarray(np.linalg.inv(forward))

"""A smooth curve through points that scatter: the smoothing spline (Reinsch 1967).

Each coordinate minimises  sum((g_i - p_i)^2 / var_i) + smoothness * integral(g''^2)  over the
length along the chain; the solution is the natural cubic spline through g = S p, linear in p, so
covariances follow exactly.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Float64 = NDArray[np.float64]


def roughness(knots: Float64) -> Float64:
    """(N, N) matrix K with integral(g''^2) = g' K g for the natural cubic spline at knots (N,).

    Green and Silverman 1994, section 2.1: K = Q R^-1 Q'.
    """
    h = np.diff(knots)
    n = len(knots)
    q, r = np.zeros((n, n - 2)), np.zeros((n - 2, n - 2))
    for j in range(n - 2):
        q[j : j + 3, j] = 1 / h[j], -1 / h[j] - 1 / h[j + 1], 1 / h[j + 1]
        r[j, j] = (h[j] + h[j + 1]) / 3
        if j:
            r[j - 1, j] = r[j, j - 1] = h[j] / 6
    return np.asarray(q @ np.linalg.solve(r, q.T))


def smoother(points: Float64, variance: Float64, smoothness: float) -> Float64:
    """(N, N) matrix S: S @ points lies on the smooth curve. points (N, 2), variance (N,)."""
    along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(points, axis=0).T))])
    weight = np.diag(1.0 / variance)
    return np.asarray(np.linalg.solve(weight + smoothness * roughness(along), weight))

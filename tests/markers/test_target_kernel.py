"""The kernels under the fit, each against a slow and obvious twin."""

from __future__ import annotations

import math

import cv2
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.markers.target_kernel import PARAMETERS, PARTS, blurred_ellipse, residual, solve

SIZE, FINE = 25, 31


def ellipse_by_hand(x, y, shape, blur):
    """Thirty-one by thirty-one samples a pixel, blurred, and read at the centres of pixels."""
    grid = (np.arange(SIZE * FINE) + 0.5) / FINE - 0.5
    away = np.stack(np.meshgrid(grid - x, grid - y), axis=-1)
    inside = np.einsum("...i,ij,...j->...", away, np.linalg.inv(shape), away) <= 1.0
    fine = cv2.GaussianBlur(inside.astype(np.float64), (0, 0), blur * FINE)
    return fine[FINE // 2 :: FINE, FINE // 2 :: FINE]


@settings(max_examples=20)
@given(
    x=st.floats(10, 14), y=st.floats(10, 14), radius=st.floats(1.5, 7.0),
    flat=st.floats(0.45, 1.0), turned=st.floats(0.0, math.pi), blur=st.floats(0.45, 2.0),
)  # fmt: skip
def test_a_blurred_ellipse_is_the_blurred_picture_of_one(x, y, radius, flat, turned, blur):
    c, s = math.cos(turned), math.sin(turned)
    turn = np.array([[c, -s], [s, c]])
    shape = turn @ np.diag([radius**2, (flat * radius) ** 2]) @ turn.T
    out = np.empty((SIZE, SIZE))
    blurred_ellipse(x, y, shape[0, 0], shape[0, 1], shape[1, 1], blur, out)
    np.testing.assert_allclose(out, ellipse_by_hand(x, y, shape, blur), atol=0.01)
    assert abs(out.sum() - math.pi * flat * radius**2) < 0.01 * math.pi * flat * radius**2


@settings(max_examples=50)
@given(seed=st.integers(0, 10_000), count=st.integers(1, 6))
def test_solve_is_what_numpy_solves(seed, count):
    rng = np.random.default_rng(seed)
    rows = rng.normal(size=(count + 4, count))
    normal, right, out = rows.T @ rows, rng.normal(size=(count, 3)), np.zeros((count, 3))
    expected = np.linalg.solve(normal, right)
    solve(normal.copy(), right, out)
    np.testing.assert_allclose(out, expected, atol=1e-8 * np.abs(expected).max())


def residual_by_hand(window, weight, target, core, cut):
    """Weighted least squares with numpy: the parts, and a colour for each."""
    rows, columns = np.mgrid[: window.shape[0], : window.shape[1]]
    radius = math.exp(target[2])
    shape = radius**2 * np.array([[1 + target[3], target[4]], [target[4], 1 - target[3]]])
    blur = math.sqrt(math.exp(2 * target[5]) + 1 / 12)
    covers = []
    for share in (core, 1.0, cut):
        out = np.empty(window.shape[:2])
        s = shape * share**2
        blurred_ellipse(target[0], target[1], s[0, 0], s[0, 1], s[1, 1], blur, out)
        covers.append(out)
    x, y = (columns - target[0]) / radius, (rows - target[1]) / radius
    shade = 1 + target[6] * x + target[7] * y
    inner, ring, all_of_it = covers
    behind = 1 - all_of_it
    parts = np.stack(
        [inner * shade, (ring - inner) * shade, (all_of_it - ring) * shade, behind, behind * x,
         behind * y], axis=-1,
    ).reshape(-1, PARTS)  # fmt: skip
    a = parts * weight.reshape(-1, 1)
    d = window.reshape(-1, 3).astype(np.float64) * weight.reshape(-1, 1)
    mean = np.array([0.25, 0.25, 0.25, 0.25, 0.0, 0.0])[:, None]
    prior = np.eye(PARTS) / 0.25
    colours = np.linalg.lstsq(
        np.vstack([a, prior]), np.vstack([d, np.repeat(mean / 0.25, 3, axis=1)]), rcond=None
    )[0]
    left = d - a @ colours
    return colours, left, (left**2).sum() + (((colours - mean) / 0.25) ** 2).sum()


@settings(max_examples=25)
@given(seed=st.integers(0, 10_000))
def test_the_residual_is_that_of_weighted_least_squares(seed):
    rng = np.random.default_rng(seed)
    window = rng.uniform(0, 1, (17, 19, 3)).astype(np.float32)
    weight = rng.uniform(0.5, 80.0, (17, 19))
    target = np.array([9.0, 8.0, math.log(4.0), 0.0, 0.0, math.log(0.8), 0.0, 0.0])
    target += rng.normal(0, 0.15, PARAMETERS)
    colours, out = np.zeros((PARTS, 3)), np.zeros((17 * 19, 3))
    total = residual(window, weight, target, 0.55, 1.08, colours, out)
    expected = residual_by_hand(window, weight, target, 0.55, 1.08)
    np.testing.assert_allclose(colours, expected[0], atol=1e-6)
    np.testing.assert_allclose(out, expected[1], atol=1e-4)
    np.testing.assert_allclose(total, expected[2], rtol=1e-6)

"""The z-buffer against the obvious one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from posture_tools.bodies.raster import fill, interpolate, vertex_normals
from reference.zbuffer import carried, nearest


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), count=st.integers(1, 6))
def test_the_nearest_facing_triangle_is_seen(seed: int, count: int) -> None:
    rng = np.random.default_rng(seed)
    corners = rng.uniform(-4, 12, (3 * count, 2))
    nearness = rng.uniform(0.2, 1.0, 3 * count)
    triangles = np.arange(3 * count, dtype=np.int32).reshape(count, 3)
    z_buffer, seen = np.zeros((9, 7)), np.full((9, 7), -1, np.int32)
    fill(corners, nearness, triangles, z_buffer, seen)
    np.testing.assert_allclose(z_buffer, nearest(corners, nearness, triangles, (9, 7)), atol=1e-9)
    assert ((seen >= 0) == (z_buffer > 0)).all()


def test_a_vertex_behind_the_camera_draws_nothing() -> None:
    corners = np.array([[0.0, 0.0], [0.0, 8.0], [8.0, 0.0]])
    triangle = np.array([[0, 1, 2]], np.int32)
    z_buffer, seen = np.zeros((8, 8)), np.full((8, 8), -1, np.int32)
    fill(corners, np.array([1.0, 1.0, 0.0]), triangle, z_buffer, seen)
    assert not z_buffer.any()
    fill(corners, np.ones(3), triangle, z_buffer, seen)
    assert z_buffer[1, 1] == 1.0


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_attributes_are_those_of_the_point_in_space(seed: int) -> None:
    rng = np.random.default_rng(seed)
    corners = np.array([[0.0, 0.0], [2.0, 9.0], [9.0, 1.0]]) + rng.uniform(-0.5, 0.5, (3, 2))
    depth = rng.uniform(1.0, 6.0, 3)
    values = rng.uniform(-1, 1, (3, 4)).astype(np.float32)
    triangle = np.array([[0, 1, 2]], np.int32)
    out = np.empty((1, 4), np.float32)
    x, y = rng.integers(1, 5, 2)
    interpolate(
        corners, 1 / depth, triangle, values, np.array([y]), np.array([x]), np.zeros(1, np.int32),
        out,
    )  # fmt: skip
    expected = carried(corners, depth, values.astype(np.float64), np.array([x, y], float))
    np.testing.assert_allclose(out[0], expected, atol=1e-5)


def test_normals_are_the_means_of_the_faces_about_a_corner() -> None:
    rng = np.random.default_rng(2)
    vertices = rng.normal(size=(7, 3))
    triangles = np.array([[0, 1, 2], [0, 2, 3], [3, 4, 5]])
    expected = np.zeros((7, 3))
    for a, b, c in triangles:  # the slow twin
        normal = np.cross(vertices[b] - vertices[a], vertices[c] - vertices[a])
        expected[[a, b, c]] += normal
    length = np.linalg.norm(expected, axis=1, keepdims=True)
    expected = np.divide(expected, length, out=np.zeros_like(expected), where=length > 0)
    assert vertex_normals(vertices, triangles) == pytest.approx(expected, abs=1e-12)

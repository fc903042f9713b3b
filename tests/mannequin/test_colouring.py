"""Painted samples and the kernels that look them up, against slow twins."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from posture_tools.bodies.dress import Part
from posture_tools.bodies.raster import fill
from posture_tools.bodies.shade import Light
from posture_tools.mannequin.colouring import colour_pixels, light_up, look_up
from posture_tools.mannequin.painted import painted, sample_row
from posture_tools.mannequin.render import _packed
from reference.zbuffer import carried


def linear(p: np.ndarray) -> np.ndarray:
    """A paint whose samples any linear look-up finds again exactly."""
    return np.float32(100) + p @ np.array([[300, 0, 90], [0, 200, 50], [-80, 60, 0]], np.float32)


def part(corners: np.ndarray, *, two_sided: bool = False) -> Part:
    one = np.ones((len(corners), 1))
    triangles = np.arange(len(corners)).reshape(-1, 3)
    return Part(corners, corners, one, np.zeros_like(one, int), triangles, two_sided, linear)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), b=st.floats(0, 1), c=st.floats(0, 1))
def test_paint_is_found_again_between_its_samples(seed: int, b: float, c: float) -> None:
    if b + c > 1:
        b, c = 1 - b, 1 - c
    size = 10 ** -np.random.default_rng(seed).uniform(0.5, 3)
    corners = np.random.default_rng(seed).uniform(-0.2, 0.2, (3, 3)) * size
    mesh = painted([part(corners)])
    out = np.empty(6)
    look_up(mesh.samples, 0, int(mesh.steps[0]), b, c, out)
    place = corners[0] + b * (corners[1] - corners[0]) + c * (corners[2] - corners[0])
    assert out[:3] == pytest.approx(linear(place.astype(np.float32)), abs=1e-3)
    assert not out[3:].any()


@pytest.mark.parametrize("steps", [1, 2, 7])
def test_every_sample_has_its_row(steps: int) -> None:
    rows = [sample_row(steps, i, j) for i in range(steps + 1) for j in range(steps + 1 - i)]
    assert rows == list(range((steps + 1) * (steps + 2) // 2))


def test_a_larger_triangle_has_more_samples() -> None:
    small = np.array([[0.0, 0, 0], [0.001, 0, 0], [0, 0.001, 0]])
    mesh = painted([part(np.concatenate([small, 20 * small]))])
    assert mesh.steps.tolist() == [1, 8]  # 28 mm, one sample every 4
    assert mesh.first.tolist() == [0, 3]
    assert len(mesh.samples) == 3 + 45


def lit_by_hand(normal, colour, gloss, light: Light) -> np.ndarray:
    n = normal / np.linalg.norm(normal)
    n = -n if n[2] > 0 else n
    half = np.array(light.key) + np.array([0, 0, -1])
    half = half / np.linalg.norm(half)
    power = light.ambient * (0.75 - 0.25 * n[1])
    power += light.key_power * max(n @ light.key, 0) + light.fill_power * max(n @ light.fill, 0)
    shine = 255 * gloss * max(n @ half, 0) ** 20
    return np.clip(colour * power * np.array(light.tint) + shine, 0, 255)


LIGHT = Light((-0.6, -0.64, -0.48), (0.8, 0.0, -0.6), 0.5, 0.2, 0.45, (0.98, 1.0, 1.03))


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_light_is_that_of_the_formula(seed: int) -> None:
    rng = np.random.default_rng(seed)
    normal, colour = rng.normal(size=3), rng.uniform(0, 255, 3)
    out, gloss = np.empty(3), float(rng.uniform(0, 0.2))
    light_up(normal, colour, gloss, _packed(LIGHT), out)
    assert out == pytest.approx(lit_by_hand(normal, colour, gloss, LIGHT), abs=1e-9)


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), fine=st.integers(1, 3), two_sided=st.booleans())
def test_pixels_are_the_mean_of_their_triangles(seed: int, fine: int, two_sided: bool) -> None:
    rng = np.random.default_rng(seed)
    height, width = 5, 4
    space = rng.uniform(0.1, 0.3, (9, 3))  # at rest
    corners = rng.uniform(-2, 7 * fine, (9, 2))
    depth = rng.uniform(1.0, 4.0, 9)
    mesh = painted([part(space, two_sided=two_sided)])
    normals = rng.normal(size=(9, 3))
    z_buffer = np.zeros((height * fine, width * fine))
    seen = np.full(z_buffer.shape, -1, np.int32)
    fill(corners, 1 / depth, mesh.triangles, z_buffer, seen)
    dark = rng.uniform(0.5, 1.0, seen.shape).astype(np.float32)
    bgr, cover = np.zeros((height, width, 3), np.float32), np.zeros((height, width), np.float32)
    colour_pixels(
        seen, dark, corners, 1 / depth, normals, mesh.triangles, mesh.first, mesh.steps,
        mesh.flipped, mesh.gloss, mesh.samples, np.eye(3), _packed(LIGHT), fine, bgr, cover,
    )  # fmt: skip
    for row in range(height):
        for column in range(width):
            rows, columns = np.mgrid[: fine * height, : fine * width]
            mine = (rows // fine == row) & (columns // fine == column) & (seen >= 0)
            expected = np.zeros(3)
            for t in set(seen[mine].tolist()):
                at = mine & (seen == t)
                middle = np.array([columns[at].mean(), rows[at].mean()])
                own = mesh.triangles[t]
                values = np.concatenate([mesh.rest_m[own], normals[own]], axis=1)
                there = carried(corners[own], depth[own], values, middle)
                colour = np.clip(linear(there[:3].astype(np.float32)), 2, 253)
                expected += lit_by_hand(there[3:], colour, 0.03, LIGHT) * dark[at].sum()
            assert cover[row, column] == pytest.approx(mine.sum() / fine**2, abs=1e-6)
            assert bgr[row, column] == pytest.approx(expected / fine**2, abs=0.1)

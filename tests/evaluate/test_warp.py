"""Bent pictures: what moves where, and that nothing is folded."""

from __future__ import annotations

import math

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from posture_tools.evaluate.warp import FALLOFFS, Bend, Falloff, Shear, Shift, bent, where

HEIGHT_PX, WIDTH_PX, BODY_PX = 300, 200, 250.0
MIDDLE_PX = (100.0, 120.0)


def shear(deg: float, falloff: Falloff = FALLOFFS[1]) -> Shear:
    return Shear(MIDDLE_PX, BODY_PX, deg, falloff)


@pytest.mark.parametrize("falloff", FALLOFFS)
@pytest.mark.parametrize("deg", [-8.0, 3.0, 8.0])
def test_a_level_line_turns_by_exactly_the_angle(deg: float, falloff: Falloff) -> None:
    ends = np.array([[80.0, 120.0], [120.0, 120.0]])
    (x0, y0), (x1, y1) = where(shear(deg, falloff), ends)
    assert (x0, x1) == (80.0, 120.0)
    assert math.degrees(math.atan2(y1 - y0, x1 - x0)) == pytest.approx(deg)


@pytest.mark.parametrize(
    "bend", [shear(8.0), shear(-5.0, FALLOFFS[0]), Shift(120.0, BODY_PX, 9.0, FALLOFFS[2])]
)
def test_the_picture_goes_where_the_points_go(bend: Bend) -> None:
    for x, y in ((70.0, 118.0), (130.0, 125.0), (100.0, 140.0), (90.0, 90.0)):
        image = np.zeros((HEIGHT_PX, WIDTH_PX, 3), np.uint8)
        cv2.circle(image, (int(x), int(y)), 3, (255, 255, 255), -1, cv2.LINE_AA)
        before, after = _centre(image), _centre(bent(image, bend))
        expected = where(bend, before)
        np.testing.assert_allclose(after, expected, atol=0.15)


def _centre(image: np.ndarray) -> np.ndarray:
    y, x = np.mgrid[: image.shape[0], : image.shape[1]]
    light = image[..., 0].astype(float)
    return np.array([(light * x).sum(), (light * y).sum()]) / light.sum()


@pytest.mark.parametrize("falloff", FALLOFFS)
def test_beyond_the_fade_every_pixel_stays(falloff: Falloff) -> None:
    image = np.random.default_rng(0).integers(0, 256, (HEIGHT_PX, WIDTH_PX, 3), np.uint8)
    moved = bent(image, shear(8.0, falloff))
    far = np.abs(np.arange(HEIGHT_PX) - MIDDLE_PX[1]) > falloff.zero * BODY_PX + 1
    np.testing.assert_array_equal(moved[far], image[far])
    assert (moved[~far] != image[~far]).any()
    assert not np.shares_memory(moved, image)


@pytest.mark.parametrize("falloff", FALLOFFS)
def test_no_row_is_folded_over_another(falloff: Falloff) -> None:
    """Down any column, also far beside the body, the places that are shown go down as well."""
    y, x = np.mgrid[:HEIGHT_PX, -300 : WIDTH_PX + 300].astype(float)
    for deg in (-8.0, 8.0):
        source = y - shear(deg, falloff).moved_px(np.stack([x, y], axis=-1))[..., 1]
        assert np.diff(source, axis=0).min() > 0


@given(st.floats(-8, 8), st.sampled_from(FALLOFFS), st.floats(0, WIDTH_PX), st.floats(0, HEIGHT_PX))
def test_where_a_point_lies_is_where_it_is_shown(
    deg: float, falloff: Falloff, x: float, y: float
) -> None:
    point = np.array([x, y])
    place = where(shear(deg, falloff), point)
    np.testing.assert_allclose(place - shear(deg, falloff).moved_px(place), point, atol=1e-3)


def test_a_line_outside_the_picture_leaves_it_alone() -> None:
    image = np.zeros((HEIGHT_PX, WIDTH_PX, 3), np.uint8)
    away = Shear((100.0, 900.0), BODY_PX, 8.0, FALLOFFS[0])
    assert bent(image, away) is image

"""Checklist row A1 and the exactness of the way back."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference.letterbox import fitted, to_input

from edge.inference.letterbox import (
    calculate_fit_contain_output_area,
    contain,
    covariance_to_image,
    crop,
    stretch,
    to_image,
)
from edge.records import Frame

SIDES = st.integers(1, 4000)
INPUTS = st.integers(16, 512)


@pytest.mark.parametrize(
    ("sizes", "area"),
    [
        ((540, 546, 256, 256), (1, 0, 253, 256)),
        ((512, 256, 256, 256), (0, 64, 256, 128)),
        ((256, 512, 256, 256), (64, 0, 128, 256)),
    ],
)
def test_a1_fit_contain_output_area(sizes: tuple[int, ...], area: tuple[int, ...]) -> None:
    assert calculate_fit_contain_output_area(*sizes) == area


def test_a1_float_offsets_keep_the_half_pixel() -> None:
    area = calculate_fit_contain_output_area(540, 546, 256, 256, "float")
    assert area == (1.5, 0.0, 253, 256)


@given(SIDES, SIDES, INPUTS, INPUTS, st.sampled_from(["floor", "float"]))
def test_a1_forward_then_inverse_is_the_identity(h, w, oh, ow, mode) -> None:
    letterbox = fitted((h, w), (oh, ow), mode)
    points = np.array([[-0.5, -0.5], [0, 0], [w / 3, h / 7], [w - 0.5, h - 0.5]])
    back = to_image(letterbox, to_input(letterbox, points))
    assert np.abs(back - points).max() <= 1e-6


@given(SIDES, SIDES, INPUTS, INPUTS)
def test_picture_corners_land_on_the_corners_of_its_area(h, w, oh, ow) -> None:
    placement = contain((h, w), (oh, ow))
    x, y, width, height = placement.target
    corners = to_input(placement.letterbox, np.array([[-0.5, -0.5], [w - 0.5, h - 0.5]]))
    wanted = [[x - 0.5, y - 0.5], [x + width - 0.5, y + height - 0.5]]
    assert np.allclose(corners, wanted, atol=1e-6)
    assert x >= 0
    assert y >= 0
    assert x + width <= ow
    assert y + height <= oh


@given(
    st.floats(-200, 1500), st.floats(-200, 1500), st.floats(1, 2000), st.floats(1, 2000),
    st.floats(1, 1.5),
)  # fmt: skip
def test_a_crop_holds_its_box_and_keeps_the_aspect(x, y, w, h, margin) -> None:
    placement = crop((x, y, w, h), (256, 192), margin)
    letterbox = placement.letterbox
    corners = to_input(letterbox, np.array([[x, y], [x + w, y + h]]))
    # Whole source pixels, and blocks of them that become one: the box may stick out by rounding.
    slack = max(0.51, 1.01 * max(letterbox.scale_x, letterbox.scale_y))
    assert corners.min() >= -0.5 - slack
    assert (corners[1] <= np.array([191.5, 255.5]) + slack).all()
    # So that it can be halved, the source is up to one input pixel too long.
    columns = min(placement.source[2], 192)
    assert abs(letterbox.scale_x / letterbox.scale_y - 1) <= 1 / (columns - 1)


def _gradient(h: int, w: int) -> np.ndarray:
    y, x = np.mgrid[:h, :w]
    return np.stack([x, y, np.full_like(x, 50)], axis=-1).astype(np.uint8)


@pytest.mark.parametrize(
    ("image_hw", "placement"),
    [
        ((200, 150), contain((200, 150), (96, 96))),
        ((40, 60), contain((40, 60), (96, 96))),
        ((200, 150), stretch((200, 150), (64, 96))),
        ((200, 150), crop((30.0, 40.0, 60.0, 90.0), (64, 48), 1.1)),
        ((200, 150), crop((3.0, 4.0, 140.0, 190.0), (64, 48), 1.0)),
        ((200, 150), crop((-30.0, -40.0, 200.0, 200.0), (64, 48), 1.0)),
        ((192, 144), contain((192, 144), (48, 48))),
        ((191, 143), contain((191, 143), (48, 48))),
    ],
)
def test_pixels_go_where_the_letterbox_says(image_hw, placement) -> None:
    laid = placement.lay(_gradient(*image_hw), pad=0).astype(np.float64)
    x, y, width, height = placement.target
    for row in range(y + 3, y + height - 3, 7):
        for column in range(x + 3, x + width - 3, 7):
            at = to_image(placement.letterbox, np.array([column, row]))
            inside = np.minimum(at, np.array(image_hw)[::-1] - 1 - at).min()
            if inside > 4 or min(placement.source[:2]) >= 0:  # else padding mixes in
                assert np.abs(laid[row, column, :2] - at).max() <= 1.0
                assert laid[row, column, 2] == 50
            elif inside < -5:
                assert not laid[row, column].any()


def test_what_lies_outside_the_picture_is_padded() -> None:
    laid = crop((-30.0, -30.0, 60.0, 60.0), (60, 60)).lay(np.full((200, 200, 3), 9, np.uint8), 77)
    assert (laid[:29, :29] == 77).all()
    assert (laid[32:, 32:] == 9).all()


def test_a_box_wholly_outside_gives_padding_only() -> None:
    laid = crop((500.0, 500.0, 60.0, 60.0), (60, 60)).lay(np.zeros((200, 200, 3), np.uint8), 77)
    assert (laid == 77).all()


@given(
    st.floats(-150, 700), st.floats(-150, 1200), st.floats(20, 700), st.floats(20, 1200),
    st.sampled_from([(1280, 720), (641, 480), (640, 358)]),
)  # fmt: skip
@settings(max_examples=60, deadline=None)
def test_a_frame_is_laid_as_its_picture_is(x, y, w, h, image_hw) -> None:
    image = np.random.default_rng(1).integers(0, 256, (*image_hw, 3), np.uint8)
    frame = Frame(image, 0, 0)
    for placement in (
        contain(image_hw, (256, 144)), stretch(image_hw, (96, 96)), crop((x, y, w, h), (128, 96)),
    ):  # fmt: skip
        assert np.array_equal(placement.lay(frame, 77), placement.lay(image, 77))


def test_finder_and_refiner_share_the_halves_of_a_frame() -> None:
    frame = Frame(np.zeros((1280, 720, 3), np.uint8), 0, 0)
    contain((1280, 720), (256, 144)).lay(frame, 0)
    first = dict(frame.halves)
    assert sorted(first) == [2, 4]
    crop((100.0, 100.0, 500.0, 1100.0), (256, 192)).lay(frame, 0)
    assert all(frame.halves[times] is half for times, half in first.items())


def test_covariance_scales_with_the_picture() -> None:
    letterbox = stretch((100, 400), (50, 100)).letterbox
    covariance = covariance_to_image(letterbox, np.array([[1.0, 0.5], [0.5, 1.0]]))
    assert np.allclose(covariance, [[16.0, 4.0], [4.0, 4.0]])

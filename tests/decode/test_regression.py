"""Checklist row C4, and the networks that answer with numbers."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.decode.regression import (
    Box,
    decode_blazepose,
    decode_coordinates,
    decode_keypoint_rcnn,
    decode_movenet,
    pose_diameter,
    recrop,
)

COURSE_BOX = Box(120, 150, 200, 300)


def normalise(box, xy):
    """N(y; b), DeepPose equation 1 (Toshev, 2014): what such a network was trained to say."""
    return (xy - (box.centre_x, box.centre_y)) / (box.width, box.height)


@pytest.mark.parametrize(
    ("point", "normalised"),
    [
        ((120, 370), (0, 0.7333)),
        ((100, 330), (-0.10, 0.60)),
        ((50, 70), (-0.35, -0.2667)),
        ((60, -60), (-0.3, -0.7)),
        ((160, 210), (0.2, 0.2)),
    ],
)
def test_c4_normalisation_by_the_box(point, normalised) -> None:
    assert normalise(COURSE_BOX, np.array(point)) == pytest.approx(normalised, abs=1e-4)
    exact = COURSE_BOX.denormalise(normalise(COURSE_BOX, np.array(point)))
    assert exact == pytest.approx(point, abs=1e-12)


finite = st.floats(-1e4, 1e4)


@given(finite, finite, st.floats(1, 1e4), st.floats(1, 1e4), finite, finite)
def test_c4_the_inverse_is_exact(cx, cy, w, h, x, y) -> None:
    box = Box(cx, cy, w, h)
    assert box.denormalise(normalise(box, np.array([x, y]))) == pytest.approx((x, y), abs=1e-9)


def test_c4_the_diameter_is_the_same_both_ways() -> None:
    hip, shoulder = np.array([60.0, -60.0]), np.array([160.0, 210.0])
    assert pose_diameter(shoulder, hip) == pytest.approx(287.92, abs=0.01)
    assert pose_diameter(hip, shoulder) == pytest.approx(287.92, abs=0.01)


def test_c4_a_cascade_closes_in_on_the_joint() -> None:
    """A stage that halves the error within its crop reaches the joint; later crops are smaller."""
    joint, box = np.array([163.0, 204.0]), COURSE_BOX
    guess = COURSE_BOX.denormalise(np.array([0.3, 0.3]))
    for _ in range(8):
        box = recrop(guess, pose_diameter(np.array([160.0, 210.0]), np.array([60.0, -60.0])), 0.5)
        assert box.width == box.height == pytest.approx(143.96, abs=0.01)
        assert (box.centre_x, box.centre_y) == tuple(guess)
        guess = box.denormalise(normalise(box, joint) / 2)
    assert guess == pytest.approx(joint, abs=0.3)


def test_deeppose_coordinates_are_relative_to_the_whole_input() -> None:
    points = decode_coordinates(np.array([[0, 0, -0.5, 0.5]], np.float32), (256, 192))
    assert points == pytest.approx(np.array([[95.5, 127.5, 1], [-0.5, 255.5, 1]]))


def test_movenet_gives_y_before_x() -> None:
    answer = np.array([[[[0.25, 0.5, 0.9]]]], np.float32)
    assert decode_movenet(answer, (192, 192)) == pytest.approx(np.array([[95.5, 47.5, 0.9]]))


def test_blazepose_scores_are_visibility_times_presence() -> None:
    rows = np.array([[10, 20, 5, 0, 9], [30, 40, 5, 50, 9]], np.float32)
    points = decode_blazepose(rows.reshape(1, -1), np.array([[0.8]], np.float32))
    assert points == pytest.approx(np.array([[9.5, 19.5, 0.4], [29.5, 39.5, 0.8]]), abs=1e-6)


def test_an_extreme_blazepose_logit_overflows_nothing() -> None:
    rows = np.array([[10, 20, 5, -1e4, 9]], np.float32)
    assert decode_blazepose(rows, np.array([[1.0]], np.float32))[0, 2] == 0


def test_c5_keypoint_rcnn_keeps_people_once() -> None:
    boxes = np.array(
        [[0, 0, 10, 20], [0, 0, 10, 19], [50, 0, 60, 20], [80, 0, 90, 20], [0, 50, 10, 70]],
        np.float32,
    )
    labels = np.array([1, 1, 1, 17, 1], np.int64)
    scores = np.array([0.8, 0.9, 0.95, 0.99, 0.1], np.float32)
    keypoints = np.tile(np.array([[5, 6, 1], [7, 8, 0]], np.float32), (5, 1, 1))
    people, found = decode_keypoint_rcnn(boxes, labels, scores, keypoints, min_score=0.4, iou=0.5)
    assert people[:, 4] == pytest.approx([0.95, 0.9])  # the dog and the doubtful one are left out
    assert people[1, :4] == pytest.approx([-0.5, -0.5, 9.5, 18.5])
    assert found[0, 0] == pytest.approx([4.5, 5.5, 0.95])
    assert np.isnan(found[0, 1, :2]).all()
    assert found[0, 1, 2] == 0


def test_c5_keypoint_rcnn_with_nobody_gives_empty_arrays() -> None:
    people, found = decode_keypoint_rcnn(
        np.zeros((0, 4), np.float32), np.zeros(0, np.int64), np.zeros(0, np.float32),
        np.zeros((0, 17, 3), np.float32), min_score=0.4, iou=0.5,
    )  # fmt: skip
    assert people.shape == (0, 5)
    assert found.shape == (0, 17, 3)

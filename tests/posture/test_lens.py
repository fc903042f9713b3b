"""The lens' distortion, against OpenCV's."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.posture.calibration import Calibration
from edge.posture.lens import distort, undistort

SMALL = st.floats(-0.1, 0.1)


@given(st.tuples(SMALL, SMALL, SMALL, SMALL, SMALL))
def test_points_are_moved_as_opencv_moves_them(coefficients) -> None:
    points = np.array([[0.3, -0.2], [-0.4, 0.5], [0.0, 0.1], [0.25, 0.25]])
    ahead = np.concatenate([points, np.ones((len(points), 1))], axis=1)
    moved, _ = cv2.projectPoints(ahead, np.zeros(3), np.zeros(3), np.eye(3), np.array(coefficients))
    assert distort(points, coefficients) == pytest.approx(moved[:, 0], abs=1e-9)


@given(st.tuples(SMALL, SMALL, *[st.floats(-0.02, 0.02)] * 3))
def test_straightened_points_lie_where_they_were(coefficients) -> None:
    points = np.array([[0.3, -0.2], [-0.4, 0.35], [0.0, 0.1]])
    straight, _ = undistort(distort(points, coefficients), coefficients)
    assert straight == pytest.approx(points, abs=1e-5)


def test_without_the_middle_of_the_picture_only_the_roll_is_taken_out() -> None:
    rolled = Calibration(roll_deg=30.0, focal_px=1300.0)
    found, _ = rolled.rectify(np.array([[0.0, 100.0]]), np.zeros((1, 2, 2)))
    assert np.linalg.norm(found) == pytest.approx(100.0)
    assert found == pytest.approx(np.array([[50.0, 86.6025]]), abs=1e-3)

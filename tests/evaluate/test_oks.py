"""Object keypoint similarity against the numbers of the COCO formula."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from posture_tools.evaluate.oks import keypoint_similarity, similarity

from edge.skeletons import COCO_17

AREA_PX2 = 33_000.0
BOX = (0.0, 0.0, 100.0, 330.0)


def label(v: float = 2) -> np.ndarray:
    points = np.random.default_rng(1).uniform(0, 100, (17, 2))
    return np.column_stack([points, np.full(17, v)])


@pytest.mark.parametrize(
    ("keypoint", "half_px"),
    [
        ("nose", 11.12),
        ("left_ear", 14.97),
        ("right_shoulder", 33.79),
        ("left_hip", 45.77),
        ("right_knee", 37.22),
        ("left_ankle", 38.07),
    ],
)
def test_c9_similarity_is_one_half_at_the_stated_distance(keypoint: str, half_px: float) -> None:
    truth = label()
    found = truth[:, :2] + [half_px, 0]
    i = COCO_17.index[keypoint]
    assert keypoint_similarity(found, truth, AREA_PX2)[i] == pytest.approx(0.5, abs=2e-4)


def test_c9_ten_pixels_at_a_hip() -> None:
    truth = label()
    found = truth[:, :2] + [6, 8]
    hip = keypoint_similarity(found, truth, AREA_PX2)[COCO_17.index["left_hip"]]
    assert hip == pytest.approx(0.96746, abs=5e-6)


def test_c10_hidden_joints_count_and_unlabelled_ones_do_not() -> None:
    truth = label()
    found = truth[:, :2].copy()
    found[3] += 1000
    truth[3, 2] = 1
    assert similarity(found, truth, AREA_PX2, BOX) == pytest.approx(16 / 17)
    truth[3, 2] = 0
    assert similarity(found, truth, AREA_PX2, BOX) == 1


def test_a_joint_that_was_not_found_scores_nothing() -> None:
    truth = label()
    found = truth[:, :2].copy()
    found[:5] = np.nan
    assert similarity(found, truth, AREA_PX2, BOX) == pytest.approx(12 / 17)


def test_a_person_without_labels_is_compared_through_the_doubled_box() -> None:
    truth = label(v=0)
    inside = np.full((17, 2), (-99.0, 659.0))
    outside = np.full((17, 2), (-500.0, 659.0))
    assert similarity(inside, truth, AREA_PX2, BOX) == 1
    assert similarity(outside, truth, AREA_PX2, BOX) < 0.01


@given(
    shift=st.tuples(st.floats(-50, 50), st.floats(-50, 50)),
    scale=st.floats(0.1, 10),
)
def test_similarity_does_not_depend_on_the_size_of_the_picture(
    shift: tuple[float, float], scale: float
) -> None:
    truth = label()
    found = truth[:, :2] + shift
    larger = truth * [scale, scale, 1]
    assert similarity(found * scale, larger, AREA_PX2 * scale**2, BOX) == pytest.approx(
        float(similarity(found, truth, AREA_PX2, BOX)), abs=1e-9
    )

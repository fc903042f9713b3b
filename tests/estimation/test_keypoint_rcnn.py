"""Keypoint R-CNN's outputs as an estimator: everybody once, in pixels of the picture."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from simulators.networks import colour_card, constant_network, described_file

from edge.estimation.factory import estimator_for
from edge.inference.description import InputSpec, Thresholds
from edge.records import Frame
from edge.settings import ModelSettings

OUTPUTS = {
    "boxes": np.array(
        [[10, 10, 60, 90], [12, 11, 61, 91], [70, 20, 95, 80], [0, 0, 99, 99], [40, 5, 50, 9]],
        np.float32,
    ),
    "labels": np.array([1, 1, 1, 17, 1], np.int64),  # 17 is torchvision's cat
    "scores": np.array([0.8, 0.9, 0.7, 0.99, 0.2], np.float32),
    "keypoints": np.array(
        [
            [[20, 30, 1], [40, 50, 1]],
            [[22, 31, 1], [41, 51, 0]],
            [[80, 30, 1], [85, 60, 1]],
            [[1, 1, 1], [2, 2, 1]],
            [[42, 6, 1], [43, 7, 1]],
        ],
        np.float32,
    ),
}


@pytest.fixture
def estimator(tmp_path: Path):
    card = colour_card(
        task="keypoints",
        outputs={name: name for name in OUTPUTS},
        keypoints=("nose", "left_hip"),
        input=InputSpec("image", 100, 100),
        thresholds=Thresholds(person=0.5, iou=0.5),
    )
    model = constant_network([1, 3, 100, 100], OUTPUTS)
    path = described_file(tmp_path / "rcnn.onnx", model, card)
    return estimator_for(ModelSettings(single=str(path)))


def test_who_is_detected_twice_is_found_once_and_animals_never(estimator) -> None:
    poses = estimator.estimate(Frame(np.zeros((100, 100, 3), np.uint8), 0, 0))
    assert [pose.score for pose in poses] == pytest.approx([0.9, 0.7])
    assert poses[0].keypoints[0] == pytest.approx([21.5, 30.5, 0.9])
    assert np.isnan(poses[0].keypoints[11, :2]).all()  # its flag says that it is not there


def test_people_lie_in_pixels_of_a_picture_that_was_letterboxed(estimator) -> None:
    """200 x 50 in a square of 100: half the size, with 37 rows above."""
    poses = estimator.estimate(Frame(np.zeros((50, 200, 3), np.uint8), 0, 0))
    assert poses[1].keypoints[0, :2] == pytest.approx([2 * 80 - 0.5, 2 * (30 - 37) - 0.5])
    assert poses[1].box_px == pytest.approx((139.5, -34.5, 50, 120))
    assert [model.name for model in estimator.models] == ["colour"]

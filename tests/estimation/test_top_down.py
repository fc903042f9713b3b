"""Detector, crop, network, pose-NMS: checklist rows C1 and C6."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from reference.letterbox import to_input
from simulators.networks import (
    colour_card,
    colour_network,
    constant_network,
    described_file,
    detector_card,
    dots_picture,
)

from edge.errors import ModelRefused
from edge.estimation.top_down import TopDown
from edge.inference.letterbox import crop
from edge.inference.network import Network
from edge.records import Frame

LEFT = {"left_shoulder": (75.0, 60.0), "right_shoulder": (45.0, 61.0), "nose": (60.0, 40.0)}
RIGHT = {name: (x + 200, y + 5) for name, (x, y) in LEFT.items()}


def _detector(folder: Path, boxes: list[list[float]], scores: list[float]) -> Network:
    """Boxes are in a 100 x 100 input over a picture of 400 x 200."""
    outputs = {"boxes": np.array([boxes], np.float32), "scores": np.array([[scores]], np.float32)}
    model = constant_network([1, 3, 100, 100], outputs)
    return Network.load(described_file(folder / "d.onnx", model, detector_card()))


def _persons(folder: Path) -> Network:
    return Network.load(described_file(folder / "c.onnx", colour_network(), colour_card()))


def _frame(*people: dict[str, tuple[float, float]]) -> Frame:
    picture = np.zeros((200, 400, 3), np.uint16)
    for person in people:
        picture += dots_picture(200, 400, person, 6)
    return Frame(picture.clip(0, 255).astype(np.uint8), 0, 0)


def test_two_people_come_back_best_first(tmp_path: Path) -> None:
    boxes = [[2, 5, 28, 60], [52, 5, 78, 60]]
    estimator = TopDown(_detector(tmp_path, boxes, [0.6, 0.9]), _persons(tmp_path))
    poses = estimator.estimate(_frame(LEFT, RIGHT))
    assert len(poses) == 2
    assert poses[0].score > poses[1].score
    for pose, person in zip(poses, (RIGHT, LEFT), strict=True):
        for name, at in person.items():
            assert pose.keypoints[pose.skeleton.index[name], :2] == pytest.approx(at, abs=0.3)
    assert poses[1].box_px == pytest.approx((7.5, 9.5, 104, 110))
    assert [model.name for model in estimator.models] == ["boxes", "colour"]


def test_a_person_detected_twice_is_one_person(tmp_path: Path) -> None:
    """Boxes that overlap too little for box-NMS; the poses in them coincide."""
    boxes = [[2, 5, 28, 60], [2, 15, 28, 98], [52, 5, 78, 60]]
    detector = _detector(tmp_path, boxes, [0.9, 0.8, 0.7])
    assert len(TopDown(detector, _persons(tmp_path)).estimate(_frame(LEFT, RIGHT))) == 3, (
        "three keypoints are fewer than the five that pose-NMS asks for"
    )


def test_c6_nobody_detected_is_an_empty_answer(tmp_path: Path) -> None:
    estimator = TopDown(_detector(tmp_path, [[2, 5, 28, 60]], [0.1]), _persons(tmp_path))
    assert estimator.estimate(_frame(LEFT)) == []


def test_c6_a_box_with_nobody_in_it_is_left_out(tmp_path: Path) -> None:
    estimator = TopDown(_detector(tmp_path, [[2, 5, 28, 60]], [0.9]), _persons(tmp_path))
    assert estimator.estimate(_frame(RIGHT)) == []


def test_c6_the_crop_is_filled_to_nine_tenths() -> None:
    letterbox = crop((100.0, 50.0, 120.0, 400.0), (256, 192), margin=1 / 0.9).letterbox
    top, bottom = to_input(letterbox, np.array([[160.0, 50.0], [160.0, 450.0]]))
    assert bottom[1] - top[1] == pytest.approx(0.9 * 256, abs=0.3)
    assert (top[1] + bottom[1]) / 2 == pytest.approx(127.5, abs=0.5)


def test_a_person_network_is_no_detector(tmp_path: Path) -> None:
    with pytest.raises(ModelRefused, match="heatmap model, no detector"):
        TopDown(_persons(tmp_path), _persons(tmp_path))

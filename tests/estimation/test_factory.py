"""Settings to estimators, by what the files say of themselves."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
import pytest
from simulators.networks import (
    colour_card,
    colour_network,
    constant_network,
    described_file,
    detector_card,
)

from edge.errors import ModelRefused
from edge.estimation.factory import estimator_for
from edge.estimation.keypoint_rcnn import KeypointRcnn
from edge.estimation.measuring import Measuring
from edge.estimation.single import Single
from edge.estimation.top_down import TopDown
from edge.inference import shipped
from edge.inference.description import InputSpec
from edge.records import Frame, backend_of
from edge.settings import ModelSettings


@pytest.fixture
def person_file(tmp_path: Path) -> Path:
    return described_file(tmp_path / "c.onnx", colour_network(), colour_card())


@pytest.fixture
def detector_file(tmp_path: Path) -> Path:
    outputs = {
        "boxes": np.zeros((1, 2, 4), np.float32),
        "scores": np.zeros((1, 1, 2), np.float32),
    }
    model = constant_network([1, 3, 100, 100], outputs)
    return described_file(tmp_path / "d.onnx", model, detector_card())


def test_one_file_alone_serves_as_its_description_says(person_file: Path) -> None:
    assert isinstance(estimator_for(ModelSettings(single=str(person_file))), Single)


def test_a_detector_alone_finds_no_keypoints(detector_file: Path) -> None:
    with pytest.raises(ModelRefused, match=r"people, not keypoints.*top-down"):
        estimator_for(ModelSettings(single=str(detector_file)))


def test_top_down_takes_detector_and_person_network(detector_file: Path, person_file: Path) -> None:
    settings = ModelSettings(
        mode="top-down", finder=str(detector_file), whole=str(person_file), threads=1
    )
    assert isinstance(estimator_for(settings), Measuring), "the shipped close network measures"
    fast = msgspec.structs.replace(settings, close="none")
    assert isinstance(estimator_for(fast), TopDown)


def test_c1_the_models_that_answer_tell_the_backend(detector_file: Path, person_file: Path) -> None:
    asked = {
        "single": ModelSettings(single=str(person_file), threads=1),
        "top-down": ModelSettings(single=f"{detector_file}+{person_file}", threads=1),
        "bottom-up": ModelSettings(mode="bottom-up", threads=1),
        "refined": ModelSettings(threads=1),
    }
    for backend, settings in asked.items():
        assert backend_of(estimator_for(settings).models) == backend
    assert backend_of(()) == ""


def test_a_bottom_up_finder_must_be_a_paf_network(person_file: Path) -> None:
    for mode in ("bottom-up", "refined"):
        settings = ModelSettings(mode=mode, finder=str(person_file), whole=str(person_file))
        with pytest.raises(ModelRefused, match="heatmap model"):
            estimator_for(settings)


def test_a_shipped_model_that_is_not_there_is_a_clear_refusal(monkeypatch, tmp_path: Path) -> None:
    monkeypatch.setattr(shipped, "__file__", str(tmp_path / "edge" / "inference" / "shipped.py"))
    monkeypatch.setattr(shipped.sys, "prefix", str(tmp_path))
    with pytest.raises(ModelRefused, match=r"finder\.onnx.*Install the package"):
        estimator_for(ModelSettings())


def test_keypoint_rcnn_places_people_in_the_picture(tmp_path: Path) -> None:
    outputs = {
        "boxes": np.array([[10, 10, 60, 90]], np.float32),
        "labels": np.array([1], np.int64),
        "scores": np.array([0.9], np.float32),
        "keypoints": np.array([[[20, 30, 1], [40, 50, 1]]], np.float32),
    }
    card = colour_card(
        task="keypoints",
        outputs={name: name for name in outputs},
        keypoints=("nose", "left_hip"),
        input=InputSpec("image", 100, 100),
    )
    path = described_file(tmp_path / "r.onnx", constant_network([1, 3, 100, 100], outputs), card)
    estimator = estimator_for(ModelSettings(single=str(path)))
    assert isinstance(estimator, KeypointRcnn)
    (pose,) = estimator.estimate(Frame(np.zeros((200, 200, 3), np.uint8), 0, 0))
    assert pose.keypoints[0] == pytest.approx([39.5, 59.5, 0.9])
    assert pose.keypoints[11] == pytest.approx([79.5, 99.5, 0.9])
    assert pose.box_px == pytest.approx((19.5, 19.5, 100, 160))

"""Checklist row C4: a cascade of stages, each looking again from near by."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from simulators.networks import (
    DOTS,
    centroid_network,
    colour_card,
    colour_network,
    constant_network,
    described_file,
    detector_card,
    dots_picture,
)

from edge.errors import ModelRefused
from edge.estimation.factory import estimator_for
from edge.inference.description import InputSpec, ModelDescription
from edge.records import Frame, Pose
from edge.settings import ModelSettings

# DeepPose's diameter goes from the left shoulder to the right hip.
NAMES = ("left_shoulder", "right_hip", "nose")
POINTS = {"left_shoulder": (210.0, 120.0), "right_hip": (150.0, 260.0), "nose": (190.4, 61.7)}
SIZE = 320, 300  # height, width


def card(**changes: object) -> ModelDescription:
    given = {"recrop": 0.0, "input": InputSpec("image", 64, 64, letterbox="crop")} | changes
    return colour_card(
        task="regression", outputs={"coordinates": "coordinates"}, keypoints=NAMES, **given
    )


def later_card() -> ModelDescription:
    return card(name="later", recrop=1.0)


@pytest.fixture
def stages(tmp_path: Path) -> list[str]:
    """The first stage sees a keypoint at three quarters of its way, the later one exactly."""
    first = described_file(tmp_path / "first.onnx", centroid_network(0.75), card())
    later = described_file(tmp_path / "later.onnx", centroid_network(1.0), later_card())
    return [str(first), str(later)]


def frame() -> Frame:
    dots = {dot: POINTS[name] for dot, name in zip(DOTS, NAMES, strict=True)}
    return Frame(dots_picture(*SIZE, dots, sigma_px=4), 0, 0)


def located(*files: str) -> tuple[Pose, np.ndarray]:
    """The pose, and how far each keypoint is from where it is, px."""
    estimator = estimator_for(ModelSettings(single="+".join(files), threads=1))
    (pose,) = estimator.estimate(frame())
    assert len(estimator.models) == len(files)
    wanted = np.array([POINTS[name] for name in NAMES])
    found = pose.keypoints[[pose.skeleton.index[name] for name in NAMES], :2]
    return pose, np.hypot(*(found - wanted).T)


def test_c4_one_stage_alone_is_coarse_and_the_next_closes_in(stages: list[str]) -> None:
    _, alone = located(stages[0])
    _, together = located(*stages)
    assert alone.min() > 10
    assert together.max() < 0.5


def test_c4_keypoints_that_no_stage_knows_stay_missing(stages: list[str]) -> None:
    pose, _ = located(*stages)
    unknown = [i for i, name in enumerate(pose.skeleton.keypoints) if name not in NAMES]
    assert np.isnan(pose.keypoints[unknown, :2]).all()


def test_a_cascade_looks_at_the_box_of_a_detector(stages: list[str], tmp_path: Path) -> None:
    outputs = {
        "boxes": np.array([[[10, 3, 90, 97]]], np.float32),
        "scores": np.array([[[0.9]]], np.float32),
    }
    model = constant_network([1, 3, 100, 100], outputs)
    detector = described_file(tmp_path / "d.onnx", model, detector_card())
    pose, error = located(str(detector), *stages)
    assert error.max() < 0.5
    assert pose.box_px is not None


def test_a_later_stage_alone_is_refused(stages: list[str]) -> None:
    with pytest.raises(ModelRefused, match=r"later is a later stage of a cascade.*FIRST"):
        estimator_for(ModelSettings(single=stages[1]))


def test_a_first_stage_in_the_place_of_a_later_one_is_refused(stages: list[str]) -> None:
    with pytest.raises(ModelRefused, match="no later stage of a cascade"):
        estimator_for(ModelSettings(single=f"{stages[0]}+{stages[0]}"))


def test_stages_of_different_keypoints_are_refused(stages: list[str], tmp_path: Path) -> None:
    other = described_file(tmp_path / "c.onnx", colour_network(), colour_card())
    with pytest.raises(ModelRefused, match="other keypoints than colour"):
        estimator_for(ModelSettings(single=f"{other}+{stages[1]}"))


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"keypoints": ("nose", "left_eye", "right_eye")}, "left_shoulder to right_hip"),
        ({"input": InputSpec("image", 64, 64)}, "takes crops"),
    ],
)
def test_a_description_that_cannot_be_a_later_stage_is_wrong(changes: dict, fault: str) -> None:
    with pytest.raises(ValueError, match=fault):
        ModelDescription(**(_fields(later_card()) | changes))


def _fields(description: ModelDescription) -> dict[str, object]:
    return {name: getattr(description, name) for name in description.__struct_fields__}

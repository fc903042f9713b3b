"""A rough pose, then each keypoint at full resolution; never a mixture of both."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from simulators.networks import colour_card, colour_network, described_file, dots_picture

from edge.estimation.refined import Refined, person_box
from edge.inference.network import Network
from edge.records import Frame, ModelIdentity, Pose
from edge.skeletons import COCO_17, COCO_18, Skeleton

NEAR = {"left_shoulder": (330.0, 210.0), "right_shoulder": (230.0, 213.0), "nose": (280.0, 120.0)}
FAR = {"left_shoulder": (630.0, 160.0), "right_shoulder": (590.0, 160.0), "nose": (610.0, 120.0)}
ROUGH_SCORE = 0.6


class ScriptedFinder:
    """Knows where people are, to within a few pixels."""

    models = (ModelIdentity("finder", "1", "00"),)

    def __init__(self, *people: dict[str, tuple[float, float]]) -> None:
        self.timings = {"inference": 1.0}
        self._people = people

    def estimate(self, frame: Frame) -> list[Pose]:
        return [rough_pose(person) for person in self._people]


def rough_pose(person: dict[str, tuple[float, float]], skeleton: Skeleton = COCO_18) -> Pose:
    keypoints = np.full((len(skeleton.keypoints), 3), (np.nan, np.nan, 0), np.float32)
    for name, (x, y) in person.items():
        keypoints[skeleton.index[name]] = (x + 7, y - 6, 0.5)
    # The finder sees a hip and an ankle; the refiner knows neither.
    left, right = person["left_shoulder"], person["right_shoulder"]
    length = 2.5 * (left[0] - right[0])
    for name in ("left_hip", "left_ankle"):
        keypoints[skeleton.index[name]] = (left[0], left[1] + length, 0.5)
    covariance = np.full((len(skeleton.keypoints), 2, 2), np.nan, np.float32)
    return Pose(skeleton, keypoints, covariance, ROUGH_SCORE)


def _frame() -> Frame:
    picture = dots_picture(720, 800, NEAR, 15).astype(np.uint16) + dots_picture(720, 800, FAR, 7)
    return Frame(picture.clip(0, 255).astype(np.uint8), 0, 0)


@pytest.fixture
def refiner(tmp_path: Path) -> Network:
    return Network.load(described_file(tmp_path / "c.onnx", colour_network(), colour_card()))


def test_keypoints_are_the_refiners_and_not_the_rough_ones(refiner: Network) -> None:
    (pose,) = Refined(ScriptedFinder(NEAR), refiner).estimate(_frame())
    assert pose.skeleton is COCO_18
    for name, at in NEAR.items():
        assert pose.keypoints[COCO_18.index[name], :2] == pytest.approx(at, abs=0.5)
        assert np.isfinite(pose.covariance_px2[COCO_18.index[name]]).all()
    assert pose.score == ROUGH_SCORE


def test_what_the_refiner_does_not_know_is_missing(refiner: Network) -> None:
    (pose,) = Refined(ScriptedFinder(NEAR), refiner).estimate(_frame())
    for name in ("left_hip", "left_ankle"):
        assert np.isnan(pose.keypoints[COCO_18.index[name], :2]).all()
        assert pose.keypoints[COCO_18.index[name], 2] == 0


def test_the_subject_is_the_tallest(refiner: Network) -> None:
    (pose,) = Refined(ScriptedFinder(FAR, NEAR), refiner).estimate(_frame())
    assert pose.keypoints[COCO_18.index["nose"], :2] == pytest.approx(NEAR["nose"], abs=0.5)


def test_everyone_is_refined_when_asked_for(refiner: Network) -> None:
    poses = Refined(ScriptedFinder(FAR, NEAR), refiner, everyone=True).estimate(_frame())
    assert len(poses) == 2
    noses = [pose.keypoints[COCO_18.index["nose"], :2] for pose in poses]
    assert noses[1] == pytest.approx(FAR["nose"], abs=0.5)


def test_a_person_found_in_two_parts_is_one_person(refiner: Network) -> None:
    """Both parts lead to the same crop, and the crop to the same keypoints."""
    part = {name: (x + 4, y - 4) for name, (x, y) in NEAR.items()}
    (pose,) = Refined(ScriptedFinder(NEAR, part), refiner, everyone=True).estimate(_frame())
    assert pose.keypoints[COCO_18.index["nose"], :2] == pytest.approx(NEAR["nose"], abs=0.5)


def test_nobody_found_is_an_empty_answer(refiner: Network) -> None:
    estimator = Refined(ScriptedFinder(), refiner)
    assert estimator.estimate(_frame()) == []
    assert [model.name for model in estimator.models] == ["finder", "colour"]
    assert estimator.timings == {"find inference": 1.0}


def _pose(skeleton: Skeleton, **points: tuple[float, float, float]) -> Pose:
    keypoints = np.full((len(skeleton.keypoints), 3), (np.nan, np.nan, 0), np.float32)
    covariance = np.full((len(skeleton.keypoints), 2, 2), np.nan, np.float32)
    for name, values in points.items():
        keypoints[skeleton.index[name]] = values
        covariance[skeleton.index[name]] = np.eye(2)
    return Pose(skeleton, keypoints, covariance, 1.0)


def test_a_box_goes_on_above_the_eyes_and_below_the_ankles() -> None:
    pose = _pose(COCO_17, nose=(250, 100, 1), left_ankle=(260, 300, 1), left_wrist=(220, 200, 1))
    x, y, width, height = person_box(pose, (500, 400))
    assert y < 100 - 0.1 * 200
    assert y + height > 300 + 0.05 * 200
    assert x < 220
    assert x + width > 260


STANDING = {
    "left_shoulder": (200, 200, 1),
    "right_shoulder": (150, 200, 1),
    "left_hip": (190, 300, 1),
}


def test_legs_that_the_finder_missed_are_inside_the_box() -> None:
    _, y, _, height = person_box(_pose(COCO_17, **STANDING), (800, 400))
    assert y < 200 - 45
    assert y + height > 300 + 180


def test_a_box_ends_with_the_picture() -> None:
    x, y, width, height = person_box(_pose(COCO_17, **STANDING), (320, 205))
    assert (x + width, y + height) == (204.5, 319.5)
    assert x >= -0.5
    assert y >= -0.5

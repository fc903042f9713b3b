"""Angle errors on the mannequin: none for exact keypoints, the bias of biased ones."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from posture_tools.evaluate.angle_error import MeasureError
from posture_tools.evaluate.box_change import AS_IT_IS, BoxChange
from posture_tools.evaluate.labelled import Person
from posture_tools.evaluate.mannequin import measure_mannequins, postures, true_pose
from posture_tools.evaluate.scores import Sight
from posture_tools.mannequin import YAW_DEG, CameraPose, Truth, render
from posture_tools.mannequin import Person as Mannequin

from edge.records import Frame, ModelIdentity, Pose
from edge.skeletons import BLAZEPOSE_33, COCO_17, COCO_18

CAMERA = CameraPose(distance_m=3.0, focal_px=350.0, width_px=240, height_px=320)


class LabelReader:
    """An estimator that is told the truth, and turns it about the middle of the person."""

    name = "label reader"
    models: tuple[ModelIdentity, ...] = ()
    size_bytes = 0
    crops = True

    def __init__(self, turn_deg: float = 0.0, blind: bool = False) -> None:
        self._turn_rad = np.radians(turn_deg)
        self._blind = blind

    def see(self, frame: Frame, people: Sequence[Person]) -> Sight:
        raise AssertionError("angle errors need a pose")

    def locate(self, frame: Frame, person: Person, change: BoxChange = AS_IT_IS) -> Pose | None:
        if self._blind:
            return None
        middle = person.keypoints[:, :2].mean(0)
        c, s = np.cos(self._turn_rad), np.sin(self._turn_rad)
        points = (person.keypoints[:, :2] - middle) @ np.array([[c, s], [-s, c]]) + middle
        score = np.where(person.keypoints[:, 2] == 2, 1.0, 0.0)
        points[score == 0] = np.nan
        keypoints = np.column_stack([points, score]).astype(np.float32)
        return Pose(COCO_17, keypoints, np.zeros((17, 2, 2), np.float32), 1.0)


def errors(reader: LabelReader) -> dict[str, dict[str, MeasureError]]:
    views = measure_mannequins([reader], [{"shoulder_tilt": 3.0}], 250, quiet=True)
    return {view.view: {m.code: m for m in view.measures} for view in views}


def test_exact_keypoints_have_no_error_in_any_view() -> None:
    found = errors(LabelReader())
    assert set(found) == set(YAW_DEG)
    for view, measures in found.items():
        assert measures, view
        for measure in measures.values():
            assert (measure.n, measure.refused) == (1, 0)
            assert measure.bias == pytest.approx(0, abs=1e-3)


def test_a_turned_skeleton_has_the_bias_of_the_turn() -> None:
    """Clockwise in the picture lowers the image's right, the subject's left: right side higher."""
    found = errors(LabelReader(turn_deg=2.0))
    assert found["front"]["shoulder_tilt"].bias == pytest.approx(2, abs=1e-3)
    assert found["back"]["pelvis_tilt"].bias == pytest.approx(-2, abs=1e-3)


def test_a_mannequin_that_is_not_found_is_refused_not_left_out() -> None:
    tilt = errors(LabelReader(blind=True))["front"]["shoulder_tilt"]
    assert (tilt.n, tilt.refused) == (0, 1)


@pytest.fixture(scope="module")
def from_behind() -> Truth:
    (truth,) = render(Mannequin(yaw_deg=180.0), camera=CAMERA).people
    return truth


def test_what_the_mannequin_hides_is_missing_in_the_truth(from_behind: Truth) -> None:
    pose = true_pose(from_behind, COCO_17)
    assert np.isnan(pose.keypoints[COCO_17.index["nose"], 0])
    assert pose.keypoints[COCO_17.index["left_hip"], 2] == 1
    assert pose.keypoints[COCO_17.index["left_hip"], 0] == pytest.approx(
        from_behind.keypoints["left_hip"].x_px, abs=1e-3
    )


def test_a_skeleton_with_a_neck_is_measured_over_its_neck(from_behind: Truth) -> None:
    """Truth and prediction go by one definition, whatever the network's skeleton."""
    pose = true_pose(from_behind, COCO_18)
    neck = pose.keypoints[COCO_18.index["neck"]]
    shoulders = [from_behind.keypoints[f"{side}_shoulder"] for side in ("left", "right")]
    assert neck[0] == pytest.approx(np.mean([s.x_px for s in shoulders]), abs=0.5)
    assert neck[2] == 1


def test_what_the_mannequin_has_not_is_missing_in_the_truth(from_behind: Truth) -> None:
    pose = true_pose(from_behind, BLAZEPOSE_33)
    assert np.isnan(pose.keypoints[BLAZEPOSE_33.index["left_pinky"], 0])


def test_the_grid_asks_for_every_pair_of_tilts_once() -> None:
    asked = postures()
    assert len({(p["shoulder_tilt"], p["pelvic_obliquity"]) for p in asked}) == len(asked) == 15
    for name in ("head_lean", "trunk_lean", "head_forward_angle"):
        values = np.array([p[name] for p in asked])
        assert np.ptp(values) > 0
        for tilt in ("shoulder_tilt", "pelvic_obliquity"):
            tilts = np.array([p[tilt] for p in asked])
            assert abs(np.corrcoef(values, tilts)[0, 1]) < 0.5

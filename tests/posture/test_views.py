"""The facing test, and the mirror that must not fool it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from simulators.standing_person import TURN_DEG, Person, Pinhole, pose_of, scores_seen, seen

from edge.posture.assess import assess
from edge.posture.calibration import LEVEL, Calibration
from edge.posture.landmarks import Landmarks
from edge.posture.views import against, ankle_line, view_of
from edge.records import Quality, Yaw
from edge.skeletons import BODY_25, COCO_17, SPINE_5

VIEWS = tuple(TURN_DEG)


def mirrored(points, width=1080, swap=True):
    other = {"left": "right", "right": "left"}
    image = {}
    for name, (x, y) in points.items():
        side, _, part = name.partition("_")
        label = f"{other[side]}_{part}" if swap and side in other else name
        image[label] = np.array([width - 1 - x, y])
    return image


@pytest.mark.parametrize("view", VIEWS)
def test_every_view_is_told(view):
    assert view_of(seen(view)) == (view, ())


@pytest.mark.parametrize("turn_deg", [45, 52, 130, 225, 310])
def test_a_half_turned_person_shows_no_view(turn_deg):
    points = Pinhole().project(Person().points_m(), turn_deg)
    assert view_of(pose_of(points)).view == "unknown"


def test_the_back_with_a_face_is_a_mirrored_picture():
    points = Pinhole().project(Person().points_m(), 0.0)
    pose = pose_of(mirrored(points, swap=False))
    assert view_of(pose) == ("unknown", ("face_seen_from_behind",))
    assert all(m.quality is Quality.REFUSED for m in assess(pose))


@pytest.mark.parametrize(("face", "view"), [(0.56, "back"), (0.9, "unknown")])
def test_a_network_guesses_a_face_on_the_back_of_a_head(face, view):
    points = Pinhole().project(Person().points_m(), 180.0)
    scores = scores_seen("back") | dict.fromkeys(("nose", "left_eye", "right_eye"), face)
    assert view_of(pose_of(points, scores)).view == view


def test_a_mirrored_back_is_not_taken_for_a_front():
    points = Pinhole().project(Person().points_m(), 180.0)
    pose = pose_of(mirrored(points, swap=False), scores_seen("back"))
    assert view_of(pose) == ("unknown", ("face_not_seen",))


@pytest.mark.parametrize("view", ["right", "left"])
def test_a_mirrored_side_view_is_not_taken_for_the_other_side(view):
    points = Pinhole().project(Person().points_m(), TURN_DEG[view])
    pose = pose_of(mirrored(points, swap=False), scores_seen(view))
    assert view_of(pose) == ("unknown", ("near_and_far_side_contradict",))


def test_crossed_labels_are_refused():
    points = Pinhole().project(Person().points_m(), 0.0)
    points["left_hip"], points["right_hip"] = points["right_hip"], points["left_hip"]
    assert view_of(pose_of(points)) == ("unknown", ("shoulders_and_hips_contradict",))


def test_a_hidden_hip_leaves_the_view_open():
    points = Pinhole().project(Person().points_m(), 0.0)
    del points["left_hip"]
    assert view_of(pose_of(points)) == ("unknown", ("keypoint_missing:left_hip",))


def test_a_faceless_side_view_has_no_direction():
    points = Pinhole().project(Person().points_m(), 90.0)
    body = {n: p for n, p in points.items() if n.split("_")[-1] not in ("nose", "eye", "ear")}
    assert view_of(pose_of(body)) == ("unknown", ("looking_direction_not_seen",))


@pytest.mark.parametrize("view", ["right", "left"])
def test_a_head_that_looks_against_the_toes_tells_no_side(view):
    """Its left and right are not trusted: the head of one person, or the feet of another."""
    points = Pinhole().project(Person().points_m(), TURN_DEG[view])
    forward = 1.0 if view == "right" else -1.0
    for side in ("left", "right"):
        points[f"{side}_heel"] = points[f"{side}_ankle"]
        points[f"{side}_big_toe"] = points[f"{side}_ankle"] + np.array([60.0 * forward, 0.0])
    scores = dict.fromkeys(points, 0.9)
    assert view_of(pose_of(points, scores, skeleton=BODY_25)).view == view
    for side in ("left", "right"):
        points[f"{side}_big_toe"] = points[f"{side}_ankle"] - np.array([60.0 * forward, 0.0])
    found = view_of(pose_of(points, scores, skeleton=BODY_25))
    assert found == ("unknown", ("face_and_feet_contradict",))
    assert against(found, view) == ("face_and_feet_contradict",)


def test_a_spine_alone_tells_no_view():
    found = view_of(pose_of({"C4": (0, 0)}, skeleton=SPINE_5))
    assert found.view == "unknown"
    assert "keypoint_not_in_skeleton:left_shoulder" in found.why


def test_a_wrong_view_from_outside_is_refused():
    measures = assess(seen("back", sigma_px=1.0), "front")
    assert {m.why for m in measures if not m.why[0].startswith("not_")} == {("seen_from:back",)}


@pytest.mark.parametrize("view", ["front", "back"])
def test_the_mirror_with_swapped_labels_negates_every_signed_frontal_measure(view):
    person = Person(shoulder_tilt_deg=4, pelvis_tilt_deg=-2, trunk_lean_deg=3, head_lean_deg=5)
    points = Pinhole().project(person.points_m(), TURN_DEG[view])
    scores = scores_seen(view)
    scaled = Calibration(mm_per_px=2.3)
    straight = assess(pose_of(points, scores, sigma_px=1.0), None, scaled)
    turned = assess(pose_of(mirrored(points), scores, sigma_px=1.0), None, scaled)
    unsigned = {"knee_ankle_ratio", "stance_width"}
    exchanged = {
        "knee_frontal_right": "knee_frontal_left",
        "knee_frontal_left": "knee_frontal_right",
    }
    by_code = {m.code: m for m in turned}
    compared = 0
    for measure in straight:
        if measure.value is None:
            continue
        other = by_code[exchanged.get(measure.code, measure.code)].value
        sign = 1 if measure.code in unsigned | set(exchanged) else -1
        assert other == pytest.approx(sign * measure.value, abs=1e-3), measure.code
        compared += 1
    assert compared >= 15


@pytest.mark.parametrize("yaw", [0.0, 3.0, -6.0, 10.0])
def test_the_ankle_line_tells_the_yaw(yaw):
    camera = Pinhole()
    points = camera.project(Person().points_m(), yaw)
    body = Landmarks.of(pose_of(points, sigma_px=0.5))
    lens = Calibration(focal_px=1300.0, centre_px=(540.0, 960.0))
    found = ankle_line(body, "front", lens)
    assert found is not None
    assert found.yaw_deg == pytest.approx(abs(yaw), abs=0.3)
    assert ankle_line(body, "front", LEVEL) is not None


def test_a_turned_person_is_doubted_and_a_square_one_is_not():
    for yaw, doubted in ((0.0, False), (14.0, True)):
        pose = seen("front", yaw_deg=yaw, sigma_px=0.3)
        tilt = next(m for m in assess(pose) if m.code == "shoulder_tilt")
        assert ("turned" in tilt.why) is doubted


def test_names_that_only_one_side_has_do_not_hurt():
    pose = pose_of({"nose": (1.0, 2.0)}, skeleton=COCO_17)
    assert view_of(pose).view == "unknown"


TURNED_TO = {"front": 0.0, "left": 90.0, "back": 180.0, "right": -90.0}


def with_yaw(pose, deg: float, sd_deg: float = 5.0):
    return replace(pose, yaw=Yaw(deg, sd_deg))


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("off_deg", [-30.0, 0.0, 30.0])
def test_a_measured_yaw_tells_the_view_whatever_the_face_says(view, off_deg):
    """From behind a network may see a face; from the front hair may hide it."""
    pose = seen(view)
    for scores in (scores_seen("front"), scores_seen("back")):
        keypoints = pose.keypoints.copy()
        keypoints[:, 2] = [scores[name] for name in COCO_17.keypoints]
        told = with_yaw(replace(pose, keypoints=keypoints), TURNED_TO[view] + off_deg)
        assert view_of(told) == (view, ())


@pytest.mark.parametrize("yaw_deg", [45.0, 50.0, 130.0, -140.0, -45.0])
def test_a_yaw_between_two_views_is_none_of_them(yaw_deg):
    assert view_of(with_yaw(seen("front"), yaw_deg)) == ("unknown", ("oblique",))


def test_a_network_that_wavers_between_front_and_back_tells_no_view():
    pose = with_yaw(seen("front"), 4.0, sd_deg=70.0)
    assert view_of(pose) == ("unknown", ("yaw_unsure",))


@pytest.mark.parametrize(("view", "yaw_deg"), [("front", 175.0), ("back", 5.0)])
def test_a_yaw_against_the_shoulders_tells_no_view(view, yaw_deg):
    pose = with_yaw(seen(view), yaw_deg)
    assert view_of(pose) == ("unknown", ("yaw_and_shoulders_contradict",))


def test_shoulders_in_one_line_are_no_front():
    pose = seen("left")
    keypoints = pose.keypoints.copy()
    right, left = (COCO_17.index[f"{side}_shoulder"] for side in ("right", "left"))
    keypoints[right, 0] = keypoints[left, 0]
    facing = view_of(with_yaw(replace(pose, keypoints=keypoints), 0.0))
    assert facing == ("unknown", ("yaw_and_shoulders_contradict",))


def test_without_a_yaw_the_view_is_guessed_as_before():
    assert seen("back").yaw is None
    assert view_of(seen("back")).view == "back"


def test_hips_in_one_line_contradict_shoulders_that_are_not():
    points = Pinhole().project(Person().points_m(), 0.0)
    points["left_hip"][0] = points["right_hip"][0]
    assert view_of(pose_of(points)) == ("unknown", ("shoulders_and_hips_contradict",))

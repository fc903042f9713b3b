"""One pose to measures: complete lists, refusals with reasons, units, sides, other skeletons."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from posture_tools.mannequin.measures import measured
from simulators.read_well import read_well, trusted
from simulators.standing_person import Person, Pinhole, pose_of, scores_seen, seen

from edge.errors import SettingsInvalid
from edge.posture.applying import catalogue
from edge.posture.assess import assess, refuse
from edge.posture.calibration import Calibration
from edge.records import Quality
from edge.skeletons import (
    AI_14,
    BLAZEPOSE_33,
    BODY_25,
    COCO_17,
    COCO_18,
    MPII_16,
    SKELETONS,
    SPINE_5,
)

LENS = Calibration(roll_sd_deg=0.1, focal_px=1300.0, centre_px=(540.0, 960.0))


def by_code(measures):
    return {measure.code: measure for measure in measures}


def relabelled(skeleton, view="front"):
    """The standing person in another skeleton; what he lacks is missing, what it lacks is left."""
    points = Pinhole().project(
        Person(shoulder_tilt_deg=3).points_m(), 0.0 if view == "front" else 90
    )
    scores = scores_seen(view)
    points["neck"] = (points["left_shoulder"] + points["right_shoulder"]) / 2
    points["upper_neck"] = points["neck"] - [0, 40]
    points["head_top"] = points["neck"] - [0, 120]
    scores |= dict.fromkeys(("neck", "upper_neck", "head_top"), 0.9)
    known = {name: p for name, p in points.items() if name in skeleton.index}
    return pose_of(known, scores, skeleton=skeleton, sigma_px=1.0)


@pytest.mark.parametrize(
    "skeleton", [COCO_17, COCO_18, BODY_25, MPII_16, AI_14, BLAZEPOSE_33], ids=lambda s: s.name
)
def test_every_skeleton_gives_the_shoulder_tilt_and_leaves_nothing_out(skeleton):
    measures = assess(read_well(relabelled(skeleton), sd=0.1), "front", LENS)
    assert [m.code for m in measures] == [d.code for d in catalogue(skeleton, "front")]
    tilt = by_code(measures)["shoulder_tilt"]
    assert tilt.value == pytest.approx(3.0, abs=0.05)
    assert (tilt.quality, tilt.why) == (Quality.OK, ())
    assert by_code(measures)["trunk_lean"].value == pytest.approx(0.0, abs=0.01)


@pytest.mark.parametrize("name", SKELETONS)
@pytest.mark.parametrize("view", ["front", "back", "right", "left", "unknown"])
def test_an_empty_pose_is_refused_everywhere(name, view):
    measures = assess(pose_of({}, skeleton=SKELETONS[name]), view)
    assert measures or (name == "SPINE-5" and view in ("front", "back"))
    assert all(m.value is None and m.u95 is None and m.why for m in measures)
    assert len({m.code for m in measures}) == len(measures)


def test_a_missing_and_a_weak_keypoint_are_named():
    points = Pinhole().project(Person().points_m(), 0.0)
    scores = scores_seen("front") | {"left_knee": 0.2, "right_wrist": 0.4}
    del points["left_ear"]
    pose = read_well(pose_of(points, scores, sigma_px=1.0), sd=0.1)
    measures = by_code(assess(pose, calibration=LENS))
    assert measures["head_tilt_ear"].why == ("keypoint_missing:left_ear",)
    assert measures["knee_line"].why == ("keypoint_weak:left_knee",)
    assert measures["knee_line"].quality is Quality.REFUSED
    assert measures["wrist_height_asymmetry"].why == ("keypoint_weak:right_wrist", "need_unknown")
    assert measures["wrist_height_asymmetry"].quality is Quality.LOW
    assert measures["shoulder_tilt"].quality is Quality.OK


def test_coincident_keypoints_have_no_angle():
    points = Pinhole().project(Person().points_m(), 0.0)
    points["left_ear"] = points["right_ear"] + 0.1
    measure = by_code(assess(pose_of(points, sigma_px=1.0), "front"))["head_tilt_ear"]
    assert measure.why == ("keypoints_coincide",)


def test_a_side_view_uses_the_side_that_is_seen_better_and_says_so():
    right, left = assess(seen("right", sigma_px=1.0)), assess(seen("left", sigma_px=1.0))
    assert {m.side for m in right if m.value is not None} == {"right"}
    assert {m.side for m in left if m.value is not None} == {"left"}
    for a, b in zip(right, left, strict=True):
        assert a.code == b.code
        assert (a.value is None) == (b.value is None)
        if a.value is not None:
            assert a.value == pytest.approx(b.value, abs=1e-3)


def test_lengths_are_millimetres_only_with_a_scale():
    pose = seen("front", Person(trunk_lean_deg=3), sigma_px=1.0)
    without, scaled = (
        by_code(assess(pose, None, Calibration(mm_per_px=scale)))["shoulders_over_hips"]
        for scale in (None, 3000 / 1300)
    )
    assert (without.value, without.why) == (None, ("scale_unknown",))
    assert scaled.value == pytest.approx(0.288 * 1700 * np.sin(np.radians(3)), rel=0.02)


def test_names_are_honest():
    codes = {d.code for view in ("front", "back", "right") for d in catalogue(COCO_17, view)}
    spine = {d.code for d in catalogue(SPINE_5, "right")}
    assert not any(word in code for code in codes | spine for word in ("cobb", "asis", "diagnos"))
    craniovertebral = by_code(assess(seen("right", sigma_px=1.0)))["craniovertebral_angle"]
    assert craniovertebral.why == ("keypoint_not_in_skeleton:C7",)


def test_t6_t8_is_of_low_reliability_unless_markers_place_it():
    points = {
        "C4": (0, 0),
        "T6": (-120, 160),
        "T8": (-137, 207),
        "L4": (-93, 453),
        "S5": (-137, 617),
    }
    network, markers = (
        by_code(assess(trusted(pose_of(points, skeleton=SPINE_5, sigma_px=s)), "right"))[
            "spine_t6_t8"
        ]
        for s in (2.0, 0.3)
    )
    assert network.why == ("low_reliability", "wide_interval")
    assert "low_reliability" not in markers.why


def test_a_bent_knee_towards_the_camera_has_no_frontal_angle():
    points = Pinhole().project(Person().points_m(), 0.0)
    thigh = points["left_knee"] - points["left_hip"]
    points["left_knee"] = points["left_hip"] + 0.5 * thigh
    measure = by_code(assess(pose_of(points, sigma_px=1.0)))["knee_frontal_left"]
    assert measure.why == ("knee_bent:left",)


@pytest.mark.parametrize("view", ["front", "back", "right", "left"])
def test_the_mannequins_own_definitions_agree(view):
    """Two implementations of section 4, written apart, on one person."""
    person = Person(shoulder_tilt_deg=4, pelvis_tilt_deg=-3, trunk_lean_deg=2, head_lean_deg=6)
    turn = {"front": 0.0, "right": 90.0, "back": 180.0, "left": 270.0}[view]
    points = Pinhole().project(person.points_m(), turn)
    spine = {name: np.array([500.0 + i, 400.0 + 50 * i])
             for i, name in enumerate(("C7", "C4", "T6", "T8", "L4", "S5"))}  # fmt: skip
    theirs = measured(points | spine, view)
    ours = by_code(assess(pose_of(points, scores_seen(view), sigma_px=1.0)))
    shared = [code for code in theirs if code in ours and ours[code].value is not None]
    assert len(shared) >= (9 if view in ("front", "back") else 3)
    for code in shared:
        assert ours[code].value == pytest.approx(theirs[code], abs=1e-3), code


@pytest.mark.parametrize("roll_deg", [3.0, -2.0])
@pytest.mark.parametrize("view", ["front", "right"])
def test_a_rolled_and_calibrated_camera_measures_the_same(roll_deg, view):
    person = Person(shoulder_tilt_deg=2.0)
    level = by_code(assess(seen(view, person, sigma_px=1.0)))
    rolled_pose = seen(view, person, Pinhole(roll_deg=roll_deg), sigma_px=1.0)
    # The picture turns clockwise, so gravity in it points to the left: a positive roll.
    rolled = by_code(assess(rolled_pose, view, Calibration(roll_deg=roll_deg)))
    raw = by_code(assess(rolled_pose, view))
    for code, measure in level.items():
        if measure.value is not None:
            assert rolled[code].value == pytest.approx(measure.value, abs=0.01), code
    code = "shoulder_tilt" if view == "front" else "trunk_inclination"
    assert abs(raw[code].value - level[code].value) == pytest.approx(abs(roll_deg), abs=0.01)


def test_pitch_is_taken_out_with_a_known_lens():
    """A wall seen by a camera that looks down: verticals converge, rectified they are parallel."""
    pitch, focal = np.radians(6.0), 1200.0
    wall = {"left_shoulder": (0.5, 0.3), "left_hip": (0.5, -0.5), "left_knee": (0.5, -0.9)}
    image = {}
    for name, (x, up) in wall.items():
        y, z = -up * np.cos(pitch) - 3.0 * np.sin(pitch), 3.0 * np.cos(pitch) - up * np.sin(pitch)
        image[name] = np.array([540 + focal * x / z, 960 + focal * y / z])
    seen_x = [p[0] for p in image.values()]
    points = np.array(list(image.values()))
    lens = Calibration(pitch_deg=6.0, focal_px=focal, centre_px=(540.0, 960.0))
    rectified, covariance = lens.rectify(points, np.broadcast_to(np.eye(2), (3, 2, 2)))
    assert np.ptp(seen_x) > 5.0
    assert np.ptp(rectified[:, 0]) < 1e-6
    step = 1e-4
    moved, _ = lens.rectify(points + np.array([step, 0.0]), np.broadcast_to(np.eye(2), (3, 2, 2)))
    other, _ = lens.rectify(points + np.array([0.0, step]), np.broadcast_to(np.eye(2), (3, 2, 2)))
    jacobian = np.stack([(moved - rectified) / step, (other - rectified) / step], axis=2)
    assert covariance == pytest.approx(jacobian @ jacobian.transpose(0, 2, 1), rel=1e-3)


@pytest.mark.parametrize(
    "fields", [{"pitch_deg": 3.0}, {"mm_per_px": 0.0}, {"focal_px": -1.0}, {"roll_deg": 90.0}]
)
def test_an_impossible_calibration_says_what_to_do(fields):
    with pytest.raises(SettingsInvalid) as refusal:
        Calibration(**fields)
    assert refusal.value.remedy


@given(st.floats(-500, 500), st.floats(-500, 500), st.floats(0.3, 3.0))
def test_angles_do_not_depend_on_place_and_size(x, y, scale):
    points = Pinhole().project(Person(shoulder_tilt_deg=3, head_lean_deg=2).points_m(), 0.0)
    moved = {name: p * scale + [x, y] for name, p in points.items()}
    here, there = assess(pose_of(points), "front"), assess(pose_of(moved), "front")
    for a, b in zip(here, there, strict=True):
        if a.value is not None and a.code != "wrist_height_asymmetry":
            assert b.value == pytest.approx(a.value, abs=0.02), a.code


def test_refuse_keeps_the_list_and_the_reason():
    measures = refuse(COCO_17, "front", ("no_person",))
    assert [m.code for m in measures] == [d.code for d in catalogue(COCO_17, "front")]
    assert {m.why for m in measures} == {("no_person",)}


def test_an_interval_too_wide_to_be_of_use_makes_the_quality_low():
    eyes = by_code(assess(trusted(seen("front", sigma_px=8.0)), "front"))["head_tilt_eye"]
    assert eyes.u95 > 10.0
    assert (eyes.quality, eyes.why) == (Quality.LOW, ("wide_interval",))


@pytest.mark.parametrize(("confident", "weak"), [(0.35, False), (0.45, True)])
def test_which_peak_is_weak_is_the_networks_own_affair(confident, weak):
    scores = scores_seen("front") | {"left_knee": 0.4}
    pose = pose_of(Pinhole().project(Person().points_m(), 0.0), scores, sigma_px=1.0)
    pose = read_well(pose, sd=0.1)
    known = msgspec.structs.replace(pose.accuracy, confident=confident)
    measures = by_code(assess(replace(pose, accuracy=known), calibration=LENS))
    assert ("keypoint_weak:left_knee" in measures["knee_line"].why) is weak

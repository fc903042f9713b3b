"""Measures of landmarks on the skin, each from an asymmetric person worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from simulators.standing_person import seen

from edge.markers.skeleton import marked_skeleton
from edge.posture.assess import assess as assess_dressed
from edge.posture.calibration import Calibration
from edge.posture.catalogue.frontal import _spine_deviation
from edge.posture.clothing import Dress
from edge.records import Pose
from edge.skeletons import COCO_17

PARALLEL = Calibration(roll_sd_deg=0.0, mm_per_px=2.0)
TAN = {deg: math.tan(math.radians(deg)) for deg in (2, 3, 5, 6, 10, 12, 20, 50)}


def assess(*of, **options):
    """Of somebody whose skin is bare: nothing hides a landmark."""
    return assess_dressed(*of, dress=Dress("bare", "bare"), **options)


def measured(view, **points):
    """The measures of a body whose landmarks on the skin are moved to these places."""
    body = seen(view, sigma_px=1.0)
    skeleton = marked_skeleton(COCO_17, None, ("front", "side", "back"))
    keypoints = np.full((len(skeleton.keypoints), 3), (np.nan, np.nan, 0.0), np.float32)
    keypoints[: len(body.keypoints)] = body.keypoints
    for name, point in points.items():
        keypoints[skeleton.index[name]] = (*point, 1.0)
    covariance = np.broadcast_to(np.eye(2, dtype=np.float32), (len(keypoints), 2, 2)).copy()
    pose = Pose(skeleton, keypoints, covariance, 0.9)
    return {m.code: m for m in assess(pose, view, PARALLEL)}


# From the front the person's right is at image left; y runs down.
def test_tilts_from_the_front_are_positive_with_the_right_side_higher():
    measures = measured(
        "front",
        right_acromion=(400, 500), left_acromion=(600, 500 + 200 * TAN[3]),
        right_asis=(450, 900 + 100 * TAN[2]), left_asis=(550, 900),
        right_tragus=(480, 300), left_tragus=(530, 300 + 50 * TAN[5]),
        right_patella=(440, 1200), left_patella=(540, 1200 + 100 * TAN[2]),
    )  # fmt: skip
    expected = {"shoulder_tilt": 3, "pelvis_tilt": -2, "head_tilt_ear": 5, "knee_line": 2,
                "shoulder_pelvis_angle": 5}  # fmt: skip
    for code, value in expected.items():
        assert measures[code].value == pytest.approx(value, abs=1e-3), code


# From behind the person's right is at image right.
def test_from_behind_left_and_right_are_the_persons_own():
    measures = measured(
        "back",
        right_acromion=(600, 500), left_acromion=(400, 500 + 200 * TAN[3]),
        right_psis=(530, 900 + 60 * TAN[2]), left_psis=(470, 900),
        right_scap_inf=(560, 640), left_scap_inf=(440, 640 + 120 * TAN[6]),
        C7=(500, 450), T8=(512, 640), L4=(496, 800),
    )  # fmt: skip
    assert measures["shoulder_tilt"].value == pytest.approx(3, abs=1e-3)
    assert measures["pelvis_tilt"].value == pytest.approx(-2, abs=1e-3)
    assert measures["scapular_tilt"].value == pytest.approx(6, abs=1e-3)
    # T8 lies 12 px to image right, the person's right, of a line that is vertical here.
    deviation = measures["spine_line_deviation"]
    assert (deviation.unit, deviation.value > 0) == ("mm", True)
    scale = measures["spine_line_deviation"].value / 12.0
    mirrored = measured(
        "back", right_psis=(530, 902.1), left_psis=(470, 902.1), C7=(500, 450), T8=(496, 640),
        L4=(470, 800),
    )  # fmt: skip
    assert mirrored["spine_line_deviation"].value == pytest.approx(-30 * scale, rel=1e-3)


@pytest.mark.parametrize(("side", "outwards"), [("right", 1.0), ("left", -1.0)])
def test_a_heel_that_gives_way_outwards_is_in_valgus(side, outwards):
    x = 540.0 if side == "right" else 460.0  # from behind
    points = {f"{side}_achilles": (x, 1500), f"{side}_heel": (x + outwards * 80 * TAN[6], 1580)}
    assert measured("back", **points)[f"calcaneal_angle_{side}"].value == pytest.approx(6, abs=1e-3)


@pytest.mark.parametrize(("side", "inwards"), [("right", 1.0), ("left", -1.0)])
def test_a_q_angle_opens_with_the_kneecap_inwards(side, inwards):
    x = 450.0 if side == "right" else 550.0  # from the front, inwards is to the other side
    points = {
        f"{side}_asis": (x, 900), f"{side}_patella": (x + inwards * 300 * TAN[5], 1200),
        f"{side}_tib_tub": (x + inwards * (300 * TAN[5] - 50 * TAN[10]), 1250),
    }  # fmt: skip
    measures = measured("front", **points)
    assert measures[f"q_angle_{side}"].value == pytest.approx(15, abs=1e-3)
    assert measures[f"q_angle_{side}"].side == side


@pytest.mark.parametrize(("side", "inwards"), [("right", 1.0), ("left", -1.0)])
def test_the_hip_lies_inwards_and_below_of_the_asis_and_the_knee_is_measured_from_it(side, inwards):
    own = 450.0 if side == "right" else 550.0
    other = 1000.0 - own
    hip = np.array([own + inwards * 0.14 * 100.0, 900 + 0.30 * 100.0])
    knee = hip + np.array([inwards * 300 * TAN[2], 300.0])
    ankle = knee + np.array([-inwards * 300 * TAN[3], 300.0])
    opposite = "left" if side == "right" else "right"
    points = {
        f"{side}_asis": (own, 900), f"{opposite}_asis": (other, 900),
        f"{side}_patella": tuple(knee), f"{side}_ankle": tuple(ankle),
    }  # fmt: skip
    measure = measured("front", **points)[f"knee_frontal_{side}"]
    assert (measure.definition, measure.side) == ("1-asis-patella", side)
    assert measure.value == pytest.approx(5, abs=1e-3)
    # The regression's own scatter of 1.6 deg is in the interval.
    assert measure.u95 > 1.96 * 1.6


@pytest.mark.parametrize(("view", "ahead"), [("right", 1.0), ("left", -1.0)])
def test_from_either_side_forward_is_positive(view, ahead):
    def at(x, y):
        return 500 + ahead * x, y

    near = {
        f"{view}_{part}": at(*point)
        for part, point in {
            "tragus": (60, 400 - 60 * TAN[50]), "asis": (90, 700 + 150 * TAN[10]),
            "psis": (-60, 700), "acromion": (10 + 300 * TAN[3], 450), "trochanter": (10, 750),
            "knee": (20, 1050), "lat_mal": (0, 1400),
        }.items()
    }  # fmt: skip
    measures = measured(view, C7=at(0, 400), **near)
    assert measures["craniovertebral_angle"].value == pytest.approx(50, abs=1e-3)
    assert measures["pelvic_anterior_tilt"].value == pytest.approx(10, abs=1e-3)
    assert measures["trunk_inclination"].value == pytest.approx(3, abs=1e-3)
    thigh, shank = math.degrees(math.atan2(10, 300)), math.degrees(math.atan2(-20, 350))
    assert measures["knee_sagittal"].value == pytest.approx(thigh - shank, abs=1e-3)
    assert measures["knee_ahead_of_ankle"].value > 0
    assert measures["knee_ahead_of_ankle"].definition == "1-skin"
    assert {measures[c].side for c in ("knee_sagittal", "pelvic_anterior_tilt")} == {view}


def test_without_stickers_these_measures_say_what_is_lacking():
    measures = {m.code: m for m in assess(seen("back", sigma_px=1.0), "back")}
    assert measures["scapular_tilt"].why[0].startswith("keypoint_not_in_skeleton:")
    front = {m.code: m for m in assess(seen("front", sigma_px=1.0), "front")}
    assert front["q_angle_left"].why[0] == "keypoint_not_in_skeleton:left_asis"
    assert front["shoulder_tilt"].definition == "1"


def test_the_spine_is_measured_from_its_own_line_also_where_that_leans() -> None:
    """The nearest point of the line, not the point at some other height of it."""
    upper, lower, aside_px = np.array([0.0, 0.0]), np.array([60.0, 300.0]), 10.0
    across = np.array([300.0, -60.0]) / math.hypot(300.0, 60.0)
    middle = (upper + lower) / 2 + aside_px * across
    found = _spine_deviation(np.array([upper, middle, lower]), -1.0)
    assert found == pytest.approx(aside_px * across[0])

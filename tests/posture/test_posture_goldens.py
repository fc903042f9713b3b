"""The numbers of the seed courses: every value of golden/seed.json, by checklist row."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from simulators.standing_person import pose_of

from edge.posture.angles import (
    elevation_deg,
    inclination_deg,
    inner_deg,
    lean_deg,
    tilt_deg,
    valgus_deg,
)
from edge.posture.assess import assess
from edge.posture.calibration import Calibration
from edge.posture.compat import arccos_angle
from edge.skeletons import COCO_18, MPII_16, SPINE_5

SEED = json.loads((Path(__file__).parents[1] / "golden" / "seed.json").read_text())
MPII = SEED["seed000_mpii16"]
COCO = SEED["seed004_coco18"]
SPINE = SEED["synthetic"]["spine5"]


def _named(entry, rename):
    return {rename(name): np.array(p) for name, p in entry["keypoints"].items()}


@pytest.fixture(scope="module")
def mpii():
    names = {"spine": "thorax", "neck": "upper_neck"}
    return _named(MPII, lambda name: names.get(name, name))


@pytest.fixture(scope="module")
def coco():
    return _named(COCO, lambda n: {"r_": "right_", "l_": "left_"}.get(n[:2], n[:2]) + n[2:])


def by_code(measures):
    return {measure.code: measure for measure in measures}


def test_A6_the_seed_angle(mpii):
    assert arccos_angle((0, 0), (3, 4)) == pytest.approx(53.13010235415598)
    assert arccos_angle((3, 4), (0, 0)) == arccos_angle((0, 0), (3, 4))
    assert isinstance(arccos_angle((0, 0), (3, 4)), float)
    neck_to_head = arccos_angle(mpii["upper_neck"], mpii["head_top"])
    assert neck_to_head == pytest.approx(MPII["expected"]["seed_arccos_angle_neck_headtop"])


def test_A6_coincident_and_missing_points_have_no_seed_angle():
    assert arccos_angle((1, 1), (1, 1)) is None
    assert arccos_angle((1, 1), (float("nan"), 1)) is None


@pytest.mark.parametrize(
    "code", ["shoulder_tilt", "pelvis_tilt", "knee_line", "ankle_line", "head_lean", "trunk_lean"]
)
def test_A7_signed_measures_of_the_printed_pose(mpii, code):
    measure = by_code(assess(pose_of(mpii, skeleton=MPII_16)))[code]
    assert measure.value == pytest.approx(MPII["expected"][code], abs=1e-5)
    assert measure.view == "front"


@pytest.mark.parametrize("side", ["right", "left"])
def test_A7_inner_angles_of_the_printed_pose(mpii, side):
    knee = inner_deg(*(mpii[f"{side}_{joint}"] for joint in ("hip", "knee", "ankle")))
    elbow = inner_deg(*(mpii[f"{side}_{joint}"] for joint in ("shoulder", "elbow", "wrist")))
    assert knee == pytest.approx(MPII["expected"][f"{side}_knee_inner"], abs=1e-9)
    assert elbow == pytest.approx(MPII["expected"][f"{side}_elbow_inner"], abs=1e-9)


def test_A8_all_four_spine_segments_in_both_conventions():
    measures = by_code(assess(pose_of(SPINE["points"], skeleton=SPINE_5), "right"))
    segments = [measures[f"spine_{s}"].value for s in ("c4_t6", "t6_t8", "t8_l4", "l4_s5")]
    assert segments == pytest.approx(SPINE["alpha"], abs=0.01)
    printed = [measures[f"aigo_angle_{s}"].value for s in ("c4_t6", "t6_t8", "t8_l4", "l4_s5")]
    assert printed == pytest.approx(SPINE["seed_degrees"], abs=0.01)


def test_A8_the_mirrored_spine_with_the_facing_turned_is_the_same():
    mirrored = {name: (-x, y) for name, (x, y) in SPINE["points"].items()}
    right = assess(pose_of(SPINE["points"], skeleton=SPINE_5), "right")
    left = assess(pose_of(mirrored, skeleton=SPINE_5), "left")
    assert [m.value for m in right] == pytest.approx([m.value for m in left], abs=1e-4)


def test_A8_spine_shape():
    pose = pose_of(SPINE["points"], skeleton=SPINE_5)
    measures = by_code(assess(pose, "right", Calibration(mm_per_px=1.0)))
    assert measures["kyphosis_proxy"].value == pytest.approx(SPINE["kappa_T"], abs=0.01)
    assert measures["lordosis_proxy"].value == pytest.approx(SPINE["kappa_L"], abs=0.01)
    assert measures["cervical_arrow"].value == pytest.approx(SPINE["FC"], abs=1e-3)
    assert measures["lumbar_arrow"].value == pytest.approx(SPINE["FL"], abs=1e-3)
    assert measures["kyphosis_index"].value == pytest.approx(SPINE["KI"], abs=1e-3)
    assert {measures[c].unit for c in ("cervical_arrow", "spine_offset")} == {"mm"}


def test_A9_five_points_as_floats_keep_the_angle_that_whole_pixels_lose():
    upper, lower = np.array([10.95, 0.02]), np.array([4.44, 18.94])  # 20 px, 19.0 deg
    points = {"C4": (30.0, -80.0), "T6": upper, "T8": lower, "L4": (20.0, 110.0), "S5": (5, 170)}
    exact = np.degrees(np.arctan2(upper[0] - lower[0], lower[1] - upper[1]))
    measures = by_code(assess(pose_of(points, skeleton=SPINE_5), "right"))
    assert measures["spine_t6_t8"].value == pytest.approx(exact, abs=1e-4)
    whole = {name: np.trunc(point) for name, point in points.items()}
    truncated = by_code(assess(pose_of(whole, skeleton=SPINE_5), "right"))
    assert abs(truncated["spine_t6_t8"].value - exact) > 0.5


SCALED = Calibration(mm_per_px=2.3)
A11 = {
    "occiput offset": ("right", "forward_head_distance"),
    "skull angle": ("right", "head_sagittal_tilt"),
    "body shift": ("front", "head_over_ankles"),
    "shoulders fore and aft": ("right", "shoulder_protraction"),
    "standing": ("right", "sway_back_index"),
    "normal or posteriorly displaced spine": ("spine", "spine_offset"),
    "scoliosis": ("back", "scoliosis"),
    "anterior pelvic tilt": ("right", "pelvic_anterior_tilt"),
}


@pytest.mark.parametrize(("view", "code"), A11.values(), ids=A11.keys())
def test_A11_every_item_of_the_course_is_a_value_or_a_refusal_with_reason(view, code):
    from simulators.standing_person import seen

    measures = (
        assess(pose_of(SPINE["points"], skeleton=SPINE_5), "right", SCALED)
        if view == "spine"
        else assess(seen(view, sigma_px=1.0), view, SCALED)
    )
    measure = by_code(measures)[code]
    if code in ("scoliosis", "pelvic_anterior_tilt"):
        assert measure.value is None
        reasons = ("not_measurable:", "keypoint_not_in_skeleton:")
        assert all(why.startswith(reasons) for why in measure.why)
    else:
        assert measure.value is not None


B11 = {
    "head_tilt_eye": "head_tilt_eye",
    "head_tilt_ear": "head_tilt_ear",
    "shoulder_tilt": "shoulder_tilt",
    "pelvis_tilt": "pelvis_tilt",
    "knee_line": "knee_line",
    "ankle_line": "ankle_line",
    "trunk_lean": "trunk_lean_hips_to_neck",
    "knee_ankle_ratio": "kasr",
}


@pytest.mark.parametrize(("code", "golden"), B11.items())
def test_B11_measures_of_the_printed_sample(coco, code, golden):
    measure = by_code(assess(pose_of(coco, skeleton=COCO_18)))[code]
    assert measure.value == pytest.approx(COCO["expected"][golden], abs=1e-4)


def test_B11_angles_that_no_measure_reports(coco):
    mid_hip = (coco["right_hip"] + coco["left_hip"]) / 2
    mid_shoulder = (coco["right_shoulder"] + coco["left_shoulder"]) / 2
    expected = COCO["expected"]
    assert lean_deg(mid_hip, mid_shoulder, 1.0) == pytest.approx(
        expected["trunk_lean_hips_to_midshoulder"]
    )
    for side in ("right", "left"):
        hip, knee, ankle = (coco[f"{side}_{joint}"] for joint in ("hip", "knee", "ankle"))
        elbow = inner_deg(*(coco[f"{side}_{j}"] for j in ("shoulder", "elbow", "wrist")))
        femur = -np.degrees(np.arctan2(hip[1] - knee[1], abs(hip[0] - knee[0])))
        assert femur == pytest.approx(expected[f"femur_{side}"])
        assert elbow == pytest.approx(expected[f"{side}_elbow_inner"])
        assert valgus_deg(hip, knee, ankle, 1.0, right=side == "right") == pytest.approx(
            expected[f"fppa_{side}"]
        )


def test_B11_a_squat_has_no_frontal_knee_angle(coco):
    measures = by_code(assess(pose_of(coco, skeleton=COCO_18)))
    for side in ("right", "left"):
        assert measures[f"knee_frontal_{side}"].why == (f"knee_bent:{side}",)


def _at(angle_deg, length=100.0):
    return length * np.array([np.cos(np.radians(angle_deg)), np.sin(np.radians(angle_deg))])


def test_synthetic_signs():
    """The `synthetic` entries: a level line, tilts and leans in both views, valgus on both legs."""
    golden = SEED["synthetic"]
    origin = np.zeros(2)
    left, up_right = _at(0.0), _at(10.0)  # right shoulder at the origin, left one 10 deg lower
    assert tilt_deg(origin, left) == golden["level"][0]
    assert tilt_deg(origin, up_right) == pytest.approx(golden["right_up_10"][0])
    assert tilt_deg(origin, up_right * [-1, 1]) == pytest.approx(golden["posterior_right_up_10"][0])
    head = -_at(85.0)  # upwards, 5 deg to image left: to the right of a person seen from the front
    assert lean_deg(origin, head, 1.0) == pytest.approx(golden["lean_right_5_ant"][0])
    assert lean_deg(origin, head * [-1, 1], -1.0) == pytest.approx(golden["lean_right_5_post"][0])


def test_synthetic_inclination_and_craniovertebral_angle():
    golden = SEED["synthetic"]
    ahead = -_at(53.0)  # upwards and to image left by 37 deg
    for facing, end in ((-1.0, ahead), (1.0, ahead * [-1, 1])):
        face = "R" if facing > 0 else "L"
        expected = golden[f"incl_fwd_37_face{face}"]
        assert inclination_deg(np.zeros(2), end, facing) == pytest.approx(expected[0])
    ear = _at(-50.0)
    assert elevation_deg(np.zeros(2), ear, 1.0) == pytest.approx(golden["cva_50"][0])
    assert elevation_deg(np.zeros(2), ear * [-1, 1], -1.0) == pytest.approx(golden["cva_50"][0])


@pytest.mark.parametrize(
    ("name", "side", "facing"),
    [
        ("fppa_R_valgus", "right", 1.0),
        ("fppa_L_valgus", "left", 1.0),
        ("fppa_R_valgus_post", "right", -1.0),
    ],
)
def test_synthetic_valgus(name, side, facing):
    """Hip above ankle, the knee a tenth of the thigh medial: 2 atan(0.1)."""
    medial = facing * (10.0 if side == "right" else -10.0)
    leg = (np.array([0.0, 0.0]), np.array([medial, 100.0]), np.array([0.0, 200.0]))
    expected = SEED["synthetic"][name][0]
    assert valgus_deg(*leg, facing, right=side == "right") == pytest.approx(expected)

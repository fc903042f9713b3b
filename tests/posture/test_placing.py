"""Hands that place a sticker are part of the interval, and of nothing else."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from simulators.standing_person import seen

from edge.markers.protocol import PROTOCOLS
from edge.posture.assess import assess
from edge.posture.calibration import Calibration
from edge.posture.placing import by_eye_px2, placing_px2, scatters
from edge.records import Placed
from edge.screening.hold import median_pose

PX_PER_MM = 0.4


def placed(pose, **px2):
    placing = np.zeros((len(pose.keypoints), 2, 2), np.float32)
    for name, matrix in px2.items():
        placing[pose.skeleton.index[name]] = matrix
    return replace(pose, placed=Placed(placing))


FAR = Calibration(roll_sd_deg=0.0, focal_px=1e9, centre_px=(0, 0))


def shoulder_tilt(pose):
    return next(m for m in assess(pose, "front", FAR) if m.code == "shoulder_tilt")


def test_a_tilt_is_widened_by_what_both_hands_scatter():
    pose = seen("front", sigma_px=1.0)
    left, right = (
        pose.keypoints[pose.skeleton.index[f"{s}_shoulder"], :2] for s in ("left", "right")
    )
    by_hand = 9.0 * np.eye(2)  # 3 px along each axis
    before = shoulder_tilt(pose)
    after = shoulder_tilt(placed(pose, left_shoulder=by_hand, right_shoulder=by_hand))
    added = 1.96 * math.degrees(math.sqrt(2) * 3.0 / float(np.hypot(*(left - right))))
    assert after.value == before.value
    assert after.u95 == pytest.approx(math.hypot(before.u95, added), rel=1e-3)


def test_what_lies_along_the_line_itself_does_not_turn_it():
    pose = seen("front", sigma_px=1.0)
    level = np.array([[400.0, 0.0], [0.0, 0.0]])
    after = shoulder_tilt(placed(pose, left_shoulder=level, right_shoulder=level))
    assert after.u95 == pytest.approx(shoulder_tilt(pose).u95, rel=1e-3)


def test_other_measures_keep_their_interval():
    pose = seen("front", sigma_px=1.0)
    wider = placed(pose, left_shoulder=9.0 * np.eye(2))
    before, after = ({m.code: m.u95 for m in assess(p, "front")} for p in (pose, wider))
    assert after["knee_line"] == before["knee_line"]
    assert after["shoulder_tilt"] > before["shoulder_tilt"]


def test_more_frames_make_a_placed_point_no_surer():
    pose = placed(seen("front", sigma_px=1.0), left_shoulder=9.0 * np.eye(2))
    held = median_pose([pose] * 30).pose
    assert (held.placed.placing_px2 == pose.placed.placing_px2).all()


def test_the_scale_of_a_held_view_is_the_median_of_its_frames():
    pose = seen("front", sigma_px=1.0)
    nothing = np.zeros((len(pose.keypoints), 2, 2), np.float32)
    frames = [replace(pose, placed=Placed(nothing, mm, 0.02)) for mm in (2.4, 2.5, 9.0)]
    assert median_pose([*frames, pose]).pose.placed.mm_per_px == pytest.approx(2.5)


def test_a_vertebra_scatters_along_the_spine():
    down = np.array([0.6, 0.8])
    across = np.array([-0.8, 0.6])
    aside, from_behind = (
        placing_px2("T8", PX_PER_MM, along=down, on_outline=outline) for outline in (True, False)
    )
    assert down @ aside @ down == pytest.approx((8.0 * PX_PER_MM) ** 2)
    assert across @ aside @ across == pytest.approx(0.0, abs=1e-12)
    assert across @ from_behind @ across == pytest.approx((3.0 * PX_PER_MM) ** 2)


def test_a_standing_mark_scatters_more_and_sides_alike():
    flat, standing = (placing_px2("left_asis", PX_PER_MM, more_mm=mm) for mm in (0.0, 3.0))
    assert flat[0, 0] == pytest.approx((9.0 * PX_PER_MM) ** 2)
    assert standing[1, 1] == pytest.approx((81.0 + 9.0) * PX_PER_MM**2)
    assert (flat == placing_px2("right_asis", PX_PER_MM)).all()


def test_every_figure_of_the_table_names_a_study_or_says_that_it_is_a_choice():
    for name, scatter in scatters().items():
        assert (
            any(char.isdigit() for char in scatter.source)
            or "as asis" in scatter.source
            or (scatter.source.startswith("choice"))
        ), name
    landmarks = {p.landmark for protocol in PROTOCOLS.values() for p in protocol.placements}
    assert set(scatters()) - {"default", "vertebra", "by_eye"} <= landmarks


@pytest.mark.parametrize("landmark", ["left_hip", "left_acromion", "right_asis", "C7", "tragus"])
def test_a_point_set_by_eye_is_never_surer_than_one_that_hands_placed(landmark):
    by_eye, by_hands = by_eye_px2(landmark, PX_PER_MM), placing_px2(landmark, PX_PER_MM)
    assert (np.diag(by_eye) >= np.diag(by_hands) * (1 - 1e-9)).all()
    assert by_eye[0, 0] >= (8.0 * PX_PER_MM) ** 2
    assert by_eye == pytest.approx(by_eye[0, 0] * np.eye(2))

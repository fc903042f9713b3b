"""What is needed of each measure, and views that somebody told."""

from __future__ import annotations

import pytest
from simulators.standing_person import pose_of, scores_seen, seen

from edge.posture.assess import assess
from edge.posture.fitness import judged, needed, needs
from edge.posture.frontal import FRONTAL
from edge.posture.sagittal import SAGITTAL
from edge.posture.spine_measures import SPINE
from edge.posture.views import Facing, against, as_asked, view_of
from edge.records import Quality

# As a clinic asks for them.
ASKED = {
    "shoulder_tilt": 2, "pelvis_tilt": 2, "trunk_lean": 2, "trunk_inclination": 3, "head_lean": 3,
    "head_tilt_eye": 3, "head_tilt_ear": 3, "knee_frontal_left": 4, "knee_frontal_right": 4,
    "spine_c4_t6": 4, "spine_t6_t8": 4, "spine_t8_l4": 4, "spine_l4_s5": 4,
    "craniovertebral_angle": 5, "head_forward_angle": 5, "knee_sagittal": 5, "hip_sagittal": 5,
    "ankle_sagittal": 5, "q_angle_left": 5, "q_angle_right": 5, "pelvic_anterior_tilt": 5,
    "leg_length_appearance": 2.5,
}  # fmt: skip
CATALOGUE = {d.code: d for d in (*FRONTAL, *SAGITTAL, *SPINE)}


def test_what_is_needed_is_what_was_asked_for() -> None:
    found = {code: needed(code, "%" if code.startswith("leg") else "deg") for code in ASKED}
    assert found == ASKED


def test_every_need_is_of_a_measure_that_exists_and_names_its_source() -> None:
    assert set(needs()) - {"lengths"} <= set(CATALOGUE)
    assert all(len(need.source) > 10 for need in needs().values())
    angles = {code for code, d in CATALOGUE.items() if d.unit == "deg" and d.formula is not None}
    assert angles <= set(needs())


def test_a_length_needs_as_much_in_either_unit() -> None:
    assert needed("stance_width", "mm") == pytest.approx(11.6)
    assert needed("stance_width", "%H") == pytest.approx(11.6 / 17.0)


@pytest.mark.parametrize(
    ("u95", "change", "quality", "why"),
    [
        (2.0, 2.0, Quality.OK, ()),
        (2.01, 2.0, Quality.LOW, ("change_only",)),
        (2.01, 2.01, Quality.LOW, ("wide_interval",)),
    ],
)
def test_quality_at_its_bounds(u95, change, quality, why) -> None:
    assert judged("shoulder_tilt", "deg", u95, change, ()) == (quality, why)


def test_doubts_stay_and_what_nobody_needs_is_never_ok() -> None:
    assert judged("shoulder_tilt", "deg", 1.0, 1.0, ("turned",)) == (Quality.LOW, ("turned",))
    again = judged("shoulder_tilt", "deg", 1.0, 1.0, ("turned", "wide_interval"))
    assert again == (Quality.LOW, ("turned",))
    assert judged("knee_ankle_ratio", "1", 0.0, 0.0, ())[1] == ("need_unknown",)


@pytest.mark.parametrize(
    ("why", "told", "reason"),
    [
        ("face_not_seen", "front", ()), ("face_not_seen", "back", ("seen_from:front",)),
        ("face_seen_from_behind", "back", ()),
        ("face_seen_from_behind", "front", ("seen_from:back",)),
        ("looking_direction_not_seen", "left", ()),
        ("looking_direction_not_seen", "front", ("seen_from:right",)),
        ("yaw_unsure", "back", ()), ("oblique", "left", ()),
        ("yaw_and_shoulders_contradict", "back", ("yaw_and_shoulders_contradict",)),
        ("near_and_far_side_contradict", "left", ("near_and_far_side_contradict",)),
    ],
)  # fmt: skip
def test_a_told_view_holds_where_the_picture_is_only_unsure(why, told, reason) -> None:
    assert against(Facing("unknown", (why,)), told) == reason


def test_a_seen_view_is_held_against_the_told_one() -> None:
    assert against(Facing("front"), "front") == ()
    assert against(Facing("front"), "back") == ("seen_from:front",)


def test_only_what_cannot_be_told_is_taken_as_asked() -> None:
    assert as_asked(Facing("unknown", ("face_seen_from_behind",)), "back").view == "back"
    assert as_asked(Facing("unknown", ("face_seen_from_behind",)), "front").view == "unknown"
    assert as_asked(Facing("unknown", ("oblique",)), "back").view == "unknown"
    assert as_asked(Facing("unknown", ("keypoint_missing:left_hip",)), "back").view == "unknown"
    assert as_asked(Facing("left"), "back").view == "left"
    assert as_asked(Facing("unknown", ("yaw_unsure",)), None).view == "unknown"


def test_a_guessed_face_does_not_turn_a_back_that_was_told() -> None:
    """Left stays the person's own left: the back's tilts come out as without the guess."""
    back = seen("back", sigma_px=1.0)
    points = dict(zip(back.skeleton.keypoints, back.keypoints[:, :2], strict=True))
    guessed = pose_of(points, scores_seen("front"), sigma_px=1.0)
    assert view_of(guessed).view == "unknown"
    values = [
        {m.code: m.value for m in assess(pose, "back") if m.value is not None}
        for pose in (back, guessed)
    ]
    assert values[0] == pytest.approx(values[1])
    assert {m.why for m in assess(guessed, "front")} >= {("seen_from:back",)}

"""One person, no side like the other, worked out by hand: every sign and factor of front and back.

The keypoints are small whole numbers, so that each value below is one line with a pocket
calculator: tan of a slope, a difference times the scale, a quotient. From behind it is the same
person, so every value stays as it is.
"""

from __future__ import annotations

import pytest
from simulators.asymmetric_person import SCALE, person

from edge.posture.applying import catalogue
from edge.posture.assess import assess
from edge.records import Quality, View
from edge.skeletons import COCO_17

EXPECTED = {
    "head_tilt_ear": -6.8428,  # (98 - 104) / 50
    "head_lean": -4.3045,  # 7 px to the left over 93
    "shoulder_tilt": 3.8141,  # (200 - 188) / 180
    "pelvis_tilt": -4.9459,  # (450 - 459) / 104
    "knee_line": -4.9270,  # (640 - 650) / 116
    "ankle_line": -6.3402,  # (830 - 842) / 108
    "shoulder_pelvis_angle": 8.7600,  # 3.8141 + 4.9459
    "trunk_lean": 0.4399,  # 2 px to the right over 260.5
    "head_over_shoulders": -14.0,  # (200 - 207) px, 2 mm each
    "shoulders_over_hips": 4.0,  # 202 - 200
    "hips_over_ankles": 8.0,  # 206 - 202
    "shoulders_over_ankles": 12.0,  # 206 - 200
    "head_over_ankles": -2.0,  # 206 - 207
    "shoulder_height_asymmetry": 1.8692,  # 648 against 636 over the ankles' 836
    "wrist_height_asymmetry": 4.6948,  # 436 against 416
    "knee_frontal_right": -6.5733,  # the knee lies outside of hip and ankle: varus
    "knee_frontal_left": 0.6030,  # and here a trifle inside
}
FRONT_ALONE = {
    "head_tilt_eye": -11.3099,  # (92 - 96) / 20
    "knee_ankle_ratio": 1.0741,  # 116 / 108
    "leg_length_appearance": 0.9385,  # 383.636 against 380.053 px
    "stance_width": 216.0,  # 108 px
}


def measured(view: View, **moved: tuple[float, float]):
    return {m.code: m for m in assess(person(view, **moved), view, SCALE)}


@pytest.mark.parametrize("view", ["front", "back"])
@pytest.mark.parametrize("code", EXPECTED)
def test_every_measure_of_both_views_as_worked_out_by_hand(view: View, code: str) -> None:
    assert measured(view)[code].value == pytest.approx(EXPECTED[code], abs=2e-4)


@pytest.mark.parametrize("code", FRONT_ALONE)
def test_what_is_seen_from_the_front_alone(code: str) -> None:
    assert measured("front")[code].value == pytest.approx(FRONT_ALONE[code], abs=2e-4)
    assert code not in {definition.code for definition in catalogue(COCO_17, "back")}


def test_both_tables_leave_out_nothing_that_these_keypoints_give() -> None:
    given = {code for code, measure in measured("front").items() if measure.value is not None}
    assert given == set(EXPECTED | FRONT_ALONE)


@pytest.mark.parametrize("view", ["front", "back"])
@pytest.mark.parametrize(
    ("knee_y", "refused"), [(459 + 132.5, True), (459 + 133.5, False)], ids=["below", "above"]
)
def test_a_thigh_counts_from_six_tenths_of_what_the_trunk_lets_expect(
    view: View, knee_y: float, refused: bool
) -> None:
    """The trunk is 260.508 px; 0.245 / 0.288 of it are 221.61, of which 0.6 are 132.97."""
    measure = measured(view, right_knee=(150, knee_y))["knee_frontal_right"]
    assert (measure.why == ("knee_bent:right",)) is refused


@pytest.mark.parametrize(("aside", "refused"), [(17.46, True), (15.78, False)])
def test_legs_are_compared_where_both_are_straighter_than_170_deg(
    aside: float, refused: bool
) -> None:
    """190 px above and below the knee: 17.46 px aside bend it to 169.5 deg, 15.78 to 170.5."""
    measure = measured(
        "front", left_hip=(254, 450), left_knee=(254 + aside, 640), left_ankle=(254, 830)
    )["leg_length_appearance"]
    assert (measure.quality is Quality.REFUSED) is refused
    assert (measure.why == ("knee_bent:left",)) is refused

"""The catalogue's formulas over a few drawn points, with values reckoned by hand.

Each drawing is askew, so that no landmark, side or sign can stand in for another.
"""

from __future__ import annotations

import numpy as np
import pytest

from edge.posture.catalogue.contour import CONTOUR
from edge.posture.catalogue.definition import Definition
from edge.posture.catalogue.frontal import FRONTAL
from edge.posture.catalogue.sagittal import SAGITTAL
from edge.posture.catalogue.spine import SPINE

# Somebody who looks to the right of the picture; y runs down.
FROM_THE_SIDE = {
    "C4": (110, 100), "T6": (80, 200), "T8": (84, 260), "L4": (104, 400), "S5": (90, 460),
    "C7": (100, 110), "tragus": (140, 60), "ear": (141, 62), "eye": (158, 54),
    "shoulder": (120, 150), "acromion": (122, 148), "trochanter": (117, 305), "hip": (115, 300),
    "asis": (150, 280), "psis": (100, 265), "knee": (127, 480), "ankle": (115, 700),
    "lat_mal": (112, 702), "heel": (85, 730), "toe": (180, 725), "big_toe": (175, 720),
}  # fmt: skip
# Somebody who is seen from behind: the right side is at the right of the picture.
FROM_BEHIND = {
    "right_axilla": (260, 250), "left_axilla": (180, 244), "S5": (210, 460),
    "right_waist": (245, 340), "left_waist": (170, 345),
    "right_scap_inf": (240, 270), "left_scap_inf": (190, 275),
    "C7": (212, 120), "T8": (218, 220), "L4": (211, 320), "mid_psis": (216, 420),
    "right_achilles": (240, 860), "right_heel": (245, 900),
    "left_achilles": (190, 862), "left_heel": (183, 902),
}  # fmt: skip
# And from the front: the right side is at the left.
FROM_THE_FRONT = {
    "right_shoulder": (100, 200), "left_shoulder": (200, 210), "mid_shoulder": (150, 205),
    "mid_ear": (146, 120), "right_hip": (110, 400), "left_hip": (190, 396), "mid_hip": (155, 398),
    "right_wrist": (90, 430), "left_wrist": (215, 420),
    "right_asis": (100, 380), "left_asis": (200, 390), "right_patella": (120, 620),
    "left_patella": (182, 615), "right_tib_tub": (118, 660), "left_tib_tub": (186, 655),
    "right_knee": (110, 600), "left_knee": (190, 601), "right_ankle": (110, 790),
    "left_ankle": (178, 781), "mid_ankle": (144, 786),
}  # fmt: skip


def value(
    definitions: tuple[Definition, ...], code: str, drawn: dict[str, tuple[int, int]],
    facing: float, version: str = "1",
) -> float:  # fmt: skip
    """facing : -1 also stands for the drawing in a mirror, where only that shows the side."""
    [found] = [each for each in definitions if (each.code, each.version) == (code, version)]
    assert found.formula is not None
    return found.formula(np.array([drawn[name] for name in found.landmarks], float), facing)


def mirrored(drawn: dict[str, tuple[int, int]]) -> dict[str, tuple[int, int]]:
    return {name: (300 - x, y) for name, (x, y) in drawn.items()}


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("spine_c4_t6", 16.699),  # atan(30 / 100)
        ("spine_t6_t8", -3.814),  # atan(-4 / 60)
        ("spine_t8_l4", -8.130),  # atan(-20 / 140)
        ("spine_l4_s5", 13.134),  # atan(14 / 60)
        ("kyphosis_proxy", 24.829),  # 16.699 + 8.130
        ("lordosis_proxy", 21.264),  # 13.134 + 8.130
        ("cervical_arrow", 30.0),  # from T6, the farther back
        ("lumbar_arrow", 24.0),
        ("kyphosis_index", 27.0),
        ("kyphosis_index_relative", 7.4885),  # of hypot(20, 360)
        ("spine_offset", 20.0),
        ("aigo_angle_c4_t6", 73.301),  # from the horizontal
        ("aigo_angle_t6_t8", 86.186),
    ],
)
def test_the_spine_from_the_side(code: str, expected: float) -> None:
    assert value(SPINE, code, FROM_THE_SIDE, 1.0) == pytest.approx(expected, abs=1e-3)
    assert value(SPINE, code, mirrored(FROM_THE_SIDE), -1.0) == pytest.approx(expected, abs=1e-3)


def test_the_arrows_are_measured_from_the_level_that_is_farther_back() -> None:
    drawn = FROM_THE_SIDE | {"T6": (84, 200), "T8": (79, 260)}
    assert value(SPINE, "cervical_arrow", drawn, 1.0) == 31.0
    assert value(SPINE, "lumbar_arrow", drawn, 1.0) == 25.0
    assert value(SPINE, "kyphosis_index", mirrored(drawn), -1.0) == 28.0


@pytest.mark.parametrize(
    ("code", "version", "expected"),
    [
        ("craniovertebral_angle", "1-tragus", 51.340),  # atan(50 / 40)
        ("head_forward_angle", "1", 13.422),  # atan(21 / 88)
        ("forward_head_distance", "1", 21.0),
        ("head_sagittal_tilt", "1", 25.201),  # atan(8 / 17)
        ("acromion_ahead_of_c7", "1", 22.0),
        ("forward_shoulder_angle", "1", 63.435),  # atan(40 / 20)
        ("hip_ahead_of_ankle", "1-skin", 5.0),
        ("trunk_inclination", "1", 1.909),  # atan(5 / 150)
        ("hip_sagittal", "1", 5.723),  # atan(5 / 150) + atan(12 / 180)
        ("knee_sagittal", "1", 6.936),  # atan(12 / 180) + atan(12 / 220)
        ("ankle_sagittal", "1-toe", -15.313),  # 90 less than atan(12 / 220) + 90 + atan(20 / 60)
        ("ankle_sagittal", "1-heel-toe", 6.878),  # atan(15 / 222) + atan(5 / 95)
        ("shank_inclination", "1", 3.122),  # atan(12 / 220)
        ("pelvic_anterior_tilt", "1", 16.699),  # atan(15 / 50)
    ],
)
def test_the_side_views(code: str, version: str, expected: float) -> None:
    for drawn, facing in ((FROM_THE_SIDE, 1.0), (mirrored(FROM_THE_SIDE), -1.0)):
        found = value(SAGITTAL, code, drawn, facing, version)
        assert found == pytest.approx(expected, abs=1e-3)


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("scapular_tilt", 5.711),  # atan(5 / 50), the right one higher
        ("axilla_tilt", -4.289),  # atan(-6 / 80)
        ("axilla_asymmetry", 25.0),  # 50 and 30 from the line
        ("waist_asymmetry", -6.667),  # 35 and 40
    ],
)
def test_the_outline_from_behind(code: str, expected: float) -> None:
    assert value(CONTOUR, code, FROM_BEHIND, -1.0) == pytest.approx(expected, abs=1e-3)


@pytest.mark.parametrize(
    ("code", "version", "expected"),
    [
        # T8 lies 106 - 101.334 to the right of the line from (100, 100) to (104, 400), moved here.
        ("spine_line_deviation", "1", 4.666),
        ("calcaneal_angle_right", "1", 7.125),  # atan(5 / 40), outwards
        ("calcaneal_angle_left", "1", 9.926),  # atan(7 / 40), outwards
    ],
)
def test_the_line_of_the_spine_and_the_heels(code: str, version: str, expected: float) -> None:
    found = value(FRONTAL, code, FROM_BEHIND, -1.0, version)
    assert found == pytest.approx(expected, abs=1e-3)


@pytest.mark.parametrize(
    ("code", "version", "expected"),
    [
        ("shoulder_tilt", "1", 5.711),  # atan(10 / 100)
        ("pelvis_tilt", "1", -2.862),  # atan(-4 / 80)
        ("shoulder_pelvis_angle", "1", 8.573),  # 5.711 + 2.862
        ("shoulders_over_hips", "1", 5.0),  # towards the subject's right
        ("head_over_shoulders", "1", 4.0),
        ("hips_over_ankles", "1", -11.0),
        ("trunk_lean", "1", 1.484),  # atan(5 / 193)
        ("shoulder_height_asymmetry", "1", 1.7212),  # 586 and 576
        ("wrist_height_asymmetry", "1", -2.7701),  # 356 and 366
        ("knee_ankle_ratio", "1", 1.1765),  # 80 to 68
        ("leg_length_appearance", "1", 1.1875),  # 390 and 205 + hypot(12, 180)
        ("stance_width", "1", 68.0),
        # From the hip joint at (111, 411.4): atan(9 / 208.6) + atan(10 / 170).
        ("knee_frontal_right", "1-asis-patella", 5.837),
        ("q_angle_right", "1", 7.626),  # atan(20 / 240) + atan(2 / 40)
        ("knee_frontal_left", "1", -3.814),  # atan(12 / 180): the knee stands outwards
    ],
)
def test_the_front(code: str, version: str, expected: float) -> None:
    found = value(FRONTAL, code, FROM_THE_FRONT, 1.0, version)
    assert found == pytest.approx(expected, abs=1e-3)

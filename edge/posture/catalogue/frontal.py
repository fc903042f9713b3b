"""Measures of the front and back view.

The pelvis line of a pose is the line of the hip joints, not of the iliac spines; where landmarks on
the skin are known, by stickers or by a network that places them, the lines are theirs, and the
version of the definition names them. A difference of leg lengths in a picture is an appearance, not
a discrepancy. Facing: front +1, back -1.
"""

from __future__ import annotations

import math
from typing import Literal

import numpy as np

from edge.posture.angles import (
    STRAIGHT_KNEE_DEG,
    Float64,
    distance_px,
    inner_deg,
    lean_deg,
    tilt_deg,
    valgus_deg,
)
from edge.posture.catalogue.definition import Definition, Formula, Gate
from edge.posture.landmarks import Landmarks
from edge.records import View

FRONT_BACK: tuple[View, ...] = ("front", "back")
FRONT: tuple[View, ...] = ("front",)
BACK: tuple[View, ...] = ("back",)

# A thigh seen shorter than this part of its length points at the camera: the knee is bent, and the
# angle in the picture says nothing about valgus.
_THIGH_SEEN = 0.6
_THIGH_TO_TRUNK = 0.245 / 0.288  # segment fractions after Winter
# The hip joint seen from the front, from one ASIS, in parts of the distance to the other: so far
# towards it and so far down (Bell, Brand and Pedersen 1989, Hum Mov Sci 8:3: 14 % and 30 %; within
# 3.3 cm with 95 % certainty, 12 mm along an axis, which a thigh of 430 mm turns into 1.6 deg).
_HIP_INWARDS, _HIP_DOWN, _HIP_OPEN_SD_DEG = 0.14, 0.30, 1.6


def tilt(p: Float64, _: float) -> float:
    """Degrees of a line through the right and the left one of a pair; + the right one higher.

    p : (2, 2) px, right and left, y down.
    """
    return tilt_deg(p[0], p[1])


def _lean(p: Float64, facing: float) -> float:
    return lean_deg(p[0], p[1], facing)


def _shift(p: Float64, facing: float) -> float:
    """How far the upper landmark lies beside the lower, px; + towards the subject's right."""
    return facing * float(p[0, 0] - p[1, 0])


def _shoulder_pelvis(p: Float64, _: float) -> float:
    """Shoulder tilt minus pelvis tilt (acromion-ASIS angle of SAPO); + opens on the right."""
    return tilt_deg(p[0], p[1]) - tilt_deg(p[2], p[3])


def _height_asymmetry(p: Float64, _: float) -> float:
    """SAPO's asymmetry index (m - n) / ((m + n) / 2) of two heights above the ankles, %."""
    right, left = p[2, 1] - p[0, 1], p[2, 1] - p[1, 1]
    return float(200.0 * (right - left) / (right + left))


def _knee_ankle_ratio(p: Float64, _: float) -> float:
    return float(abs(p[1, 0] - p[0, 0]) / abs(p[3, 0] - p[2, 0]))


def _leg_length(p: Float64, _: float) -> float:
    """Path hip-knee-ankle, right minus left over their mean, %."""
    right = distance_px(p[0], p[1]) + distance_px(p[1], p[2])
    left = distance_px(p[3], p[4]) + distance_px(p[4], p[5])
    return 200.0 * (right - left) / (right + left)


def _stance(p: Float64, _: float) -> float:
    return float(abs(p[0, 0] - p[1, 0]))


def _valgus(side: str) -> Formula:
    def formula(p: Float64, facing: float) -> float:
        return valgus_deg(p[0], p[1], p[2], facing, right=side == "right")

    return formula


def _valgus_from_pelvis(side: str) -> Formula:
    """As `_valgus`, with the hip joint placed from both ASIS, and with patella and ankle."""

    def formula(p: Float64, facing: float) -> float:
        across = p[1] - p[0]
        down = np.array([-across[1], across[0]])
        down *= math.copysign(1.0, down[1])
        hip = p[0] + _HIP_INWARDS * across + _HIP_DOWN * down
        return valgus_deg(hip, p[2], p[3], facing, right=side == "right")

    return formula


def _spine_deviation(p: Float64, facing: float) -> float:
    """The largest distance of the middle landmarks from the line between the first and the last,
    px."""
    line = p[-1] - p[0]
    share = (p[1:-1] - p[0]) @ line / float(line @ line)
    on_line = p[0] + share[:, None] * line
    aside = facing * (on_line - p[1:-1])[:, 0]
    return float(aside[np.abs(aside).argmax()])


def _heel_valgus(side: str) -> Formula:
    """The heel bone's tilt from the vertical, of Achilles tendon and heel; + heel outwards."""
    outwards = -1.0 if side == "right" else 1.0

    def formula(p: Float64, facing: float) -> float:
        return outwards * lean_deg(p[1], p[0], facing)

    return formula


def thigh_seen(side: str) -> Gate:
    """|y_knee - y_hip| >= 0.6 thigh length.

    A knee bent towards the camera shortens the thigh in the picture as well; so where the trunk is
    seen, the thigh counts as long as a trunk like this one lets expect.
    """

    def gate(body: Landmarks) -> tuple[str, ...]:
        hip, knee = body.point(f"{side}_hip"), body.point(f"{side}_knee")
        thigh_px = distance_px(hip, knee)
        if body.seen("mid_shoulder", "mid_hip"):
            trunk_px = distance_px(body.point("mid_shoulder"), body.point("mid_hip"))
            thigh_px = max(thigh_px, trunk_px * _THIGH_TO_TRUNK)
        return () if abs(knee[1] - hip[1]) >= _THIGH_SEEN * thigh_px else (f"knee_bent:{side}",)

    return gate


def _knees_straight(body: Landmarks) -> tuple[str, ...]:
    return tuple(
        f"knee_bent:{side}"
        for side in ("right", "left")
        if inner_deg(*(body.point(f"{side}_{joint}") for joint in ("hip", "knee", "ankle")))
        <= STRAIGHT_KNEE_DEG
    )


def _leg(side: Literal["left", "right"]) -> tuple[str, ...]:
    return f"{side}_hip", f"{side}_knee", f"{side}_ankle"


def _knee_frontal(side: Literal["left", "right"]) -> tuple[Definition, Definition]:
    code = f"knee_frontal_{side}"
    other = "left" if side == "right" else "right"
    on_skin = f"{side}_asis", f"{other}_asis", f"{side}_patella", f"{side}_ankle"
    return (
        Definition(code, "deg", _valgus_from_pelvis(side), on_skin, FRONT, side=side,
                   version="1-asis-patella", open_sd=_HIP_OPEN_SD_DEG),
        Definition(code, "deg", _valgus(side), _leg(side), FRONT_BACK, side=side,
                   gate=thigh_seen(side)),
    )  # fmt: skip


def _q_angle(side: Literal["left", "right"]) -> Definition:
    """ASIS, middle of the patella, tibial tuberosity; the kneecap inwards of the line is +."""
    on_skin = tuple(f"{side}_{part}" for part in ("asis", "patella", "tib_tub"))
    return Definition(f"q_angle_{side}", "deg", _valgus(side), on_skin, FRONT, side=side)


def _calcaneal_angle(side: Literal["left", "right"]) -> Definition:
    on_skin = f"{side}_achilles", f"{side}_heel"
    return Definition(
        f"calcaneal_angle_{side}", "deg", _heel_valgus(side), on_skin, BACK, side=side
    )


def pair(name: str) -> tuple[str, str]:
    """Both landmarks of a part of the body, the right one first."""
    return f"right_{name}", f"left_{name}"


_SPINE_LINE = ("C7", "T8", "L4", "mid_psis")


FRONTAL: tuple[Definition, ...] = (
    Definition("head_tilt_eye", "deg", tilt, pair("eye"), FRONT),
    Definition("head_tilt_ear", "deg", tilt, pair("tragus"), FRONT, version="1-tragus"),
    Definition("head_tilt_ear", "deg", tilt, pair("ear"), FRONT_BACK),
    Definition("head_lean", "deg", _lean, ("upper_neck", "head_top"), FRONT_BACK,
               version="1-head-top"),
    Definition("head_lean", "deg", _lean, ("mid_shoulder", "mid_ear"), FRONT_BACK),
    Definition("shoulder_tilt", "deg", tilt, pair("acromion"), FRONT_BACK,
               version="1-acromion"),
    Definition("shoulder_tilt", "deg", tilt, pair("shoulder"), FRONT_BACK),
    Definition("pelvis_tilt", "deg", tilt, pair("asis"), FRONT, version="1-asis"),
    Definition("pelvis_tilt", "deg", tilt, pair("psis"), BACK, version="1-psis"),
    Definition("pelvis_tilt", "deg", tilt, pair("hip"), FRONT_BACK),
    Definition("knee_line", "deg", tilt, pair("patella"), FRONT, version="1-patella"),
    Definition("knee_line", "deg", tilt, pair("knee"), FRONT_BACK),
    Definition("ankle_line", "deg", tilt, pair("ankle"), FRONT_BACK),
    Definition("shoulder_pelvis_angle", "deg", _shoulder_pelvis,
               pair("acromion") + pair("asis"), FRONT, version="1-acromion-asis"),
    Definition("shoulder_pelvis_angle", "deg", _shoulder_pelvis,
               pair("acromion") + pair("psis"), BACK, version="1-acromion-psis"),
    Definition("shoulder_pelvis_angle", "deg", _shoulder_pelvis,
               pair("shoulder") + pair("hip"), FRONT_BACK),
    Definition("trunk_lean", "deg", _lean, ("mid_hip", "upper_neck"), FRONT_BACK,
               version="1-upper-neck"),
    Definition("trunk_lean", "deg", _lean, ("mid_hip", "neck"), FRONT_BACK, version="1-neck"),
    Definition("trunk_lean", "deg", _lean, ("mid_hip", "mid_shoulder"), FRONT_BACK),
    Definition("head_over_shoulders", "length", _shift, ("mid_shoulder", "mid_ear"), FRONT_BACK),
    Definition("shoulders_over_hips", "length", _shift, ("mid_hip", "mid_shoulder"), FRONT_BACK),
    Definition("hips_over_ankles", "length", _shift, ("mid_ankle", "mid_hip"), FRONT_BACK),
    Definition("shoulders_over_ankles", "length", _shift, ("mid_ankle", "mid_shoulder"),
               FRONT_BACK),
    Definition("head_over_ankles", "length", _shift, ("mid_ankle", "mid_ear"), FRONT_BACK),
    Definition("shoulder_height_asymmetry", "%", _height_asymmetry,
               (*pair("shoulder"), "mid_ankle"), FRONT_BACK),
    Definition("wrist_height_asymmetry", "%", _height_asymmetry,
               (*pair("wrist"), "mid_ankle"), FRONT_BACK),
    *_knee_frontal("right"),
    *_knee_frontal("left"),
    _q_angle("right"),
    _q_angle("left"),
    _calcaneal_angle("right"),
    _calcaneal_angle("left"),
    Definition("spine_line_deviation", "length", _spine_deviation, _SPINE_LINE, BACK),
    Definition("knee_ankle_ratio", "1", _knee_ankle_ratio, pair("knee") + pair("ankle"), FRONT),
    Definition("leg_length_appearance", "%", _leg_length, _leg("right") + _leg("left"), FRONT,
               gate=_knees_straight),
    Definition("stance_width", "length", _stance, pair("ankle"), FRONT),
    # What no picture of the skin shows.
    Definition("scoliosis", "deg", None, ("vertebrae_from_behind",), BACK),
)  # fmt: skip

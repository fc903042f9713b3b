"""The articulated skeleton: body proportions and posture to joints in metres.

Axes of the body: x to the subject's left, y up from the floor, z forward. The origin lies on the
floor under the middle of the ankles.

Lengths are fractions of stature. Limbs: after D. A. Winter, Biomechanics and Motor Control of Human
Movement; but hip and ankle lie where annotators of photographs (COCO) see them, 1 % of stature
lower and higher. Spine: chords over the skin between the named spinous processes.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from posture_tools.mannequin.posture import Arm, Leg, Posture

Float64 = NDArray[np.float64]

UPPER_ARM, FOREARM, HAND = 0.172, 0.150, 0.100
THIGH, SHANK = 0.231, 0.238
ANKLE_HEIGHT, FOOT_LENGTH, HEEL_BEHIND_ANKLE = 0.047, 0.150, 0.036
SPINE_CHORDS = (0.115, 0.029, 0.143, 0.097)  # C4-T6, T6-T8, T8-L4, L4-S5
SACRUM_BELOW_HIP, SACRUM_BEHIND_HIP = 0.004, 0.066
SHOULDER_ALONG_T6_C4, SHOULDER_BEFORE_BACK = 0.46, 0.043
EAR_ABOVE_SHOULDER = 0.112
CROWN_ABOVE_EAR = 0.075
EYE = np.array([0.0185, 0.009, 0.0545])  # left eye from the middle of the ears
NOSE_TIP = np.array([0.0, -0.014, 0.0735])
HALF_EAR_SPAN = 0.0475


@dataclass(frozen=True, slots=True)
class Body:
    """Build: stature in metres, the rest against an average adult of that stature."""

    stature_m: float = 1.70
    girth: float = 1.0
    shoulder_breadth: float = 1.0
    hip_breadth: float = 1.0
    waist: float = 1.0
    bust: float = 0.0

    @property
    def half_shoulders(self) -> float:
        """Half the distance of the shoulder joints, as a fraction of stature."""
        return 0.103 * self.shoulder_breadth

    @property
    def half_hips(self) -> float:
        """Half the distance of the hip joints, as a fraction of stature."""
        return 0.056 * self.hip_breadth


@dataclass(frozen=True, slots=True)
class Joints:
    """Points (3,) in metres by name, and the frames that the surfaces hang on.

    frames : rotation matrices (3, 3) of head, left_arm, right_arm, left_foot, right_foot; columns
        are the part's own left, up and forward.
    """

    points: dict[str, Float64]
    frames: dict[str, Float64]


def _rx(deg: float) -> Float64:
    c, s = math.cos(math.radians(deg)), math.sin(math.radians(deg))
    return np.array([[1.0, 0.0, 0.0], [0.0, c, -s], [0.0, s, c]])


def _ry(deg: float) -> Float64:
    c, s = math.cos(math.radians(deg)), math.sin(math.radians(deg))
    return np.array([[c, 0.0, s], [0.0, 1.0, 0.0], [-s, 0.0, c]])


def _rz(deg: float) -> Float64:
    c, s = math.cos(math.radians(deg)), math.sin(math.radians(deg))
    return np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]])


def _tan(deg: float) -> float:
    return math.tan(math.radians(deg))


_DOWN = np.array([0.0, -1.0, 0.0])


def _pair(middle: Float64, half: float, tilt_deg: float) -> tuple[Float64, Float64]:
    """Left and right point about a middle; + tilt lifts the right one."""
    right = half * np.array(
        [-math.cos(math.radians(tilt_deg)), math.sin(math.radians(tilt_deg)), 0]
    )
    return middle - right, middle + right


def _arm(shoulder: Float64, arm: Arm, outward: float) -> tuple[list[Float64], Float64]:
    """Elbow, wrist and hand tip (fractions of stature), and the arm's frame."""
    frame = (
        _rx(-arm.flexion_deg) @ _rz(outward * arm.abduction_deg) @ _ry(-outward * arm.rotation_deg)
    )
    lower = frame @ _rx(-arm.elbow_flexion_deg)
    elbow = shoulder + UPPER_ARM * frame @ _DOWN
    wrist = elbow + FOREARM * lower @ _DOWN
    return [elbow, wrist, wrist + HAND * lower @ _DOWN], frame


def _leg(hip: Float64, leg: Leg, outward: float, length: float) -> tuple[list[Float64], Float64]:
    """Knee, ankle, heel and big toe (fractions of stature), and the foot's frame."""
    thigh = _rx(-leg.hip_flexion_deg) @ _rz(outward * (leg.abduction_deg - leg.valgus_deg / 2))
    shank = thigh @ _rx(leg.knee_flexion_deg) @ _rz(outward * leg.valgus_deg)
    knee = hip + THIGH * length * thigh @ _DOWN
    ankle = knee + SHANK * length * shank @ _DOWN
    foot = _ry(outward * leg.toe_out_deg) @ _rx(-leg.foot_pitch_deg)
    heel = ankle + foot @ np.array([0.0, -ANKLE_HEIGHT + 0.012, -HEEL_BEHIND_ANKLE])
    toe = ankle + foot @ np.array(
        [-outward * 0.012, -ANKLE_HEIGHT + 0.012, FOOT_LENGTH - HEEL_BEHIND_ANKLE - 0.012]
    )
    return [knee, ankle, heel, toe], foot


def articulate(body: Body, posture: Posture) -> Joints:
    """Joints of a body in a posture, m.

    A tilted pelvis stands on legs of unequal length, as a short leg makes it tilt: both feet stay
    on the floor and every frontal angle is what was asked for.
    """
    points: dict[str, Float64] = {}
    frames: dict[str, Float64] = {}
    zero = np.zeros(3)
    points["left_hip"], points["right_hip"] = _pair(zero, body.half_hips, posture.pelvis_tilt_deg)

    # The back, from the sacrum up, in the sagittal plane.
    spine = [np.array([0.0, -SACRUM_BELOW_HIP, -SACRUM_BEHIND_HIP])]
    for chord, inclination in zip(SPINE_CHORDS[::-1], posture.spine_deg[::-1], strict=True):
        radians = math.radians(inclination)
        spine.append(spine[-1] + chord * np.array([0.0, math.cos(radians), math.sin(radians)]))
    upper = spine[4] - spine[3]
    behind = np.array([0.0, upper[2], -upper[1]])
    c7 = spine[3] + 0.66 * upper + 0.10 * behind
    shoulders = spine[3] + SHOULDER_ALONG_T6_C4 * upper - SHOULDER_BEFORE_BACK / 0.115 * behind
    shoulders[2] += posture.shoulder_protraction_mm / 1000 / body.stature_m

    def leaned(point: Float64) -> Float64:
        # A shear keeps heights and the side view, so lean and inclinations do not disturb
        # each other.
        low, high = min(point[1], shoulders[1]), max(point[1] - shoulders[1], 0.0)
        aside = _tan(posture.trunk_lean_deg) * low + _tan(posture.head_lean_deg) * high
        return np.asarray(point - np.array([aside, 0.0, 0.0]))

    for name, point in zip(("S5", "L4", "T8", "T6", "C4"), spine, strict=True):
        points[name] = leaned(point)
    points["C7"] = leaned(c7)
    neck = leaned(shoulders)
    points["neck"] = neck
    points["left_shoulder"], points["right_shoulder"] = _pair(
        neck, body.half_shoulders, posture.shoulder_tilt_deg
    )

    ears = neck + EAR_ABOVE_SHOULDER * np.array(
        [-_tan(posture.head_lean_deg), 1.0, _tan(posture.head_forward_deg)]
    )
    level_eye_deg = math.degrees(math.atan2(EYE[1], EYE[2]))
    head = (
        _rz(-posture.head_tilt_deg)
        @ _ry(posture.head_turn_deg)
        @ _rx(level_eye_deg - posture.head_sagittal_tilt_deg)
    )
    frames["head"] = head
    points["mid_ear"] = ears
    points["head_top"] = ears + head @ np.array([0.0, CROWN_ABOVE_EAR, 0.0])
    points["nose"] = ears + head @ NOSE_TIP
    for side, outward in (("left", 1.0), ("right", -1.0)):
        mirror = np.array([outward, 1.0, 1.0])
        points[f"{side}_eye"] = ears + head @ (EYE * mirror)
        points[f"{side}_ear"] = ears + head @ np.array([outward * HALF_EAR_SPAN, 0.0, 0.0])
        arm = posture.left_arm if side == "left" else posture.right_arm
        chain, frames[f"{side}_arm"] = _arm(points[f"{side}_shoulder"], arm, outward)
        for name, point in zip(("elbow", "wrist", "hand"), chain, strict=True):
            points[f"{side}_{name}"] = point
        leg = posture.left_leg if side == "left" else posture.right_leg
        hip = points[f"{side}_hip"]
        chain, frames[f"{side}_foot"] = _leg(hip, leg, outward, 1 + hip[1] / (THIGH + SHANK))
        for name, point in zip(("knee", "ankle", "heel", "big_toe"), chain, strict=True):
            points[f"{side}_{name}"] = point

    soles = [
        points[f"{side}_{end}"][1] for side in ("left", "right") for end in ("heel", "big_toe")
    ]
    ankles = (points["left_ankle"] + points["right_ankle"]) / 2
    origin = np.array([ankles[0], min(soles) - 0.012, ankles[2]])
    return Joints(
        {name: (point - origin) * body.stature_m for name, point in points.items()}, frames
    )

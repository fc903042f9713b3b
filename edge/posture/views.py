"""From which side a person is seen, and how squarely.

Where a network has measured the person's yaw, the yaw tells. Else the view is guessed:

Front: the subject's right is at image left at shoulders and hips, and the face is seen. Back: the
reverse, and no eyes. Side: shoulders narrow against the trunk. Whatever contradicts itself, a
mirrored picture above all, is `unknown` with the reason, and nothing is measured on it.
"""

from __future__ import annotations

import math
from statistics import fmean, median
from typing import Literal, NamedTuple

import numpy as np

from edge.posture.angles import Float64, distance_px, tilt_deg
from edge.posture.calibration import Calibration
from edge.posture.landmarks import USABLE, Landmarks, mean_score
from edge.posture.perspective import yaw_slope_px
from edge.posture.uncertainty import COVERAGE, SQUARE_YAW_DEG, gradient_px, spread
from edge.records import Pose, View, Yaw

# Shoulder width over trunk length: 0.64 and 0.71 in frontal examples. Below SIDE the person shows a
# side; up to FRONTAL the body is turned by about 45 deg, and no view's measures hold.
SIDE = 0.35
FRONTAL = 0.5
# Of yaw, about each view; a frontal one ends at about 42 deg where it is told by SIDE and FRONTAL.
_TOLERANCE_DEG = 35.0
# A network that wavers between front and back answers with a short vector: 1 / sqrt(e) at 57 deg.
_UNSURE_DEG = 45.0
_CENTRES_DEG: dict[View, float] = {"front": 0.0, "left": 90.0, "back": 180.0, "right": -90.0}
# Single-person networks guess a face on the back of a head: 0.46 to 0.68 as sure as the trunk, 1.04
# and more where there is one (PP-TinyPose on the mannequin).
_FACE_TO_TRUNK = 0.8
_FACE = ("nose", "left_eye", "right_eye")
_ANKLES = ("right_ankle", "left_ankle")
# A side view hides the far side. Networks are up to 0.08 surer of it than of the near side (on the
# mannequin); more than this, and the picture was mirrored.
_FAR_SURER = 0.15


# Left and right cannot be trusted; and which views a picture may be of that cannot tell for sure.
_CONTRADICTIONS = (
    "shoulders_and_hips_contradict", "face_and_feet_contradict", "near_and_far_side_contradict",
    "yaw_and_shoulders_contradict",
)  # fmt: skip
_SEEMS: dict[str, tuple[View, ...]] = {
    "face_not_seen": ("front",),
    "face_seen_from_behind": ("back",),
    "looking_direction_not_seen": ("right", "left"),
}


class Facing(NamedTuple):
    """The view, and why it is unknown."""

    view: View
    why: tuple[str, ...] = ()


def view_of(pose: Pose) -> Facing:
    """The facing test. Skeletons without a face are judged by their left and right labels alone."""
    body = Landmarks.of(pose)
    trunk = ("left_shoulder", "right_shoulder", "left_hip", "right_hip")
    if absent := tuple(f"keypoint_not_in_skeleton:{n}" for n in trunk if n not in body.index):
        return Facing("unknown", absent)
    if unseen := tuple(f"keypoint_missing:{n}" for n in trunk if not body.seen(n)):
        return Facing("unknown", unseen)

    if pose.yaw is not None:
        return _by_yaw(pose.yaw, body)
    # + with the subject's right at image left
    shoulders_px = float(body.point("left_shoulder")[0] - body.point("right_shoulder")[0])
    hips_px = float(body.point("left_hip")[0] - body.point("right_hip")[0])
    trunk_px = distance_px(body.point("mid_shoulder"), body.point("mid_hip"))
    if abs(shoulders_px) < SIDE * trunk_px:
        return _side(body)
    if abs(shoulders_px) < FRONTAL * trunk_px:
        return Facing("unknown", ("oblique",))
    if shoulders_px * hips_px <= 0.0:
        return Facing("unknown", ("shoulders_and_hips_contradict",))

    face_seen = _face_seen(body, trunk)
    if shoulders_px > 0.0:
        return Facing("unknown", ("face_not_seen",)) if face_seen is False else Facing("front")
    return Facing("unknown", ("face_seen_from_behind",)) if face_seen else Facing("back")


def _by_yaw(yaw: Yaw, body: Landmarks) -> Facing:
    """The view about whose centre the yaw lies; unknown between two, and against the shoulders."""
    if yaw.sd_deg > _UNSURE_DEG:
        return Facing("unknown", ("yaw_unsure",))
    view = min(_CENTRES_DEG, key=lambda each: abs(off_square_deg(yaw, each)))
    if abs(off_square_deg(yaw, view)) > _TOLERANCE_DEG:
        return Facing("unknown", ("oblique",))
    shoulders_px = float(body.point("left_shoulder")[0] - body.point("right_shoulder")[0])
    if view in ("front", "back") and (shoulders_px > 0.0) != (view == "front"):
        return Facing("unknown", ("yaw_and_shoulders_contradict",))
    return Facing(view)


def against(found: Facing, told: View) -> tuple[str, ...]:
    """Why a picture contradicts the view that somebody told; empty where it is only unsure.

    Who is found to have the right side where the left one must be is seen from the other side, or
    in a mirror: their left and right are not trusted.
    """
    if found.view != "unknown":
        return () if found.view == told else (f"seen_from:{found.view}",)
    reason = found.why[0] if found.why else ""
    if reason in _CONTRADICTIONS:
        return found.why
    seems = _SEEMS.get(reason, (told,))
    return () if told in seems else (f"seen_from:{seems[0]}",)


def as_asked(found: Facing, asked: View | None) -> Facing:
    """The view that a person was asked to show, where the picture only cannot tell.

    What is not seen, and who stands at a slant, stays unknown.
    """
    unsure = found.view == "unknown" and found.why[:1] and found.why[0] in (*_SEEMS, "yaw_unsure")
    if asked is None or not unsure or against(found, asked):
        return found
    return Facing(asked)


def off_square_deg(yaw: Yaw, view: View) -> float:
    """How far a yaw lies from that of a view, -180 to 180."""
    return (yaw.deg - _CENTRES_DEG[view] + 180.0) % 360.0 - 180.0


def _face_seen(body: Landmarks, trunk: tuple[str, ...]) -> bool | None:
    """Whether nose and eyes are as sure as the trunk; None where the skeleton has no face."""
    rows = [body.index[name] for name in _FACE if name in body.index]
    if not rows:
        return None
    face = median(body.scores[rows].tolist())
    of_trunk = body.scores[[body.index[name] for name in trunk]].tolist()
    return bool(face >= max(USABLE, _FACE_TO_TRUNK * fmean(of_trunk)))


def _side(body: Landmarks) -> Facing:
    """Which way a person in a side view looks: nose ahead of the ears, toes ahead of the heels."""
    ahead = []
    for front, back in (("nose", "ear"), ("big_toe", "heel")):
        fronts = _seen_x(body, front)
        backs = _seen_x(body, back)
        if fronts and backs:
            ahead.append(float(np.sign(np.mean(fronts) - np.mean(backs))))
    if not ahead:
        return Facing("unknown", ("looking_direction_not_seen",))
    if abs(sum(ahead)) != len(ahead):
        return Facing("unknown", ("face_and_feet_contradict",))
    view: Literal["right", "left"] = "right" if ahead[0] > 0.0 else "left"
    far: Literal["right", "left"] = "left" if view == "right" else "right"
    if mean_score(body, far) - mean_score(body, view) > _FAR_SURER:
        return Facing("unknown", ("near_and_far_side_contradict",))
    return Facing(view)


def _seen_x(body: Landmarks, part: str) -> list[float]:
    names = (part, f"left_{part}", f"right_{part}")
    return [
        float(body.points_px[body.index[name], 0])
        for name in names
        if name in body.index and body.scores[body.index[name]] >= USABLE
    ]


def is_turned(body: Landmarks, view: View, calibration: Calibration) -> bool:
    """Whether the ankles say, beyond their own error, that the person does not stand square."""
    line = ankle_line(body, view, calibration)
    if line is None or line.yaw_deg <= SQUARE_YAW_DEG:
        return False
    error_deg = spread(line.gradient, body, _ANKLES, view, calibration).normal / line.tilt_per_yaw
    return line.yaw_deg - COVERAGE * error_deg > SQUARE_YAW_DEG


def is_off_square(yaw: Yaw | None, view: View) -> bool:
    """Whether a measured yaw says, beyond its own error, that the person does not stand square."""
    if yaw is None or view == "unknown":
        return False
    return abs(off_square_deg(yaw, view)) - COVERAGE * yaw.sd_deg > SQUARE_YAW_DEG


class AnkleLine(NamedTuple):
    """yaw_deg : how far the person is turned, without sign."""

    yaw_deg: float
    gradient: Float64  # of its tilt, (2, 2) deg per px
    tilt_per_yaw: float


def ankle_line(body: Landmarks, view: View, calibration: Calibration) -> AnkleLine | None:
    """How far the line of the ankles is turned in a front or back view, and how surely.

    Both ankles stand on one floor below the lens: tan(tilt) = tan(yaw) (h_lens - h_ankle) / Z.
    None where ankles or hips are unseen, or the ankles stand too close together to tell.
    """
    if not body.seen(*_ANKLES, "mid_hip") or body.stature_px is None:
        return None
    points = body.points_px[[body.index[name] for name in _ANKLES]]

    def tilt(p: Float64) -> float:
        return tilt_deg(p[0], p[1])

    slope = yaw_slope_px(body, _ANKLES, view, calibration)
    gradient = gradient_px(tilt, points)
    tilt_per_yaw = abs(float((gradient * slope).sum())) / math.degrees(1.0)
    if not tilt_per_yaw > 0.0:
        return None
    return AnkleLine(abs(tilt(points)) / tilt_per_yaw, gradient, tilt_per_yaw)

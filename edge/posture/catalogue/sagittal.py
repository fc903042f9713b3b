"""Measures of the side views, from the keypoints of the near side alone.

An ear-shoulder angle is a surrogate and named so: the craniovertebral angle needs C7. Landmarks on
the skin, by stickers or by a network that places them, go before joints; the version of the
definition names them. Facing: +1 the subject looks to image right (right view), -1 to the left.
"""

from __future__ import annotations

from edge.posture.angles import Float64, elevation_deg, inclination_deg, inner_deg, turn_deg
from edge.posture.catalogue.definition import Definition, Formula, Unit
from edge.records import View

SIDE_VIEWS: tuple[View, ...] = ("right", "left")


_ON_SKIN = "1-skin"  # acromion, trochanter, knee and outer malleolus


def ahead_px(p: Float64, facing: float) -> float:
    """How far the second landmark is ahead of the first, px.

    p : (2, 2) px. facing : + 1 where the person looks to the right of the picture, else - 1.
    """
    return facing * float(p[1, 0] - p[0, 0])


def _inclination(p: Float64, facing: float) -> float:
    return inclination_deg(p[0], p[1], facing)


def _elevation(p: Float64, facing: float) -> float:
    return elevation_deg(p[0], p[1], facing)


def _forward_shoulder(p: Float64, facing: float) -> float:
    """C7 seen from the shoulder, above the horizontal pointing back: 90 is right above it."""
    return elevation_deg(p[0], p[1], -facing)


def _knee(p: Float64, facing: float) -> float:
    return facing * turn_deg(p[0], p[1], p[2])


def _hip(p: Float64, facing: float) -> float:
    return -facing * turn_deg(p[0], p[1], p[2])


def _ankle(p: Float64, _: float) -> float:
    """Dorsiflexion from the right angle between shank and foot."""
    return 90.0 - inner_deg(p[0], p[1], p[2])


def _foot_to_shank(p: Float64, facing: float) -> float:
    """Dorsiflexion from the right angle between the shank and the line from heel to toe."""
    return inclination_deg(p[1], p[0], facing) + elevation_deg(p[2], p[3], facing)


def _anterior_tilt(p: Float64, facing: float) -> float:
    """Angle of the line from ASIS to PSIS above the horizontal that points back."""
    return elevation_deg(p[0], p[1], -facing)


def _near(
    code: str, unit: Unit, formula: Formula | None, *landmarks: str, version: str = "1"
) -> Definition:
    return Definition(code, unit, formula, landmarks, SIDE_VIEWS, side="near", version=version)


SAGITTAL: tuple[Definition, ...] = (
    _near("craniovertebral_angle", "deg", _elevation, "C7", "tragus", version="1-tragus"),
    _near("craniovertebral_angle", "deg", _elevation, "C7", "ear"),
    _near("head_forward_angle", "deg", _inclination, "shoulder", "ear"),
    _near("forward_head_distance", "length", ahead_px, "shoulder", "ear"),
    _near("head_sagittal_tilt", "deg", _elevation, "ear", "eye"),
    _near("shoulder_ahead_of_hip", "length", ahead_px, "trochanter", "acromion",
          version=_ON_SKIN),
    _near("shoulder_ahead_of_hip", "length", ahead_px, "hip", "shoulder"),
    _near("acromion_ahead_of_c7", "length", ahead_px, "C7", "acromion"),
    _near("forward_shoulder_angle", "deg", _forward_shoulder, "acromion", "C7",
          version="1-acromion"),
    _near("forward_shoulder_angle", "deg", _forward_shoulder, "shoulder", "C7"),
    _near("ear_ahead_of_ankle", "length", ahead_px, "lat_mal", "tragus", version=_ON_SKIN),
    _near("ear_ahead_of_ankle", "length", ahead_px, "ankle", "ear"),
    _near("shoulder_ahead_of_ankle", "length", ahead_px, "lat_mal", "acromion", version=_ON_SKIN),
    _near("shoulder_ahead_of_ankle", "length", ahead_px, "ankle", "shoulder"),
    _near("hip_ahead_of_ankle", "length", ahead_px, "lat_mal", "trochanter", version=_ON_SKIN),
    _near("hip_ahead_of_ankle", "length", ahead_px, "ankle", "hip"),
    _near("knee_ahead_of_ankle", "length", ahead_px, "lat_mal", "knee", version=_ON_SKIN),
    _near("knee_ahead_of_ankle", "length", ahead_px, "ankle", "knee"),
    _near("trunk_inclination", "deg", _inclination, "trochanter", "acromion", version=_ON_SKIN),
    _near("trunk_inclination", "deg", _inclination, "hip", "shoulder"),
    _near("hip_sagittal", "deg", _hip, "acromion", "trochanter", "knee", version=_ON_SKIN),
    _near("hip_sagittal", "deg", _hip, "shoulder", "hip", "knee"),
    _near("knee_sagittal", "deg", _knee, "trochanter", "knee", "lat_mal", version=_ON_SKIN),
    _near("knee_sagittal", "deg", _knee, "hip", "knee", "ankle"),
    _near("ankle_sagittal", "deg", _ankle, "knee", "ankle", "big_toe", version="1-toe"),
    _near("ankle_sagittal", "deg", _foot_to_shank, "knee", "lat_mal", "heel", "toe",
          version="1-heel-toe"),
    _near("shank_inclination", "deg", _inclination, "lat_mal", "knee", version=_ON_SKIN),
    _near("shank_inclination", "deg", _inclination, "ankle", "knee"),
    _near("pelvic_anterior_tilt", "deg", _anterior_tilt, "asis", "psis"),
)  # fmt: skip

"""What a body measures, from its points in space.

Signs as everywhere in the product: tilts + the person's right side higher, leans + towards their
right, sagittal + forward, knees + valgus and + flexed. Points (..., P, 3) in metres, x to the
body's left, y backwards, z up; each measure is (...,) in degrees, or millimetres where it says so.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from posture_tools.bodies.anatomy import SOLES
from posture_tools.bodies.points import NAMES

Float64 = NDArray[np.float64]
ROWS = {name: row for row, name in enumerate(NAMES + SOLES)}
Measure = Callable[[Float64], Float64]


def _p(points: Float64, name: str) -> Float64:
    if name.startswith("mid_"):
        part = name.removeprefix("mid_")
        return 0.5 * (_p(points, f"left_{part}") + _p(points, f"right_{part}"))
    return np.asarray(points[..., ROWS[name], :])


def _deg(y: Float64, x: Float64) -> Float64:
    return np.asarray(np.degrees(np.arctan2(y, x)))


def tilt(pair: str) -> Measure:
    """Tilt of the line through a pair, seen from the front, deg; + right side higher."""

    def measure(points: Float64) -> Float64:
        left, right = _p(points, f"left_{pair}"), _p(points, f"right_{pair}")
        return _deg(right[..., 2] - left[..., 2], np.abs(left[..., 0] - right[..., 0]))

    return measure


def lean(lower: str, upper: str) -> Measure:
    """How far a line leans from the vertical, seen from the front, deg; + to the person's right."""

    def measure(points: Float64) -> Float64:
        way = _p(points, upper) - _p(points, lower)
        return _deg(-way[..., 0], way[..., 2])

    return measure


def inclination(lower: str, upper: str) -> Measure:
    """Of a line from the vertical, seen from the side; + upper end forward."""

    def measure(points: Float64) -> Float64:
        way = _p(points, upper) - _p(points, lower)
        return _deg(-way[..., 1], way[..., 2])

    return measure


def elevation(origin: str, target: str) -> Measure:
    """How far a target lies above the horizontal through the origin, looking forward."""

    def measure(points: Float64) -> Float64:
        way = _p(points, target) - _p(points, origin)
        return _deg(way[..., 2], -way[..., 1])

    return measure


def anterior_tilt(points: Float64) -> Float64:
    """Of the pelvis, seen from the side: the line ASIS-PSIS from the horizontal; + ASIS lower."""
    way = _p(points, "mid_psis") - _p(points, "mid_asis")
    return _deg(way[..., 2], way[..., 1])


def turn(origin: str, target: str) -> Measure:
    """Direction of a line on the floor from straight ahead; + towards the person's right."""

    def measure(points: Float64) -> Float64:
        way = _p(points, target) - _p(points, origin)
        return _deg(-way[..., 0], -way[..., 1])

    return measure


def ahead_mm(origin: str, target: str, axis: int) -> Measure:
    """A target's place from an origin along an axis of the body, mm."""

    def measure(points: Float64) -> Float64:
        return np.asarray(1000.0 * (_p(points, target) - _p(points, origin))[..., axis])

    return measure


def difference(first: Measure, second: Measure) -> Measure:
    """First minus second."""
    return lambda points: first(points) - second(points)


def mean(*several: Measure) -> Measure:
    """Of several measures of the same thing."""
    return lambda points: np.asarray(np.mean([measure(points) for measure in several], axis=0))


def _bend(side: str, horizontal: int, sign: float) -> Measure:
    """Change of direction at the knee on the way hip, knee, ankle in a plane."""

    def measure(points: Float64) -> Float64:
        hip, knee, ankle = (_p(points, f"{side}_{j}") for j in ("hip", "knee", "ankle"))
        a, b = knee - hip, ankle - knee
        cross = a[..., horizontal] * b[..., 2] - a[..., 2] * b[..., horizontal]
        dot = a[..., horizontal] * b[..., horizontal] + a[..., 2] * b[..., 2]
        return _deg(sign * cross, dot)

    return measure


def knee_frontal(side: str) -> Measure:
    """Frontal projection angle of a leg; + the knee towards the other leg (valgus)."""
    return _bend(side, 0, -1.0 if side == "right" else 1.0)


def knee_sagittal(side: str) -> Measure:
    """Flexion of a knee seen from the side; + bent, - hyperextended."""
    return _bend(side, 1, 1.0)


def arm_abduction(side: str) -> Measure:
    """Of an upper arm from the vertical, seen from the front; + away from the trunk."""
    sign = 1.0 if side == "left" else -1.0

    def measure(points: Float64) -> Float64:
        way = _p(points, f"{side}_elbow") - _p(points, f"{side}_shoulder")
        return _deg(sign * way[..., 0], -way[..., 2])

    return measure


def arm_flexion(side: str) -> Measure:
    """Of an upper arm from the vertical, seen from the side; + forward."""

    def measure(points: Float64) -> Float64:
        way = _p(points, f"{side}_elbow") - _p(points, f"{side}_shoulder")
        return _deg(-way[..., 1], -way[..., 2])

    return measure


def elbow_flexion(side: str) -> Measure:
    """Angle between upper arm and forearm in space; 0 straight."""

    def measure(points: Float64) -> Float64:
        a = _p(points, f"{side}_elbow") - _p(points, f"{side}_shoulder")
        b = _p(points, f"{side}_wrist") - _p(points, f"{side}_elbow")
        across = np.linalg.norm(np.cross(a, b), axis=-1)
        return _deg(across, np.asarray((a * b).sum(axis=-1)))

    return measure


MEASURES: dict[str, Measure] = (
    {
        "shoulder_tilt": tilt("shoulder"),
        "acromion_tilt": tilt("acromion"),
        "hip_tilt": tilt("hip"),
        "asis_tilt": tilt("asis"),
        "psis_tilt": tilt("psis"),
        "pelvic_obliquity": mean(tilt("hip"), tilt("asis"), tilt("psis")),
        "anterior_tilt": anterior_tilt,
        "trunk_lean": lean("mid_hip", "mid_shoulder"),
        "trunk_inclination": inclination("mid_hip", "mid_shoulder"),
        "hips_over_ankles_mm": ahead_mm("mid_hip", "mid_ankle", 0),
        "hips_ahead_of_ankles_mm": ahead_mm("mid_hip", "mid_ankle", 1),
        "scoliotic_curve": difference(lean("T8", "C7"), lean("L4", "T8")),
        "kyphosis": difference(inclination("T6", "C7"), inclination("T12", "T8")),
        "lordosis": difference(inclination("S2", "L4"), inclination("T12", "T8")),
        "head_forward_angle": inclination("mid_shoulder", "mid_ear"),
        "craniovertebral_angle": elevation("C7", "mid_tragus"),
        "head_sagittal_tilt": elevation("mid_ear", "mid_eye"),
        "head_lean": lean("mid_shoulder", "mid_ear"),
        "head_tilt_ear": tilt("ear"),
        "head_tilt_eye": tilt("eye"),
        "head_turn": turn("mid_ear", "nose"),
        "shoulders_forward_mm": ahead_mm("mid_acromion", "C7", 1),
        "shoulders_up_mm": ahead_mm("C7", "mid_acromion", 2),
        "left_shoulder_ahead_mm": ahead_mm("left_shoulder", "right_shoulder", 1),
        "left_foot_ahead_mm": ahead_mm("left_ankle", "right_ankle", 1),
        "stance_mm": ahead_mm("right_ankle", "left_ankle", 0),
    }
    | {
        f"{name}_{side}": make(side)
        for side in ("left", "right")
        for name, make in (
            ("knee_frontal", knee_frontal),
            ("knee_sagittal", knee_sagittal),
            ("arm_abduction", arm_abduction),
            ("arm_flexion", arm_flexion),
            ("elbow_flexion", elbow_flexion),
        )
    }
    | {
        "foot_progression_left": lambda points: -turn("left_heel", "left_toe")(points),
        "foot_progression_right": turn("right_heel", "right_toe"),
    }
)


def measured(points_m: Float64) -> dict[str, float]:
    """Every measure of one body, from its points (P, 3)."""
    return {name: float(measure(points_m)) for name, measure in MEASURES.items()}

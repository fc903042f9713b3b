"""The posture measures as their definitions give them on true keypoints.

Written apart from the measuring code, so that one checks the other. Points are pixels (x right,
y down). Tilts + right side higher, leans + to the right, sagittal + forward, knee + valgus.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from edge.records import View

Float64 = NDArray[np.float64]
Points = Mapping[str, Float64]


def _middle(points: Points, name: str) -> Float64:
    return np.asarray((points[f"left_{name}"] + points[f"right_{name}"]) / 2)


def _tilt(points: Points, name: str) -> float:
    left, right = points[f"left_{name}"], points[f"right_{name}"]
    return math.degrees(math.atan2(left[1] - right[1], abs(right[0] - left[0])))


def _incline(lower: Float64, upper: Float64, sign: float) -> float:
    return math.degrees(math.atan2(sign * (upper[0] - lower[0]), lower[1] - upper[1]))


def _inner(a: Float64, b: Float64, c: Float64) -> float:
    u, v = a - b, c - b
    return math.degrees(math.atan2(abs(u[0] * v[1] - u[1] * v[0]), float(u @ v)))


def _valgus(points: Points, side: str, facing: float) -> float:
    hip, knee, ankle = (points[f"{side}_{j}"] for j in ("hip", "knee", "ankle"))
    turn = (ankle - hip)[0] * (knee - hip)[1] - (ankle - hip)[1] * (knee - hip)[0]
    medial = -math.copysign(1.0, turn) * (1.0 if side == "right" else -1.0) * facing
    return medial * (180 - _inner(hip, knee, ankle))


def frontal(points: Points, facing: float) -> dict[str, float]:
    """Measures of a front (facing +1) or back view (facing -1), degrees."""
    shoulders, hips, ears = (_middle(points, name) for name in ("shoulder", "hip", "ear"))
    # Towards the subject's right is towards smaller x from the front.
    to_right = -facing
    values = {
        "shoulder_tilt": _tilt(points, "shoulder"),
        "pelvis_tilt": _tilt(points, "hip"),
        "head_tilt_ear": _tilt(points, "ear"),
        "head_tilt_eye": _tilt(points, "eye"),
        "knee_line": _tilt(points, "knee"),
        "ankle_line": _tilt(points, "ankle"),
        "head_lean": _incline(shoulders, ears, to_right),
        "trunk_lean": _incline(hips, shoulders, to_right),
        "knee_frontal_left": _valgus(points, "left", facing),
        "knee_frontal_right": _valgus(points, "right", facing),
    }
    values["shoulder_pelvis_angle"] = values["shoulder_tilt"] - values["pelvis_tilt"]
    return values


def sagittal(points: Points, side: str, facing: float) -> dict[str, float]:
    """Measures of a side view, degrees; `side` is turned to the camera, facing +1 image right."""
    ear, eye, shoulder, hip = (points[f"{side}_{j}"] for j in ("ear", "eye", "shoulder", "hip"))
    spine = [points[name] for name in ("C4", "T6", "T8", "L4", "S5")]
    c7 = points["C7"]
    alphas = [_incline(lo, up, facing) for up, lo in itertools.pairwise(spine)]
    values = {f"spine_alpha_{i}": alpha for i, alpha in enumerate(alphas, start=1)}
    values |= {
        "cva": math.degrees(math.atan2(c7[1] - ear[1], facing * (ear[0] - c7[0]))),
        "head_forward_angle": _incline(shoulder, ear, facing),
        "head_sagittal_tilt": math.degrees(math.atan2(ear[1] - eye[1], facing * (eye[0] - ear[0]))),
        "trunk_inclination": _incline(hip, shoulder, facing),
        "kyphosis_proxy": alphas[0] - alphas[2],
        "lordosis_proxy": alphas[3] - alphas[2],
    }
    return values


def measured(points: Points, view: View) -> dict[str, float]:
    """The measures that belong to a view, degrees."""
    views: dict[str, Callable[[], dict[str, float]]] = {
        "front": lambda: frontal(points, 1.0),
        "back": lambda: frontal(points, -1.0),
        "right": lambda: sagittal(points, "right", 1.0),
        "left": lambda: sagittal(points, "left", -1.0),
    }
    return views[view]()

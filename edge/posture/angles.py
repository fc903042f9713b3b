"""Signed angles between image points: the geometry under every measure.

Pixels: x to the right, y down, never mirrored. Points are (x, y). Angles are degrees from `atan2`:
signed, defined for every direction, and exact near 0 and 180 where an arccosine is not.

Signs: tilt + the subject's right side higher; lean + towards the subject's right; inclination +
forward; knee + valgus, flexion + bent. `facing` turns the picture into the subject: from the front
+1, from behind -1 (frontal angles); subject facing image right +1, image left -1 (sagittal angles).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

Float64 = NDArray[np.float64]
Point = NDArray[np.floating[Any]]

# Inner angle of hip, knee and ankle above which a leg counts as straight.
STRAIGHT_KNEE_DEG = 170.0


def tilt_deg(right: Point, left: Point) -> float:
    """Slope of the line through a left-right pair, in (-90, 90]; + the right point higher."""
    return math.degrees(math.atan2(left[1] - right[1], abs(right[0] - left[0])))


def lean_deg(lower: Point, upper: Point, facing: float) -> float:
    """Sideways deviation of an upward line from the vertical; + towards the subject's right."""
    return math.degrees(math.atan2(facing * (lower[0] - upper[0]), lower[1] - upper[1]))


def inclination_deg(lower: Point, upper: Point, facing: float) -> float:
    """Forward deviation of an upward line from the vertical; + the upper end forward."""
    return math.degrees(math.atan2(facing * (upper[0] - lower[0]), lower[1] - upper[1]))


def elevation_deg(origin: Point, target: Point, facing: float) -> float:
    """How far `target` is seen above the horizontal through `origin`, looking forward."""
    return math.degrees(math.atan2(origin[1] - target[1], facing * (target[0] - origin[0])))


def turn_deg(a: Point, b: Point, c: Point) -> float:
    """Change of direction at b on the way a, b, c, in (-180, 180]; 0 straight, + clockwise."""
    first, second = b - a, c - b
    cross = first[0] * second[1] - first[1] * second[0]
    return math.degrees(math.atan2(cross, first[0] * second[0] + first[1] * second[1]))


def inner_deg(a: Point, b: Point, c: Point) -> float:
    """The angle a-b-c at b, 0 to 180."""
    return 180.0 - abs(turn_deg(a, b, c))


def valgus_deg(hip: Point, knee: Point, ankle: Point, facing: float, *, right: bool) -> float:
    """Frontal-plane projection angle of a leg; + knee medial of the line hip-ankle (valgus)."""
    return turn_deg(hip, knee, ankle) * facing * (1.0 if right else -1.0)


def distance_px(a: Point, b: Point) -> float:
    """Euclidean distance."""
    return math.hypot(a[0] - b[0], a[1] - b[1])

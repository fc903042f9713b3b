"""What every builder of the surface shares: names of the parts, garments, and curves."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from posture_tools.mannequin.body import Body, Joints
from posture_tools.mannequin.look import Look

Float64 = NDArray[np.float64]

HEAD, HAIR, TORSO, ARM, HAND, LEG, FOOT, EAR, NOSE, SKIRT, MARKER = range(11)

# Where garments end, in the `along` of their part (torso: 0 S5, 1 L4, 2 T8, 3 T6, 4 C7).
HEM = {"bare": 99.0, "band": 2.1, "tank": -0.1, "tshirt": -0.32, "long": -0.32}
NECKLINE = {"bare": 99.0, "band": 3.15, "tank": 3.9, "tshirt": 3.95, "long": 3.95}
SLEEVE = {"bare": -1.0, "band": -1.0, "tank": -1.0, "tshirt": 0.62, "long": 1.95}
COLLAR_M = {"tank": 0.105, "tshirt": 0.082, "long": 0.076}  # round the base of the neck
WAISTBAND = {"briefs": 0.25, "shorts": 0.6, "leggings": 0.65, "trousers": 0.65, "skirt": 0.7}
LEG_END = {"briefs": 0.07, "shorts": 0.72, "leggings": 1.85, "trousers": 1.93, "skirt": 0.05}


@dataclass(frozen=True, slots=True)
class Wearer:
    """One person to be given a surface."""

    body: Body
    joints: Joints
    look: Look

    def point(self, name: str) -> Float64:
        """A joint, m."""
        return self.joints.points[name]

    @property
    def hip_line(self) -> Float64:
        """Unit vector to the subject's left."""
        return unit(self.point("left_hip") - self.point("right_hip"))


def unit(vectors: Float64) -> Float64:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=-1, keepdims=True))


def across(direction: Float64, reference: Float64) -> tuple[Float64, Float64]:
    """Left and forward axes (R, 3) square to a path, from a reference left axis (R, 3)."""
    left = unit(reference - np.sum(reference * direction, axis=1, keepdims=True) * direction)
    return left, np.cross(left, direction)


def through(points: Float64, at: Float64) -> Float64:
    """Catmull-Rom curve (N, 3) through points (K, 3) at parameters 0..K-1, straight beyond."""
    slopes = np.gradient(points, axis=0)
    k = np.clip(np.floor(at).astype(int), 0, len(points) - 2)
    t = (at - k)[:, None]
    inside = np.clip(t, 0.0, 1.0)
    p0, p1, m0, m1 = points[k], points[k + 1], slopes[k], slopes[k + 1]
    curve = (
        (2 * inside**3 - 3 * inside**2 + 1) * p0
        + (inside**3 - 2 * inside**2 + inside) * m0
        + (3 * inside**2 - 2 * inside**3) * p1
        + (inside**3 - inside**2) * m1
    )
    return np.asarray(curve + np.where(t < 0, t * m0, np.maximum(t - 1, 0) * m1))

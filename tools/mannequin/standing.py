"""Bodies that stand as asked, solved once each and bent from frame to frame."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, lru_cache

import numpy as np
from numpy.typing import NDArray
from posture_tools.bodies import rig
from posture_tools.bodies.anatomy import SOLES
from posture_tools.bodies.baked import Baked
from posture_tools.bodies.body import Bodies, Body
from posture_tools.bodies.measures import ROWS
from posture_tools.bodies.points import NAMES
from posture_tools.bodies.solve import Pose

Float64 = NDArray[np.float64]
Turns = Mapping[str, tuple[float, float, float]]

_ADULT_M = 1.75
_SOLES = [ROWS[name] for name in SOLES]
# Arms brought down from the rest pose's 45 deg: from here the solver finds how they hang.
_HANGING = Pose(
    {f"upperarm01.{side}": (0.0, sign * 0.35, 0.0) for side, sign in (("L", 1.0), ("R", -1.0))}
    | {f"lowerarm01.{side}": (0.1, 0.0, 0.0) for side in "LR"}
)


@cache
def bodies() -> Bodies:
    """The baked people, read once."""
    return Bodies(_baked())


@cache
def _baked() -> Baked:
    return Baked()


@cache
def stature_m(who: str) -> float:
    """Height from the floor to the top of the head, at rest."""
    rest = _baked().rest(_baked().people[who])
    heights = rest.vertices_m[_baked().mesh.skin, 2]
    return float(np.ptp(heights))


def straight(who: str) -> dict[str, float]:
    """What somebody measures who stands straight, the arms hanging beside the trunk."""
    tall = stature_m(who) / _ADULT_M
    asked = dict.fromkeys(
        ("shoulder_tilt", "pelvic_obliquity", "trunk_lean", "trunk_inclination", "scoliotic_curve",
         "head_lean", "head_tilt_ear", "head_turn", "hips_over_ankles_mm", "left_foot_ahead_mm",
         "left_shoulder_ahead_mm"),
        0.0,
    )  # fmt: skip
    asked |= {
        "anterior_tilt": 11.0, "kyphosis": 26.0, "lordosis": 24.0, "head_forward_angle": 8.0,
        "head_sagittal_tilt": 12.0, "shoulders_forward_mm": 32.0 * tall,
        "shoulders_up_mm": -42.0 * tall, "stance_mm": 190.0 * tall,
        "hips_ahead_of_ankles_mm": 20.0 * tall,
    }  # fmt: skip
    for side in ("left", "right"):
        asked |= {
            f"knee_frontal_{side}": 0.0, f"knee_sagittal_{side}": 2.0,
            f"foot_progression_{side}": 7.0, f"arm_abduction_{side}": 11.0,
            f"arm_flexion_{side}": 3.0, f"elbow_flexion_{side}": 16.0,
        }  # fmt: skip
    return asked


def standing(who: str, asked: Mapping[str, float]) -> Body:
    """One of the baked people who stands straight but for what is asked.

    Raises KeyError for a measure or a person that there is not.
    """
    return _standing(who, tuple(sorted(asked.items())))


@lru_cache(maxsize=64)
def _standing(who: str, asked: tuple[tuple[str, float], ...]) -> Body:
    return bodies().stand(_baked().people[who], straight(who) | dict(asked), _HANGING)


def bent(body: Body, turns: Turns) -> tuple[Float64, Float64, Float64]:
    """The bones' turn (B, 3, 3) and shift (B, 3), and the points (61, 3) m, of a body bent further.

    The lower sole stays as high above the floor as it was.
    """
    if not turns:
        return body.turn, body.shift, body.points_m
    mesh = bodies().mesh
    both = np.stack([body.turns, body.turns])
    for bone, more in turns.items():
        both[1, mesh.bones[bone]] += more
    lifts, points = np.stack([body.lift_m] * 2), np.empty((2, len(body.rest.held), 3))
    rig.pose_points(mesh.parents, body.rest.heads_m, both, lifts, body.rest.held, points)
    before, after = points[:, _SOLES, 2].min(axis=1)
    up = np.array([0.0, 0.0, before - after])
    turn, shift = np.empty_like(body.turn), np.empty_like(body.shift)
    rig.chain(mesh.parents, body.rest.heads_m, both[1], body.lift_m + up, turn, shift)
    return turn, shift, points[1, : len(NAMES)] + up

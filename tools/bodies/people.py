"""Random people: who they are, how they stand, and what is asked of their bodies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from posture_tools.bodies.mesh import Shape
from posture_tools.bodies.model import BodyModel
from posture_tools.bodies.solve import Pose

Rng = np.random.Generator

_YOUNGEST, _OLDEST, _ADULT = 6.0, 80.0, 18.0
# Changes of the face do nothing for posture; a pregnant belly is not drawn on everybody.
_LEFT_ALONE = ("pregnant", "mouth", "nose", "chin", "cheek", "eye", "lowerleg-scale-vert")


@dataclass(frozen=True)
class Person:
    """Who stands there and how: `asked` measures (empty where `active`), near `prior`."""

    shape: Shape
    asked: Mapping[str, float]
    prior: Pose
    active: bool = False


def draw_shape(model: BodyModel, rng: Rng, *, child_share: float = 0.33) -> Shape:
    """Somebody of 6 to 80 years; local changes, many one-sided, make everybody asymmetric."""
    child = rng.random() < child_share
    age = rng.uniform(_YOUNGEST, _ADULT) if child else rng.uniform(_ADULT, _OLDEST)
    shape = model.sample_shape(rng, float(age), female=bool(rng.random() < 0.5))
    local = {
        name: float(np.clip(rng.normal(0, 0.25), -1, 1))
        for name in model.local_changes
        if rng.random() < 0.25 and not any(part in name for part in _LEFT_ALONE)
    }
    return replace(shape, local=local)


def _wide(rng: Rng, sd: float, reach: float, centre: float = 0.0) -> float:
    """Half of the time near the centre, as people are; half of the time anywhere within reach.

    Networks learn a tilt as well as it is spread before them.
    """
    if rng.random() < 0.5:
        return float(centre + rng.normal(0, sd))
    return float(centre + rng.uniform(-reach, reach))


def draw_standing(model: BodyModel, rng: Rng, shape: Shape) -> Person:
    """Somebody who stands, every measure drawn by itself."""
    tall = 0.55 + 0.45 * min(1.0, shape.age_years / _ADULT)  # for lengths in mm
    asked = {
        "shoulder_tilt": _wide(rng, 3.5, 11),
        "pelvic_obliquity": _wide(rng, 3.5, 10.5),
        "trunk_lean": _wide(rng, 2.5, 9.5),
        "hips_over_ankles_mm": float(rng.normal(0, 20 * tall)),
        "scoliotic_curve": _wide(rng, 3, 12),
        "head_lean": _wide(rng, 4, 10),
        "head_tilt_ear": _wide(rng, 4, 10),
        "head_turn": float(rng.normal(0, 7)),
        "anterior_tilt": _wide(rng, 5, 12, 11),
        "trunk_inclination": _wide(rng, 3, 9.5),
        "kyphosis": _wide(rng, 7, 14, 26),
        "lordosis": _wide(rng, 7, 14, 24),
        "head_forward_angle": _wide(rng, 6, 13, 11),
        "head_sagittal_tilt": _wide(rng, 6, 12, 13),
        "shoulders_forward_mm": float(rng.normal(30, 22) * tall),
        "shoulders_up_mm": float(rng.normal(-45, 13) * tall),
        "stance_mm": float(rng.uniform(70, 330) * tall),
        "left_foot_ahead_mm": float(rng.normal(0, 18 * tall)),
        "hips_ahead_of_ankles_mm": float(rng.normal(20, 18) * tall),
    }
    for side in ("left", "right"):
        asked |= {
            f"knee_frontal_{side}": _wide(rng, 3, 9.5),
            f"knee_sagittal_{side}": _wide(rng, 4, 9.5, 2),
            f"foot_progression_{side}": float(rng.normal(7, 7)),
            f"arm_abduction_{side}": float(rng.uniform(8, 42)),
            f"arm_flexion_{side}": float(rng.normal(4, 9)),
            f"elbow_flexion_{side}": float(abs(rng.normal(18, 12)) + 3),
        }
    return Person(shape, asked, _hanging_arms(rng))


def draw_active(rng: Rng, shape: Shape) -> Person:
    """Somebody with arms and legs anywhere: bent, raised, squatting."""
    turn = np.radians

    def g(sd: float) -> float:
        return float(turn(rng.normal(0, sd)))

    turns: dict[str, tuple[float, float, float]] = {
        "root": (g(10), g(6), 0.0),
        "spine03": (g(12), g(8), g(8)),
        "spine02": (g(8), g(6), g(8)),
        "spine01": (g(8), g(5), g(5)),
        "neck01": (g(8), g(5), g(8)),
        "head": (g(8), g(8), g(10)),
    }
    for side, sign in (("L", 1.0), ("R", -1.0)):
        turns[f"upperarm01.{side}"] = (g(50), sign * float(turn(rng.uniform(-80, 45))), g(30))
        turns[f"lowerarm01.{side}"] = (-abs(g(50)), g(15), g(30))
        bent = rng.random() < 0.6
        turns[f"upperleg01.{side}"] = (-abs(g(35)) if bent else g(15), g(12), g(12))
        turns[f"lowerleg01.{side}"] = (abs(g(40)), g(4), g(4))
    return Person(shape, {}, Pose(turns), active=True)


def draw_person(model: BodyModel, rng: Rng, *, active_share: float = 0.12) -> Person:
    """Anybody."""
    shape = draw_shape(model, rng)
    if rng.random() < active_share:
        return draw_active(rng, shape)
    return draw_standing(model, rng, shape)


def _hanging_arms(rng: Rng) -> Pose:
    """Arms brought down from the rest pose's 45 deg, and turns that no measure asks for."""

    def g(sd: float) -> float:
        return float(np.radians(rng.normal(0, sd)))

    turns: dict[str, tuple[float, float, float]] = {"root": (0.0, 0.0, g(2))}
    for side, sign in (("L", 1.0), ("R", -1.0)):
        turns[f"upperarm01.{side}"] = (g(4), sign * 0.35, g(10))
        turns[f"lowerarm01.{side}"] = (0.1, g(4), g(8))
        turns[f"upperleg01.{side}"] = (0.0, sign * 0.04, g(6))
    turns["spine02"] = (0.0, 0.0, g(3))
    turns["spine01"] = (0.0, 0.0, g(3))
    return Pose(turns)

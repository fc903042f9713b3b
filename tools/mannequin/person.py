"""Who stands where, and how they are turned."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from posture_tools.mannequin.outfit import Outfit

from edge.records import View

Float64 = NDArray[np.float64]
Who = Literal["man", "woman", "child"]

PEOPLE: tuple[Who, ...] = ("man", "woman", "child")
# As everywhere in the product a yaw turns the person's left side to the camera.
YAW_DEG: dict[View, float] = {"front": 0.0, "right": 270.0, "back": 180.0, "left": 90.0}


@dataclass(frozen=True, slots=True)
class Person:
    """One of the baked people.

    asked : measures (`bodies.measures.MEASURES`) other than those of somebody who stands straight,
        in degrees or millimetres.
    yaw_deg : turned about the vertical: 0 faces the camera, 90 shows the left side, 180 the back,
        270 the right side.
    x_m, z_m : place of the body's axis against the stance mark, right in the picture and towards
        the camera.
    bent : bones turned beyond that, bone -> rotation vector in radians (`bodies.rig`).
    """

    who: Who = "man"
    asked: Mapping[str, float] = field(default_factory=dict)
    outfit: Outfit = field(default_factory=Outfit)
    yaw_deg: float = 0.0
    x_m: float = 0.0
    z_m: float = 0.0
    bent: Mapping[str, tuple[float, float, float]] = field(default_factory=dict)

    def place(self, points_m: Float64) -> Float64:
        """Points of the body (N, 3) in the world of `CameraPose`."""
        return np.asarray(self.turned(points_m) + np.array([self.x_m, 0.0, self.z_m]))

    def turned(self, directions: Float64) -> Float64:
        """Directions of the body's space (N, 3) in the world's: x right, y up, z to the camera."""
        return np.asarray(directions @ self.turn.T)

    @property
    def turn(self) -> Float64:
        """Rotation (3, 3) from the body's axes (x left, y backwards, z up) to the world's."""
        angle = np.radians(self.yaw_deg)
        c, s = np.cos(angle), np.sin(angle)
        return np.array([[c, s, 0.0], [0.0, 0.0, 1.0], [s, -c, 0.0]])


def view_of(yaw_deg: float) -> View:
    """The nearest of the four views of a person turned by this yaw."""
    views: tuple[View, ...] = ("front", "left", "back", "right")
    return views[round(yaw_deg / 90) % 4]

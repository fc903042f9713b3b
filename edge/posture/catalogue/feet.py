"""Which way the feet point, seen from the front or from behind by a calibrated lens.

A picture foreshortens a foot that points at the camera, but both its ends lie close over one floor:
how far below the horizon they are seen tells how far away they are. The height of the lens over the
floor follows from where the ankles are seen and from how tall the person is in the picture.
"""

from __future__ import annotations

import math
from typing import Literal, NamedTuple

import numpy as np

from edge.posture.angles import Float64
from edge.posture.calibration import Calibration
from edge.posture.catalogue.definition import Definition, Formula
from edge.posture.catalogue.frontal import FRONT_BACK
from edge.posture.landmarks import Landmarks
from edge.skeletons import part_of

# Over the floor, parts of stature, means over 71 bodies known exactly; ankles as COCO labels them.
_HEIGHT = {"heel": 0.0134, "toe": 0.0056}
_ANKLES_HEIGHT = 0.056
# What these heights leave open: on the same bodies before lenses at 0.8 to 1.6 m the angle is off
# by 0.9 to 1.6 deg in the worst of 20.
_HEIGHTS_SD_DEG = 0.7


class Floor(NamedTuple):
    """A level floor as a level pinhole camera sees it.

    focal_px, centre_px : of the camera. lens_px : height of the lens over the floor, and
    stature_px : of the person, both as seen in the plane of the ankles.
    """

    focal_px: float
    centre_px: tuple[float, float]
    lens_px: float
    stature_px: float

    @classmethod
    def under(cls, body: Landmarks, calibration: Calibration) -> Floor | None:
        """The floor under a person, from points as seen; None where lens or ankles are unknown."""
        focal_px, centre_px, stature_px = (
            calibration.focal_px,
            calibration.centre_px,
            body.stature_px,
        )
        if (
            focal_px is None
            or centre_px is None
            or stature_px is None
            or not body.seen("mid_ankle")
        ):
            return None
        below = float(body.point("mid_ankle")[1]) - centre_px[1]
        return cls(focal_px, centre_px, below + _ANKLES_HEIGHT * stature_px, stature_px)

    def places(self, points_px: Float64, landmarks: tuple[str, ...]) -> Float64:
        """(N, 2), to the right of the lens and ahead of it; NaN for what is not below the horizon.

        points_px : of the landmarks, as seen. The unit is that of a px in the plane of the ankles.
        """
        over = np.array([_HEIGHT[part_of(name)] for name in landmarks]) * self.stature_px
        below = points_px[:, 1] - self.centre_px[1]
        scale = np.where(
            below > 0.0, (self.lens_px - over) / np.where(below > 0.0, below, 1.0), np.nan
        )
        across = (points_px[:, 0] - self.centre_px[0]) * scale
        return np.stack([across, self.focal_px * scale], axis=1)


def _progression(side: Literal["left", "right"]) -> Formula:
    """Formula of the angle of heel and toe on the floor from straight ahead; + the toe outwards."""
    outwards = 1.0 if side == "right" else -1.0

    def formula(p: Float64, facing: float) -> float:
        to_right = facing * (p[0, 0] - p[1, 0])  # of the person
        forward = facing * (p[0, 1] - p[1, 1])
        return outwards * math.degrees(math.atan2(to_right, forward))

    return formula


def _foot(side: Literal["left", "right"]) -> Definition:
    return Definition(
        f"foot_progression_{side}", "deg", _progression(side), (f"{side}_heel", f"{side}_toe"),
        FRONT_BACK, side=side, plane="floor", open_sd=_HEIGHTS_SD_DEG,
    )  # fmt: skip


FEET: tuple[Definition, ...] = (_foot("right"), _foot("left"))

"""Which way is down, from plumb lines in a picture.

The plane through the lens and a plumb line holds gravity; two such planes meet in it.
"""

from __future__ import annotations

import math

import numpy as np

from edge.errors import CalibrationInvalid
from edge.posture.angles import Float64
from edge.posture.calibration import Calibration
from edge.posture.lens import undistort

MARK_SD_PX = 0.5  # of an end of a plumb line, marked by hand
_LEAST_LENGTH_PX = 200.0


def roll_pitch_deg(gravity: Float64) -> tuple[float, float]:
    """Roll and pitch of a camera that sees gravity (3,) in its axes: x right, y down, z ahead."""
    x, y, z = gravity
    return (
        math.degrees(math.atan2(-x, y)),
        math.degrees(math.atan2(z, math.hypot(x, y))),
    )


def gravity_of_plumb_lines(ends_px: Float64, lens: Calibration) -> tuple[Float64, float]:
    """Gravity (3,) and the standard error of the roll, deg, from 1 or 2 plumb lines (L, 2, 2).

    lens : focal length, centre and distortion; without them, and with one line, roll alone is
        found, and the camera is taken not to be pitched.

    Raises
    ------
    CalibrationInvalid : a line too short to tell, one that lies rather than hangs, or two that are
        one.
    """
    if np.linalg.norm(ends_px[:, 1] - ends_px[:, 0], axis=1).min() < _LEAST_LENGTH_PX:
        raise CalibrationInvalid(
            f"A plumb line is shorter than {_LEAST_LENGTH_PX:.0f} px.",
            "Hang a line of a metre or more where the person stands, and mark its ends.",
        )
    across, along = np.abs(ends_px[:, 1] - ends_px[:, 0]).T
    if (across > along).any():
        raise CalibrationInvalid(
            "A plumb line is marked nearer to level than to upright.",
            "Mark the upper and the lower end of the hanging line, x and y of each.",
        )
    gravity = _gravity(ends_px, lens)
    roll, _ = roll_pitch_deg(gravity)
    variance = 0.0
    for index in np.ndindex(ends_px.shape):
        moved = ends_px.copy()
        moved[index] += MARK_SD_PX
        variance += (roll_pitch_deg(_gravity(moved, lens))[0] - roll) ** 2
    return gravity, math.sqrt(variance)


def _gravity(ends_px: Float64, lens: Calibration) -> Float64:
    if len(ends_px) == 1 or lens.focal_px is None or lens.centre_px is None:
        along = (ends_px[:, 1] - ends_px[:, 0]) * np.sign(ends_px[:, 1:2, 1] - ends_px[:, :1, 1])
        x, y = along.sum(axis=0)
        return np.array([x, y, 0.0]) / math.hypot(x, y)
    points = (ends_px.reshape(-1, 2) - np.array(lens.centre_px)) / lens.focal_px
    straight, _ = undistort(points, lens.distortion)
    rays = np.concatenate([straight, np.ones((len(straight), 1))], axis=1).reshape(-1, 2, 3)
    normals = np.cross(rays[:, 0], rays[:, 1])
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    _, sizes, axes = np.linalg.svd(normals)
    if sizes[1] < 0.02:
        raise CalibrationInvalid(
            "The two plumb lines look like one.", "Hang them 1.5 m apart, or give one alone."
        )
    down: Float64 = axes[2] * np.sign(axes[2][1])
    return down

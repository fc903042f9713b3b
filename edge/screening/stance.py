"""Where down is, and how large a millimetre, where the person will stand."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from edge.posture.angles import Float64
from edge.posture.calibration import Calibration
from edge.posture.gravity import gravity_of_plumb_lines, roll_pitch_deg
from edge.screening.boards import Found, Lens, stand_of_board

_LEAST_ROLL_SD_DEG = 0.02  # no mounting holds still better


class MeasuredStance(NamedTuple):
    """roll_sd_deg : standard error of the roll. mm_per_px : of an upright plane at the foot marks,
    None without a length."""

    roll_deg: float
    pitch_deg: float
    roll_sd_deg: float
    mm_per_px: float | None


def stance_of_board(found: Found, lens: Lens) -> MeasuredStance:
    """The stance from a board whose edges hang straight down.

    Raises CalibrationInvalid where the corners allow no place for the board.
    """
    stand = stand_of_board(found, lens)
    roll, pitch = roll_pitch_deg(stand.gravity)
    step = 1e-6
    slope = (
        np.array([roll_pitch_deg(stand.gravity + step * unit)[0] - roll for unit in np.eye(3)])
        / step
    )
    # How far away the board's upright plane is: along the camera's axis, laid level.
    ahead = np.array([0.0, 0.0, 1.0]) - stand.gravity[2] * stand.gravity
    depth_mm = float(stand.centre_mm @ ahead) / float(np.linalg.norm(ahead))
    roll_sd = float(np.sqrt(slope @ stand.covariance @ slope))
    return MeasuredStance(roll, pitch, max(_LEAST_ROLL_SD_DEG, roll_sd), depth_mm / lens.focal_px)


def stance_of_plumb_lines(
    ends_px: Float64, lens: Calibration, length_mm: float | None
) -> MeasuredStance:
    """The stance from 1 or 2 plumb lines (L, 2, 2), given by both ends of each.

    lens : focal length, centre and distortion, without roll and pitch.
    length_mm : of each line.

    Raises CalibrationInvalid where the lines do not tell: see `gravity_of_plumb_lines`.
    """
    gravity, roll_sd = gravity_of_plumb_lines(ends_px, lens)
    roll, pitch = roll_pitch_deg(gravity)
    level = Calibration(
        roll_deg=roll,
        pitch_deg=pitch,
        focal_px=lens.focal_px,
        centre_px=lens.centre_px,
        distortion=lens.distortion,
    )
    points, _ = level.rectify(ends_px.reshape(-1, 2), np.zeros((2 * len(ends_px), 2, 2)))
    lengths_px = np.linalg.norm(points[1::2] - points[::2], axis=1)
    mm_per_px = None if length_mm is None else length_mm / float(lengths_px.mean())
    return MeasuredStance(roll, pitch, max(_LEAST_ROLL_SD_DEG, roll_sd), mm_per_px)

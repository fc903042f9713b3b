"""The standard error of a measure, by first-order propagation (GUM, JCGM 100).

Three independent causes move the keypoints of one picture:
    noise   each keypoint by its own covariance;
    roll    all of them together, about any centre (no measure depends on position);
    yaw     a person not standing square to the camera: near points move out from the optical axis,
            far points move in, and what is ahead of the body moves sideways.
A measure's gradient is taken once, numerically; each cause is then one inner product. This covers
the terms of the error budget: roll 1:1 on a tilt, atan(h tan(yaw) / Z) on a line h off the axis,
none on a difference of angles that both carry it.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from edge.posture.angles import Float64
from edge.posture.calibration import Calibration
from edge.posture.landmarks import Landmarks
from edge.records import View

# Two-sided 95 % of a normal distribution.
COVERAGE = 1.96
# Where the estimator states no covariance: one standard deviation, per axis, as a part of stature.
# A choice, not a measurement (3.5 px on a body of 700 px); measures built on it are of low quality.
DEFAULT_SIGMA = 0.005
# People on foot marks stand within 5 deg of square (the gate); a uniform spread has this deviation.
YAW_SD_DEG = 5.0 / math.sqrt(3.0)
# Where the lens is unknown: an adult of 1.7 m seen from 3 m, the lens at the height of the hips.
_STATURE_PER_DISTANCE = 1.7 / 3.0
# Scale: entered stature or a board are good to 1 %; stature from segments of the picture to 3 %.
SCALE_SD_MM = 0.01
SCALE_SD_STATURE = 0.03
_STEP_PX = 1e-3

# Where a landmark lies in the body, as parts of stature: half breadth of the pair (from the poses
# of the error budget) and how far it is ahead of the ankle (Woodhull 1985, 1.7 m).
_HALF_BREADTH = {"eye": 0.017, "ear": 0.048, "shoulder": 0.1, "hip": 0.055}
_LIMB_HALF_BREADTH = 0.055
_AHEAD = {"ear": 0.035, "eye": 0.075, "shoulder": 0.022, "hip": 0.036, "knee": 0.022}


def gradient_px(formula: Callable[[Float64], float], points_px: Float64) -> Float64:
    """d formula / d points, (P, 2), by central differences."""
    gradient = np.empty_like(points_px)
    for i in np.ndindex(points_px.shape):
        ahead, behind = points_px.copy(), points_px.copy()
        ahead[i] += _STEP_PX
        behind[i] -= _STEP_PX
        gradient[i] = (formula(ahead) - formula(behind)) / (2.0 * _STEP_PX)
    return gradient


def yaw_slope_px(
    body: Landmarks, names: tuple[str, ...], view: View, calibration: Calibration
) -> Float64:
    """d points / d yaw, (N, 2) px per rad, of the keypoints `names` of one person.

    Zero where the picture does not tell how large the person is.
    """
    points = body.points_px[[body.index[name] for name in names]]
    stature = body.stature_px
    if stature is None:
        return np.zeros_like(points)
    parts = [name.removeprefix("left_").removeprefix("right_") for name in names]
    slope = np.zeros_like(points)
    if view in ("right", "left"):
        paired = np.array([name.startswith(("left_", "right_")) for name in names], np.float64)
        breadth = np.array([_HALF_BREADTH.get(part, _LIMB_HALF_BREADTH) for part in parts])
        slope[:, 0] = paired * breadth * stature
        return slope
    focal, axis = _camera(body, stature, calibration)
    if axis is None:
        return slope
    # A point w to the side of the body's axis comes nearer by w tan(yaw): it grows by that / Z.
    lateral = points[:, 0] - axis[0]
    slope[:] = lateral[:, None] / focal * (points - axis)
    slope[:, 0] += stature * np.array([_AHEAD.get(part, 0.0) for part in parts])
    return slope


def _camera(
    body: Landmarks, stature_px: float, calibration: Calibration
) -> tuple[float, Float64 | None]:
    """Focal length, px, and where the body's axis crosses the height of the lens, px."""
    hips = body.point("mid_hip") if body.seen("mid_hip") else None
    focal = calibration.focal_px or stature_px / _STATURE_PER_DISTANCE
    if hips is None or calibration.focal_px is None or calibration.centre_px is None:
        return focal, hips
    centre, _ = calibration.rectify(np.array([calibration.centre_px]), np.zeros((1, 2, 2)))
    return focal, np.array([hips[0], centre[0, 1]])


def standard_error(
    gradient: Float64,
    body: Landmarks,
    names: tuple[str, ...],
    view: View,
    calibration: Calibration,
    *,
    yaw_sd_deg: float = YAW_SD_DEG,
) -> float:
    """Standard error of the quantity whose `gradient` (N, 2) per px is given, rows as `names`.

    Keypoints without a covariance are taken to scatter by DEFAULT_SIGMA of stature, at least 1 px.
    """
    rows = [body.index[name] for name in names]
    covariance = body.covariance_px2[rows]
    known = np.isfinite(covariance).all(axis=(1, 2), keepdims=True)
    sigma = max(1.0, DEFAULT_SIGMA * (body.stature_px or extent_px(body)))
    covariance = np.where(known, covariance, sigma**2 * np.eye(2))
    noise = np.einsum("ni,nij,nj->", gradient, covariance, gradient)

    turned = body.points_px[rows] @ np.array([[0.0, 1.0], [-1.0, 0.0]])
    roll = float((gradient * turned).sum()) * math.radians(calibration.roll_sd_deg)
    slope = yaw_slope_px(body, names, view, calibration)
    yaw = float((gradient * slope).sum()) * math.radians(yaw_sd_deg)
    return math.sqrt(float(noise) + roll**2 + yaw**2)


def extent_px(body: Landmarks) -> float:
    """Diagonal of the box around the keypoints found, px; 0 where there are none."""
    found = body.points_px[body.scores > 0.0]
    return float(np.hypot(*np.ptp(found, axis=0))) if len(found) else 0.0

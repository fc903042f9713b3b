"""The interval of a measure, by first-order propagation (GUM, JCGM 100).

Independent causes move the keypoints of one picture:
    noise   each keypoint by its own covariance;
    roll    all of them together, about any centre (no measure depends on position);
    yaw     a person not standing square to the camera: near points move out from the optical axis,
            far points move in, and what is ahead of the body moves sideways;
    head    turned against the body, with the same effect on ears and eyes;
    depth   where the lens is unknown, and near points cannot be brought to the ankles' plane;
    placing a sticker, or a point set by hand, off the bone that it is named after (`placing`).
A measure's gradient is taken once, numerically; each cause is then one inner product. This covers
the terms of the error budget: roll 1:1 on a tilt, atan(h tan(yaw) / Z) on a line h off the axis,
none on a difference of angles that both carry it.

Noise, roll, head and placing are normal; the yaw of people who passed the gate is uniform between
its limits, and 1.96 deviations of that would be too many: the interval is the 95 % quantile of the
sum of both (JCGM 101, in closed form).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from edge.posture.angles import Float64
from edge.posture.calibration import Calibration
from edge.posture.landmarks import Landmarks
from edge.posture.perspective import depth_shift_px, near_slope_px, yaw_slope_px
from edge.records import View

# Two-sided 95 % of a normal distribution.
COVERAGE = 1.96
# Where the estimator states no covariance: one standard deviation, per axis, as a part of stature.
# A choice, not a measurement (3.5 px on a body of 700 px); measures built on it are of low quality.
DEFAULT_SIGMA = 0.005
SQUARE_YAW_DEG = 5.0  # people on foot marks stand within this of square: the gate
_HEAD_TURN_SD_DEG = 5.0  # of people asked to look straight ahead
_HEAD = ("ear", "eye")
_STEP_PX = 1e-3
_HALVINGS = 30


def gradient_px(formula: Callable[[Float64], float], points_px: Float64) -> Float64:
    """d formula / d points, (P, 2), by central differences."""
    gradient = np.empty_like(points_px)
    for i in np.ndindex(points_px.shape):
        ahead, behind = points_px.copy(), points_px.copy()
        ahead[i] += _STEP_PX
        behind[i] -= _STEP_PX
        gradient[i] = (formula(ahead) - formula(behind)) / (2.0 * _STEP_PX)
    return gradient


class Spread(NamedTuple):
    """How far a quantity may be off, in its unit.

    normal : standard deviation of what scatters: keypoint noise, the camera's roll, a turned head,
        placing.
    limit : bound of what does not scatter: yaw that the gate lets through, and depth. Every
        deviation up to it counts as equally likely.
    """

    normal: float
    limit: float

    def widened(self, sd: float) -> Spread:
        """With one more independent cause, a normal one of this deviation."""
        return Spread(math.hypot(self.normal, sd), self.limit)

    @property
    def standard_error(self) -> float:
        """Root of the summed variances."""
        return math.hypot(self.normal, self.limit / math.sqrt(3.0))

    @property
    def u95(self) -> float:
        """Half width that holds 95 % of a normal plus a uniform deviation."""
        if self.limit <= 1e-3 * self.normal:
            return COVERAGE * self.normal
        if self.normal <= 1e-3 * self.limit:
            return 0.95 * self.limit
        low, high = 0.0, 2.0 * self.standard_error
        for _ in range(_HALVINGS):
            middle = 0.5 * (low + high)
            low, high = (low, middle) if self._holds(middle) > 0.95 else (middle, high)
        return high

    def _holds(self, half_width: float) -> float:
        """P(|N + U| <= half_width), from the integral of the normal distribution function."""

        def integral(x: float) -> float:
            z = x / self.normal
            density = math.exp(-0.5 * z * z) / math.sqrt(2.0 * math.pi)
            return x * 0.5 * (1.0 + math.erf(z / math.sqrt(2.0))) + self.normal * density

        below = integral(half_width + self.limit) - integral(half_width - self.limit)
        return below / self.limit - 1.0


def spread(
    gradient: Float64,
    body: Landmarks,
    names: tuple[str, ...],
    view: View,
    calibration: Calibration,
) -> Spread:
    """Of the quantity whose `gradient` (N, 2) per px is given, rows as the keypoints `names`.

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
    limit = abs(float((gradient * slope).sum())) * math.radians(SQUARE_YAW_DEG)
    head = 0.0
    if view in ("front", "back"):
        of_head = np.array([name.endswith(_HEAD) for name in names])[:, None]
        turning = (gradient * of_head * near_slope_px(body, names, calibration)).sum()
        head = float(turning) * math.radians(_HEAD_TURN_SD_DEG)
    placing = 0.0
    if body.placing_px2 is not None:
        placing = float(np.einsum("ni,nij,nj->", gradient, body.placing_px2[rows], gradient))
    if calibration.focal_px is None:
        limit += abs(float((gradient * depth_shift_px(body, names, view, calibration)).sum()))
    return Spread(math.sqrt(float(noise) + roll**2 + head**2 + placing), limit)


def extent_px(body: Landmarks) -> float:
    """Diagonal of the box around the keypoints found, px; 0 where there are none."""
    found = body.points_px[body.scores > 0.0]
    return float(np.hypot(*np.ptp(found, axis=0))) if len(found) else 0.0

"""The intervals of a measure, by first-order propagation (GUM, JCGM 100) of named causes.

    network    how far the network is off: what its description says of this measure, view and
               clothing; of a network that says nothing, what its keypoints' covariances make;
    frames     what the frames scatter that a pose was taken from;
    roll       the camera's, about any centre (no measure depends on position);
    yaw        a person not standing square to the camera: near points move out from the optical
               axis, far points move in, and what is ahead of the body moves sideways;
    head_turn  the head turned against the body, with the same effect on ears and eyes;
    lens       where it is unknown, near points cannot be brought to the ankles' plane;
    depth      how much nearer a landmark of this person lies than an average one;
    placing    a sticker, or a point set by hand, off the bone that it is named after (`placing`);
    scale      of a length;
    definition what a formula leaves open of the quantity that its code names.

A measure's gradient is taken once, numerically; each cause is then one inner product. This covers
the terms of the error budget: roll 1:1 on a tilt, atan(h tan(yaw) / Z) on a line h off the axis,
none on a difference of angles that both carry it.

Two intervals come of it. One is for a comparison with the world and has all causes. The other is of
a change between two visits of one person before one camera: what both visits share (the lens, the
roll, proportions, most of the network's error) is not in it.

The yaw of people who passed the gate, and the depth that an unknown lens hides, are uniform between
their limits, the rest is normal: the interval is the 95 % quantile of the sum (JCGM 101, in closed
form). Of several uniform causes all but the largest count as normal.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from edge.accuracy import MeasureAccuracy
from edge.posture.angles import Float64
from edge.posture.calibration import Calibration
from edge.posture.landmarks import Landmarks
from edge.posture.perspective import (
    depth_shift_px,
    depth_slope_px,
    near_slope_px,
    yaw_slope_px,
)
from edge.records import Cause, View
from edge.skeletons import part_of

# Two-sided 95 % of a normal distribution.
COVERAGE = 1.96
# Where the estimator states no covariance: one standard deviation, per axis, as a part of stature.
# A choice, not a measurement (3.5 px on a body of 700 px); measures built on it are of low quality.
DEFAULT_SIGMA = 0.005
SQUARE_YAW_DEG = 5.0  # people on foot marks stand within this of square: the gate
_HEAD_TURN_SD_DEG = 5.0  # of people asked to look straight ahead
_HEAD = ("ear", "eye", "tragus")
# Of stature: how far landmarks lie ahead of the ankles varies by 1.3 to 2 cm (Woodhull 1985).
_DEPTH_SD = 0.01
_STEP_PX = 1e-3
_HALVINGS = 30
_TOLD = 3  # causes


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

    normal : standard deviation of what is normal. limit : the most that what is uniform does;
    anything up to it is equally likely.
    """

    normal: float
    limit: float

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


class Effect(NamedTuple):
    """What one cause does to a quantity, in its unit.

    normal : standard deviation. limit : of a uniform one, the most it does.
    again : standard deviation of the part that another visit of the same person does not share.
    """

    cause: str
    normal: float = 0.0
    limit: float = 0.0
    again: float = 0.0

    def times(self, factor: float) -> Effect:
        """The effect in another unit."""
        return Effect(self.cause, self.normal * factor, self.limit * factor, self.again * factor)

    @property
    def sd(self) -> float:
        return math.hypot(self.normal, self.limit / math.sqrt(3.0))


def together(effects: Sequence[Effect]) -> Spread:
    """All effects as one."""
    limits = sorted((abs(effect.limit) for effect in effects), reverse=True)
    largest, others = (limits[0], limits[1:]) if limits else (0.0, [])
    normal = math.hypot(
        *(effect.normal for effect in effects), *(limit / math.sqrt(3.0) for limit in others)
    )
    return Spread(normal, largest)


def u95_change(effects: Sequence[Effect]) -> float:
    """Half width of the 95 % interval of a change between two visits like this one."""
    return COVERAGE * math.sqrt(2.0) * math.hypot(*(effect.again for effect in effects))


def largest_causes(effects: Sequence[Effect], per_unit: float) -> tuple[Cause, ...]:
    """At most three causes, the one first without which the interval would be the narrowest.

    per_unit : what one unit of the effects is in that of the measure.
    """
    ranked = sorted((e for e in effects if e.sd > 0.0), key=lambda effect: -effect.sd)[:_TOLD]
    return tuple(
        Cause(
            effect.cause,
            together([effect]).u95 * per_unit,
            together([other for other in effects if other is not effect]).u95 * per_unit,
        )
        for effect in ranked
    )


def geometric_effects(
    gradient: Float64,
    body: Landmarks,
    names: tuple[str, ...],
    view: View,
    calibration: Calibration,
) -> tuple[Effect, ...]:
    """Effects of camera and stance on the quantity whose `gradient` (N, 2) per px is given.

    names : the keypoints of its rows. body : as measured, in the plane of the ankles. view : as
    measured from. calibration : of the camera; without a lens, depth is an effect of its own.
    """
    rows = [body.index[name] for name in names]
    turned = body.points_px[rows] @ np.array([[0.0, 1.0], [-1.0, 0.0]])
    roll = abs(_inner(gradient, turned)) * math.radians(calibration.roll_sd_deg)
    slope = yaw_slope_px(body, names, view, calibration)
    yaw = abs(_inner(gradient, slope)) * math.radians(SQUARE_YAW_DEG)
    effects = [Effect("roll", roll), Effect("yaw", limit=yaw, again=yaw / math.sqrt(3.0))]
    if view in ("front", "back"):
        of_head = np.array([name.endswith(_HEAD) for name in names])[:, None]
        turning = of_head * near_slope_px(body, names, calibration)
        head = abs(_inner(gradient, turning)) * math.radians(_HEAD_TURN_SD_DEG)
        effects.append(Effect("head_turn", head, again=head))
    if calibration.focal_px is None:
        lens = abs(_inner(gradient, depth_shift_px(body, names, view, calibration)))
        effects.append(Effect("lens", limit=lens))
    return (*effects, Effect("depth", _depth(gradient, body, names, calibration)))


def _depth(
    gradient: Float64, body: Landmarks, names: tuple[str, ...], calibration: Calibration
) -> float:
    """Both sides of a pair lie as far ahead as each other; different pairs do as they like."""
    moved = (gradient * depth_slope_px(body, names, calibration)).sum(axis=1)
    parts: dict[str, float] = {}
    for name, effect in zip(names, moved.tolist(), strict=True):
        parts[part_of(name)] = parts.get(part_of(name), 0.0) + effect
    return _DEPTH_SD * math.hypot(*parts.values())


def placing_effects(
    gradient: Float64, body: Landmarks, names: tuple[str, ...]
) -> tuple[Effect, ...]:
    """Effects of stickers and of points set by hand: how they are found in the picture, and placed
    on the body.

    gradient : (N, 2) of the quantity per px, of the keypoints `names`.
    """
    if body.placing_px2 is None:
        return ()
    rows = [body.index[name] for name in names]
    placed = body.placed(rows)
    of_placed = gradient * placed[:, None]
    covariance = np.where(placed[:, None, None], body.covariance_px2[rows], 0.0)
    variance = _propagated(of_placed, body.placing_px2[rows]) + _propagated(of_placed, covariance)
    return (Effect("placing", math.sqrt(variance), again=math.sqrt(variance)),)


def frames_effect(gradient: Float64, body: Landmarks, names: tuple[str, ...]) -> tuple[Effect, ...]:
    """Effect of the frames that the pose was taken from.

    gradient : (N, 2) of the quantity per px, of the keypoints `names`.
    """
    if body.frames_px2 is None:
        return ()
    frames_px2 = body.frames_px2[[body.index[name] for name in names]]
    sd = math.sqrt(_propagated(gradient, frames_px2))
    return (Effect("frames", sd, again=sd),)


def scale_effect(length: float, calibration: Calibration) -> Effect:
    """Effect of the scale on a length. Stickers are found anew at every visit; a calibrated scale
    is the same at each, and so are a person's proportions."""
    sd = calibration.scale_sd * abs(length)
    return Effect("scale", sd, again=sd if calibration.scale_by == "stickers" else 0.0)


class Known(NamedTuple):
    """What is known of how a network reads a measure.

    gain, shift : set a reading right, in the unit of the formula.
    unit_px : one unit of the row in that of the formula. least_stature_px : of the people it was
    found on; of smaller ones the picture shows less, and the error grows as they shrink.
    """

    row: MeasureAccuracy
    unit_px: float
    least_stature_px: float

    @property
    def gain(self) -> float:
        return self.row.gain

    @property
    def shift(self) -> float:
        return self.row.shift * self.unit_px


def network_effect(
    gradient: Float64,
    body: Landmarks,
    names: tuple[str, ...],
    known: Known | None,
) -> Effect:
    """Effect of the network that placed the keypoints; nothing where hands placed them all.

    gradient : (N, 2) of the quantity per px, of the keypoints `names` of `body`.
    known : how it reads this measure; where nobody says, its keypoints' own covariances count.
    """
    rows = [body.index[name] for name in names]
    placed = body.placed(rows)
    if placed.all():
        return Effect("network")
    own = gradient * ~placed[:, None]
    if known is None:
        sd = foretold(own, body, names, "maps")
        return Effect("network", sd, again=sd)
    times = known.unit_px
    if known.row.predictor:
        times = foretold(own, body, names, known.row.predictor)
    elif body.stature_px is not None:
        times *= max(1.0, known.least_stature_px / body.stature_px)
    return Effect("network", known.row.sd * times, again=known.row.sd_change * times)


def foretold(gradient: Float64, body: Landmarks, names: tuple[str, ...], predictor: str) -> float:
    """Deviation that a picture foretells of itself, in the unit of the formula.

    gradient : (N, 2) of the quantity per px, of the keypoints `names` of `body`.
    predictor : `maps`, the keypoints' own covariances, or `looks`, how far single looks lie apart.
    Keypoints without either are taken to scatter by DEFAULT_SIGMA of stature, at least 1 px.
    """
    rows = [body.index[name] for name in names]
    told = body.covariance_px2 if predictor == "maps" else body.looks_px2
    sigma = max(1.0, DEFAULT_SIGMA * (body.stature_px or extent_px(body)))
    covariance = np.full((len(rows), 2, 2), np.nan) if told is None else told[rows]
    known = np.isfinite(covariance).all(axis=(1, 2), keepdims=True)
    covariance = np.where(known, covariance, sigma**2 * np.eye(2))
    return math.sqrt(_propagated(gradient, covariance))


def spread(
    gradient: Float64,
    body: Landmarks,
    names: tuple[str, ...],
    view: View,
    calibration: Calibration,
) -> Spread:
    """Deviation of a quantity of which no description tells: from its keypoints' own errors, and
    from geometry.

    gradient : (N, 2) of the quantity per px, of the keypoints `names` of `body`, seen from `view`.
    """
    return together(
        (
            network_effect(gradient, body, names, None),
            *frames_effect(gradient, body, names),
            *placing_effects(gradient, body, names),
            *geometric_effects(gradient, body, names, view, calibration),
        )
    )


def extent_px(body: Landmarks) -> float:
    """Diagonal of the box around the keypoints found, px; 0 where there are none."""
    found = body.points_px[body.scores > 0.0]
    return float(np.hypot(*np.ptp(found, axis=0))) if len(found) else 0.0


def _inner(gradient: Float64, moved_px: Float64) -> float:
    return float((gradient * moved_px).sum())


def _propagated(gradient: Float64, covariance_px2: Float64) -> float:
    return max(0.0, float(np.einsum("ni,nij,nj->", gradient, covariance_px2, gradient)))

"""Sway of the head and the hips while standing: a screening figure, not stabilometry.

One camera sees one horizontal axis: from the front or back sideways sway, from a side forward sway.
The ellipse of both needs the other axis and is refused. Stabilometry asks for 25 s at 50 Hz or more
(Scoppa 2013); nearly all of the trunk's motion lies below 1.1 Hz, so slower cameras will do here.

What one hold says of itself is how far its stretches differ, and its scale. A second visit shows
more than that: people sway otherwise on another day.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from edge.posture.angles import Float64
from edge.posture.calibration import LEVEL, Calibration
from edge.posture.fitness import judged
from edge.posture.landmarks import Landmarks, near_side
from edge.posture.uncertainty import (
    Effect,
    largest_causes,
    scale_effect,
    together,
    u95_change,
)
from edge.records import Measure, Pose, Quality, View

LEAST_S = 25.0
# Of the value: the largest standard error of measurement between sessions a week apart, of sway of
# people who stand on both feet (Fereshtenejad 2024, J Bodyw Mov Ther 39:410: 2.1 to 12.9 %, over
# 70 s; how much less a shorter hold tells, its own stretches say).
_ANOTHER_DAY = 0.129
_SMOOTH_S = 0.5  # Hann window: passes what a body does, not what a detector jitters
_BLOCKS = 5
_ELLIPSE = "sway_ellipse_area"
_PARTS = {"head": ("mid_ear", "ear"), "hips": ("mid_hip", "hip")}  # frontal, side view


def _rms(x: Float64, _: Float64) -> float:
    return float(np.std(x))


def _range(x: Float64, _: Float64) -> float:
    """The middle 95 %: the extremes of a series grow with its length."""
    low, high = np.percentile(x, (2.5, 97.5))
    return float(high - low)


def _velocity(x: Float64, times_s: Float64) -> float:
    """Mean speed: path over time. Steps over a gap between blocks are left out."""
    steps_s = np.diff(times_s)
    near = steps_s <= 3.0 * np.median(steps_s)
    return float(np.abs(np.diff(x))[near].sum() / steps_s[near].sum())


_FIGURES: dict[str, Callable[[Float64, Float64], float]] = {
    "rms": _rms,
    "range": _range,
    "velocity": _velocity,
}


# Code -> unit of what `sway` returns.
SWAY_UNITS = {
    **{f"sway_{part}_{name}": "mm" for part in _PARTS for name in _FIGURES},
    **{f"sway_{part}_velocity": "mm/s" for part in _PARTS},
    _ELLIPSE: "mm2",
}


def sway(
    times_s: Float64, poses: list[Pose], view: View, calibration: Calibration = LEVEL
) -> tuple[Measure, ...]:
    """RMS, range and mean velocity of head and hips along the axis that the view shows.

    times_s : (N,), of the poses. u95 is a jackknife over five stretches of time, and the scale.
    u95_change adds what the same person does on another day, and leaves out a scale that both
    visits share. Refused where the poses cover less than 25 s, a landmark is missing in one of
    them, or no scale is known.
    """
    bodies = [Landmarks.of(pose, calibration, near_side(poses[-1], view)) for pose in poses]
    per_px, units = calibration.mm_per_px, SWAY_UNITS
    measures = []
    for part, landmarks in _PARTS.items():
        landmark = landmarks[view in ("right", "left")]
        why = _refusals(times_s, bodies, landmark, view, per_px)
        for name, figure in _FIGURES.items():
            code = f"sway_{part}_{name}"
            if why or per_px is None:
                measures.append(_refused(code, units[code], why, view))
                continue
            x = np.array([body.point(landmark)[0] for body in bodies])
            value, error = (per_px * px for px in _jackknife(figure, _smooth(x, times_s), times_s))
            effects = _effects(value, error, calibration)
            measures.append(_measured(code, value, effects, float(len(x)), view))
    measures.append(_refused(_ELLIPSE, units[_ELLIPSE], ("not_measurable:second_axis",), view))
    return tuple(measures)


def _effects(value: float, error: float, calibration: Calibration) -> tuple[Effect, ...]:
    """error : standard error of the one hold, in the unit of the value."""
    return (
        Effect("frames", error, again=error),
        scale_effect(value, calibration),
        Effect("day", again=_ANOTHER_DAY * value),
    )


def _measured(
    code: str, value: float, effects: tuple[Effect, ...], n: float, view: View
) -> Measure:
    u95, change = together(effects).u95, u95_change(effects)
    quality, why = judged(code, SWAY_UNITS[code], u95, change, ())
    return Measure(
        code, value, SWAY_UNITS[code], u95, n, quality, why, view, u95_change=change,
        causes=largest_causes(effects, 1.0),
    )  # fmt: skip


def _refused(code: str, unit: str, why: tuple[str, ...], view: View) -> Measure:
    return Measure(code, None, unit, None, 0.0, Quality.REFUSED, why, view)


def _refusals(
    times_s: Float64, bodies: list[Landmarks], landmark: str, view: View, per_px: float | None
) -> tuple[str, ...]:
    if view == "unknown":
        return ("view_unknown",)
    if len(times_s) < 2 * _BLOCKS or times_s[-1] - times_s[0] < LEAST_S:
        return ("too_short",)
    if not all(body.seen(landmark) for body in bodies):
        return (f"keypoint_missing:{landmark}",)
    return ("scale_unknown",) if per_px is None else ()


def _smooth(x: Float64, times_s: Float64) -> Float64:
    """A centred Hann mean, without delay; shorter at the ends."""
    frames = max(1, round(_SMOOTH_S / float(np.median(np.diff(times_s)))))
    window = np.hanning(frames + 2)[1:-1]
    weight = np.convolve(np.ones_like(x), window, mode="same")
    smooth: Float64 = np.convolve(x - x.mean(), window, mode="same") / weight
    return smooth


def _jackknife(
    figure: Callable[[Float64, Float64], float], x: Float64, times_s: Float64
) -> tuple[float, float]:
    """The figure of the whole series, and its standard error by leaving out each stretch once."""
    block = np.arange(len(x)) * _BLOCKS // len(x)
    without = [figure(x[block != b], times_s[block != b]) for b in range(_BLOCKS)]
    error = np.sqrt((_BLOCKS - 1) * np.var(without))
    return figure(x, times_s), float(error)

"""How much of a change a reading follows, and how far it scatters about that.

Labels err by more than a clinician needs; a slope needs a known change only. 1: the reading follows
the body. 0: whatever the body does, the reading says the same.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Float64 = NDArray[np.float64]

# A normal distribution's standard deviation over its median absolute deviation.
_NORMAL_PER_MAD = 1.4826
_LEAST_SPREAD = 1e-9
# A slope known no better than this could be anything from 0 to 1 and beyond: it is not told.
_WORST_ERROR = 0.5


@dataclass(frozen=True, slots=True)
class Slope:
    """A line through readings over truths.

    slope : NaN where the truth does not vary, or so little that the scatter hides it.
    standard_error : of the slope.
    residual_sd, residual_robust_sd : of the readings about the line, in their unit; the robust one
        (from the median absolute deviation) is not moved by a few wild readings.
    """

    n: int
    slope: float
    standard_error: float
    residual_sd: float
    residual_robust_sd: float


def robust_sd(values: Float64) -> float:
    """Standard deviation from the median absolute deviation; NaN for no values."""
    if not len(values):
        return math.nan
    return _NORMAL_PER_MAD * float(np.median(np.abs(values - np.median(values))))


def slope_of_changes(
    true: Float64 | Sequence[float], read: Float64 | Sequence[float], of: Sequence[Hashable]
) -> Slope:
    """Of changes, true and read, (N,): a line through the origin, for no change changes nothing.

    of : whose change it is. The changes of one person share that person's pose, clothes and
        background, so the standard error counts people, not changes (clustered; Liang and Zeger
        1986).
    """
    t, r = np.asarray(true, np.float64), np.asarray(read, np.float64)
    power = float(t @ t)
    if power <= _LEAST_SPREAD:
        return _unknown(len(t))
    slope = float(t @ r) / power
    residual = r - slope * t
    moments: dict[Hashable, float] = {}
    for whose, moment in zip(of, t * residual, strict=True):
        moments[whose] = moments.get(whose, 0.0) + float(moment)
    people = len(moments)
    error = math.nan
    if people > 1:
        sandwich = sum(moment**2 for moment in moments.values()) * people / (people - 1)
        error = math.sqrt(sandwich) / power
    return Slope(len(t), slope, error, _sd(residual, 1), robust_sd(residual))


def slope_of_values(true: Float64, read: Float64) -> Slope:
    """Of values over people, (N,): a least squares line with an intercept.

    Where no slope can be told the residuals are those about the mean error.
    """
    if len(true) < 3:
        return _unknown(len(true))
    t = true - true.mean()
    power = float(t @ t)
    slope = float(t @ read) / max(power, _LEAST_SPREAD)
    residual = read - read.mean() - slope * t
    sd = _sd(residual, 2)
    error = sd / math.sqrt(power) if power > _LEAST_SPREAD else math.inf
    if error > _WORST_ERROR:
        off = read - true - (read - true).mean()
        return Slope(len(true), math.nan, math.nan, _sd(off, 1), robust_sd(off))
    return Slope(len(true), slope, error, sd, robust_sd(residual))


def _sd(residual: Float64, fitted: int) -> float:
    """Root of the mean square of residuals after so many numbers were fitted."""
    free = len(residual) - fitted
    return math.sqrt(float(residual @ residual) / free) if free > 0 else math.nan


def _unknown(n: int) -> Slope:
    return Slope(n, math.nan, math.nan, math.nan, math.nan)

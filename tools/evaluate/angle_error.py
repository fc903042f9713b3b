"""Signed error of every measure against the truth: bias, slope, spread, and what intervals hold."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from posture_tools.evaluate.slope import slope_of_values

from edge.records import Measure, Quality

Pair = tuple[Sequence[Measure], Sequence[Measure]]


class Reading(NamedTuple):
    """A true value, what was read of it (None where refused), and the interval stated, if any.

    fit : the reading calls itself fit for use as data, quality `ok`.
    """

    true: float
    value: float | None
    u95: float | None
    fit: bool = False

    @classmethod
    def of(cls, true: float, found: Measure | None) -> Reading:
        """What a measure says; None, as a refused one, says nothing."""
        if found is None or found.value is None:
            return cls(true, None, None)
        return cls(true, found.value, found.u95, found.quality is Quality.OK)


@dataclass(frozen=True, slots=True)
class MeasureError:
    """Errors (predicted minus true) of one measure, in its unit.

    bias : mean error. sd : standard deviation about the bias (n - 1); NaN below two.
    slope : how much the prediction changes for a change of 1 of the truth; NaN where that is always
        the same. residual_sd, residual_robust_sd : about the line (see `slope`).
    median_abs, p90_abs, p95_abs : of the absolute error.
    covered : share of predictions whose stated 95 % interval holds the truth, of those that state
        one; far above .95 the intervals are too wide, and median_u95 says how wide.
    refused : how often the truth was known and the prediction refused; those enter no figure above.
    fit : share of all, refused ones too, that are fit for use as data (quality `ok`).
    """

    code: str
    unit: str
    n: int
    refused: int
    bias: float
    sd: float
    slope: float
    residual_sd: float
    residual_robust_sd: float
    median_abs: float
    p90_abs: float
    p95_abs: float
    covered: float
    median_u95: float
    fit: float


def measure_errors(pairs: Iterable[Pair]) -> dict[str, MeasureError]:
    """Compare predicted with true measures, pair by pair (a pair is one person in one picture).

    Measures are matched by code. What is refused or absent in the truth is not compared; what is
    refused or absent in the prediction alone counts as refused.

    Raises
    ------
    ValueError : prediction and truth state different units or definitions for one code.
    """
    readings: dict[str, list[Reading]] = {}
    units: dict[str, str] = {}
    for predicted, truth in pairs:
        by_code = {m.code: m for m in predicted}
        for true in truth:
            if true.value is None:
                continue
            units[true.code] = true.unit
            guess = by_code.get(true.code)
            if guess is not None and guess.value is None:
                guess = None
            if guess and (guess.unit, guess.definition) != (true.unit, true.definition):
                raise ValueError(
                    f"{true.code}: predicted in {guess.unit} (definition "
                    f"{guess.definition}), true in {true.unit} ({true.definition})"
                )
            reading = Reading.of(true.value, guess)
            readings.setdefault(true.code, []).append(reading)
    return {code: error_of(code, units[code], of) for code, of in sorted(readings.items())}


def short_way(difference: float, unit: str) -> float:
    """A difference of two values; of angles the short way round, -180..180."""
    return (difference + 180.0) % 360.0 - 180.0 if unit == "deg" else difference


def error_of(code: str, unit: str, readings: Sequence[Reading]) -> MeasureError:
    """The errors of one measure."""
    read = [r for r in readings if r.value is not None]
    true = np.array([r.true for r in read])
    error = np.array([short_way((r.value or 0.0) - r.true, unit) for r in read])
    u95 = np.array([np.nan if r.u95 is None else r.u95 for r in read])
    size = np.abs(error)
    stated = ~np.isnan(u95)
    line = slope_of_values(true, true + error)
    nan = float("nan")
    return MeasureError(
        code=code,
        unit=unit,
        n=len(error),
        refused=len(readings) - len(read),
        bias=float(error.mean()) if len(error) else nan,
        sd=float(error.std(ddof=1)) if len(error) > 1 else nan,
        slope=line.slope,
        residual_sd=line.residual_sd,
        residual_robust_sd=line.residual_robust_sd,
        median_abs=float(np.median(size)) if len(error) else nan,
        p90_abs=float(np.percentile(size, 90)) if len(error) else nan,
        p95_abs=float(np.percentile(size, 95)) if len(error) else nan,
        covered=float((size <= u95)[stated].mean()) if stated.any() else nan,
        median_u95=float(np.median(u95[stated])) if stated.any() else nan,
        fit=sum(r.fit for r in readings) / len(readings) if readings else nan,
    )

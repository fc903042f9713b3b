"""Signed error of every measure against the truth: bias, spread, and whether the interval holds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from edge.records import Measure

Pair = tuple[Sequence[Measure], Sequence[Measure]]


@dataclass(frozen=True, slots=True)
class MeasureError:
    """Errors (predicted minus true) of one measure, in its unit.

    bias : mean error. sd : standard deviation about the bias (n - 1); NaN below two.
    median_abs, p90_abs, p95_abs : of the absolute error.
    covered : share of predictions whose stated 95 % interval holds the truth, of those that state
        one; far above .95 the intervals are too wide, and median_u95 says how wide.
    refused : how often the truth was known and the prediction refused; those enter no figure above.
    """

    code: str
    unit: str
    n: int
    refused: int
    bias: float
    sd: float
    median_abs: float
    p90_abs: float
    p95_abs: float
    covered: float
    median_u95: float


def measure_errors(pairs: Iterable[Pair]) -> dict[str, MeasureError]:
    """Compare predicted with true measures, pair by pair (a pair is one person in one picture).

    Measures are matched by code. What is refused or absent in the truth is not compared; what is
    refused or absent in the prediction alone counts as refused. Angles are compared the short way
    round.

    Raises
    ------
    ValueError : prediction and truth state different units or definitions for one code.
    """
    errors: dict[str, list[tuple[float, float]]] = {}
    refused: dict[str, int] = {}
    units: dict[str, str] = {}
    for predicted, truth in pairs:
        by_code = {m.code: m for m in predicted}
        for true in truth:
            if true.value is None:
                continue
            units[true.code] = true.unit
            errors.setdefault(true.code, [])
            refused.setdefault(true.code, 0)
            guess = by_code.get(true.code)
            if guess is None or guess.value is None:
                refused[true.code] += 1
                continue
            if (guess.unit, guess.definition) != (true.unit, true.definition):
                raise ValueError(
                    f"{true.code}: predicted in {guess.unit} (definition "
                    f"{guess.definition}), true in {true.unit} ({true.definition})"
                )
            error = guess.value - true.value
            if true.unit == "deg":
                error = (error + 180) % 360 - 180
            errors[true.code].append((error, np.nan if guess.u95 is None else guess.u95))
    return {
        code: _summary(code, units[code], refused[code], np.array(pair).reshape(-1, 2))
        for code, pair in sorted(errors.items())
    }


def _summary(code: str, unit: str, refused: int, pairs: np.ndarray) -> MeasureError:
    error, u95 = pairs.T
    size = np.abs(error)
    stated = ~np.isnan(u95)
    nan = float("nan")
    return MeasureError(
        code=code,
        unit=unit,
        n=len(error),
        refused=refused,
        bias=float(error.mean()) if len(error) else nan,
        sd=float(error.std(ddof=1)) if len(error) > 1 else nan,
        median_abs=float(np.median(size)) if len(error) else nan,
        p90_abs=float(np.percentile(size, 90)) if len(error) else nan,
        p95_abs=float(np.percentile(size, 95)) if len(error) else nan,
        covered=float((size <= u95)[stated].mean()) if stated.any() else nan,
        median_u95=float(np.median(u95[stated])) if stated.any() else nan,
    )

"""Several captures of one view as one list of measures, with their spread in the interval.

People never stand twice the same. What the captures scatter beyond their own stated errors is taken
for that, and the mean carries its standard error with Student's factor for so few captures:

    u95^2 = mean(u_i)^2 + (t tau)^2 / n,   tau^2 = max(0, s^2 - (mean(u_i) / 1.96)^2)

The stated errors (roll, yaw, the network's own) are common to all captures and do not shrink. Of a
change the scatter counts twice, once for each of two visits.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from statistics import fmean, stdev

from edge.posture.fitness import OWN_REASONS, judged
from edge.posture.uncertainty import COVERAGE
from edge.records import Cause, Measure, Quality

_STUDENT = {2: 12.706, 3: 4.303, 4: 3.182, 5: 2.776}  # 97.5 % quantile for n - 1 degrees of freedom


def combine(captures: Sequence[tuple[Measure, ...]], asked: int) -> tuple[Measure, ...]:
    """The measures of 1 to 5 captures of one person in one view.

    asked : captures that the protocol asks for; measures made of fewer are of low quality. A
        measure refused in some captures is made of the others, refused in all it is refused.
    """
    first = {measure.code: measure for capture in reversed(captures) for measure in capture}
    return tuple(
        _mean([m for capture in captures for m in capture if m.code == code], asked)
        for code in first
    )


def _mean(repeats: list[Measure], asked: int) -> Measure:
    given = [m for m in repeats if m.value is not None]
    if not given:
        return replace(repeats[0], why=_union(repeats))
    kind = given[0]
    alike = [
        m
        for m in given
        if (m.unit, m.side, m.definition) == (kind.unit, kind.side, kind.definition)
    ]
    values = [m.value for m in alike if m.value is not None]
    stated = fmean(m.u95 or 0.0 for m in alike)
    between = _between(values, stated / COVERAGE)
    u95, change = math.hypot(stated, between), _change(alike, between)
    why = tuple(reason for reason in _union(alike) if reason not in OWN_REASONS)
    if len(alike) < asked:
        why = (*why, f"repeats:{len(alike)}_of_{asked}")
    quality = Quality.LOW if why else Quality.OK
    if change is not None:
        quality, why = judged(kind.code, kind.unit, u95, change, why)
    return replace(
        kind,
        value=fmean(values),
        u95=u95,
        u95_change=change,
        n=sum(m.n for m in alike),
        quality=quality,
        why=why,
        causes=_with_repeats(kind.causes, stated, between),
    )


def _change(alike: Sequence[Measure], between: float) -> float | None:
    stated = [m.u95_change for m in alike if m.u95_change is not None]
    return math.hypot(fmean(stated), math.sqrt(2.0) * between) if stated else None


def _with_repeats(causes: tuple[Cause, ...], stated: float, between: float) -> tuple[Cause, ...]:
    """The causes of one capture, and what the captures scatter among each other."""
    if between <= 0.0:
        return causes
    widened = [replace(cause, without=math.hypot(cause.without, between)) for cause in causes]
    ranked = sorted([*widened, Cause("repeats", between, stated)], key=lambda cause: cause.without)
    return tuple(ranked[: max(len(causes), 1)])


def _between(values: list[float], error: float) -> float:
    """Half width, at 95 %, of what the captures scatter beyond their own standard error."""
    n = len(values)
    if n < 2:
        return 0.0
    beyond = max(0.0, stdev(values) ** 2 - error**2)
    return _STUDENT[n] * math.sqrt(beyond / n)


def _union(measures: Sequence[Measure]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(why for m in measures for why in m.why))

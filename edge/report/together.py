"""One visit, one answer: what was seen from two opposite sides is one number with one interval.

Two readings of one quantity are weighted by the inverse of their variances. Of each variance a part
is the same in both, or nobody knows that it is not: what two visits of one person before one camera
share (the network's habit with this body, the lens, proportions). Only the rest shrinks:

    w_i ~ 1 / (a_i^2 + s_i^2),   u^2 = sum(w_i^2 a_i^2) + (sum(w_i s_i))^2

with a_i the part that differs between visits, from `u95_change`, and s_i the shared one. A measure
that does not tell has all of it shared. Where the two lie farther apart than both intervals allow,
that is said, and the interval reaches over both.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

from edge.posture.fitness import judged
from edge.records import Basis, Measure, Origin, View
from edge.report.reported_visit import ReportedView, ReportedVisit

FRONTAL: tuple[View, ...] = ("front", "back")
LATERAL: tuple[View, ...] = ("right", "left")
APART = "views_disagree"
_PLANES: dict[str, tuple[View, ...]] = {"frontal": FRONTAL, "lateral": LATERAL}

# Lines of one bone by different landmarks of it: the pelvis from the front and from behind.
_SAME_BONE = {
    "1-asis": "pelvis", "1-psis": "pelvis",
    "1-acromion-asis": "acromion-pelvis", "1-acromion-psis": "acromion-pelvis",
}  # fmt: skip


@dataclass(frozen=True)
class Combined:
    """One quantity of a visit.

    measure : its value, interval, quality and reasons. views : those it was seen in, one or two.
    apart : how far the two readings lie apart, where that is more than both intervals allow.
    origins, bases : of the views.
    """

    measure: Measure
    views: tuple[View, ...]
    origins: tuple[Origin, ...]
    bases: tuple[Basis, ...]
    apart: float | None = None


def combined(visit: ReportedVisit) -> tuple[Combined, ...]:
    """Every quantity with a value, in the order in which the views gave them.

    Examples
    --------
    One line, seen from the front and from behind, is one number:

    >>> from edge.records import Quality
    >>> from edge.report.reported_visit import ReportedView
    >>> def seen(view, value):
    ...     tilt = Measure("shoulder_tilt", value, "deg", 2.0, 45.0, Quality.OK, view=view)
    ...     return ReportedView(view, (tilt,), {}, 45, 60, 0.6, "camera")
    >>> views = (seen("front", 4.0), seen("back", 5.0))
    >>> visit = ReportedVisit("p-17", "2026-11-21T09:30:00Z", "hall-1", "1.0.0", (), views)
    >>> [one] = combined(visit)
    >>> one.measure.value, one.views, one.apart
    (4.5, ('front', 'back'), None)
    """
    groups: dict[tuple[str, ...], list[tuple[Measure, ReportedView]]] = {}
    for measure, seen in _newest(visit):
        plane = next((name for name, of in _PLANES.items() if measure.view in of), "unknown")
        kind = _SAME_BONE.get(measure.definition, measure.definition)
        key = (plane, measure.code, measure.unit, measure.side, kind)
        groups.setdefault(key, []).append((measure, seen))
    return tuple(_together(readings) for readings in groups.values())


def _newest(visit: ReportedVisit) -> Iterator[tuple[Measure, ReportedView]]:
    """Each measure that has a value, once: of a view that was taken twice, that of the last
    time."""
    for seen in visit.views:
        for measure in seen.measures:
            last = visit.seen(measure.code, measure.view)
            if measure.value is not None and last is not None and last[0] is measure:
                yield measure, seen


def _together(readings: list[tuple[Measure, ReportedView]]) -> Combined:
    measures = [measure for measure, _ in readings]
    views = tuple(measure.view for measure in measures)
    origins = tuple(seen.origin for _, seen in readings)
    bases = tuple(seen.basis_of(measure) for measure, seen in readings)
    if len(measures) == 1 or any(m.u95 is None for m in measures):
        return Combined(measures[-1], views[-1:], origins[-1:], bases[-1:])
    measure, apart = _mean(measures)
    return Combined(measure, views, origins, bases, apart)


def _mean(measures: list[Measure]) -> tuple[Measure, float | None]:
    """The weighted mean of readings of one quantity, and how far they lie apart if too far."""
    values = [m.value or 0.0 for m in measures]
    halves = [max(m.u95 or 0.0, 1e-9) for m in measures]
    own = [_own(m) for m in measures]
    shared = [math.sqrt(max(0.0, u * u - a * a)) for u, a in zip(halves, own, strict=True)]
    weights = [1.0 / (u * u) for u in halves]
    parts = [w / sum(weights) for w in weights]
    value = sum(w * v for w, v in zip(parts, values, strict=True))
    differs = math.hypot(*(w * a for w, a in zip(parts, own, strict=True)))
    same = sum(w * s for w, s in zip(parts, shared, strict=True))
    u95 = math.hypot(differs, same)
    change = None
    if all(m.u95_change is not None for m in measures):
        change = math.sqrt(2.0) * differs
    first = measures[0]
    why = tuple(dict.fromkeys(reason for m in measures for reason in m.why))
    apart = max(values) - min(values)
    too_far = apart > math.hypot(*halves)
    if too_far:
        why = (*why, APART)
        u95 = max(u95, *(abs(v - value) for v in values))
    quality, why = judged(first.code, first.unit, u95, u95 if change is None else change, why)
    definition = "+".join(dict.fromkeys(m.definition for m in measures))
    together = replace(
        first, value=value, u95=u95, u95_change=change, n=sum(m.n for m in measures),
        quality=quality, why=why, definition=definition, causes=(),
    )  # fmt: skip
    return together, apart if too_far else None


def _own(measure: Measure) -> float:
    """Half width, at 95 %, of what another reading of the same person does not share."""
    if measure.u95_change is None or measure.u95 is None:
        return 0.0
    return min(measure.u95, measure.u95_change / math.sqrt(2.0))

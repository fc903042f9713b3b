"""How a measure changed since the visits before, against what it changes by itself.

Visits are compared only where their frames came from the same kind of source. What older stations
measured does not say (`unknown`): they had cameras, so it stays in a camera's trend, marked.
"""

from __future__ import annotations

from html import escape

from edge.norms import Norms
from edge.records import Basis, Measure, Origin
from edge.report.drawing import signed
from edge.report.reported_visit import ReportedVisit
from edge.report.words import Words

_WIDE, _HIGH = 60.0, 14.0
_DOUBT = "°"


def change_cell(visit: ReportedVisit, now: Measure, norms: Norms, words: Words) -> str:
    """The change since the last visit that can be compared, a sparkline of all, and the verdict.

    Empty where no visit before gave this measure in this unit and definition, of such a source.
    """
    shown = visit.seen(now.code, now.view)
    origin: Origin = "unknown" if shown is None else shown[1].origin
    basis = Basis() if shown is None else shown[1].basis
    line = [
        found
        for earlier in visit.before
        if (found := earlier.seen(now.code, now.view)) is not None
        and _trend_of(found[1].origin) == _trend_of(origin)
        and norms.changed(found[0], now, found[1].basis, basis) is not None
    ]
    if not line or now.value is None:
        return ""
    history = [measure for measure, _ in line]
    doubtful = "unknown" in (origin, *(view.origin for _, view in line))
    last, last_view = line[-1]
    real = norms.changed(last, now, last_view.basis, basis)
    delta = now.value - (last.value or 0.0)
    values = [m.value for m in (*history, now) if m.value is not None]
    least = norms.least_change(last, now, last_view.basis, basis)
    verdict = words("page", "changed" if real else "unchanged")
    strong = "b" if real else "span"
    spark = _spark(values, least or 0.0)
    mark = _DOUBT if doubtful else ""
    return f'<{strong} title="{escape(verdict)}">{signed(delta)}{mark}</{strong}> {spark}'


def notes(visit: ReportedVisit) -> list[str]:
    """What must be said of the visits before, as keys of the page's words."""
    here = set(map(_trend_of, visit.origins()))
    before = {origin for earlier in visit.before for origin in earlier.origins()}
    said = []
    if before and "camera" in here and "unknown" in before.union(visit.origins()):
        said.append("trend_unknown")
    if set(map(_trend_of, before)) - here:
        said.append("trend_other")
    return said


def _trend_of(origin: Origin) -> Origin:
    return "camera" if origin == "unknown" else origin


def _spark(values: list[float], band: float) -> str:
    """Values over visits; the bar is what the last visit's value may change by without meaning."""
    before = values[-2]
    low, high = min(*values, before - band), max(*values, before + band)
    span = max(high - low, 1e-9)

    def y(value: float) -> float:
        return 1.0 + (_HIGH - 2.0) * (high - value) / span

    step = (_WIDE - 6.0) / (len(values) - 1)
    points = [(3.0 + i * step, y(value)) for i, value in enumerate(values)]
    line = " ".join(f"{px:.1f},{py:.1f}" for px, py in points)
    top, bottom = y(before + band), y(before - band)
    return (
        f'<svg class="trend" aria-hidden="true" viewBox="0 0 {_WIDE:.0f} {_HIGH:.0f}">'
        f'<rect x="0" y="{top:.1f}" width="{_WIDE:.0f}" height="{bottom - top:.1f}"/>'
        f'<polyline points="{line}"/>'
        f'<circle cx="{points[-1][0]:.1f}" cy="{points[-1][1]:.1f}" r="2.4"/></svg>'
    )

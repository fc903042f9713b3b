"""How a quantity changed over the visits before.

Visits are compared only where their frames came from the same kind of source. What older stations
measured does not say (`unknown`): they had cameras, so it stays in a camera's trend, marked.
"""

from __future__ import annotations

from html import escape
from typing import NamedTuple

from edge.records import Origin
from edge.report.change import Change, change
from edge.report.drawing import signed
from edge.report.reported_visit import ReportedVisit
from edge.report.together import Combined, combined
from edge.report.words import Words

_WIDE, _HIGH = 60.0, 14.0
_DOUBT = "°"


class Since(NamedTuple):
    """What a quantity was at an earlier visit, and what became of it."""

    before: Combined
    change: Change


def changes(visit: ReportedVisit, now: Combined) -> list[Since]:
    """The changes against each visit before that saw this quantity by such a source, oldest
    first."""
    since = []
    for earlier in visit.before:
        for then in combined(earlier):
            measure = then.measure
            same = (measure.code, measure.side) == (now.measure.code, now.measure.side)
            alike = set(then.views) & set(now.views) or not now.measure.side
            if same and alike and _trends(then) == _trends(now):
                since.append(Since(then, change(then, now)))
    return since


def change_cell(visit: ReportedVisit, now: Combined, words: Words) -> str:
    """The change since the last visit, a sparkline of all that can be compared, and the verdict.

    Empty where no visit before saw this quantity by such a source.
    """
    since = changes(visit, now)
    if not since:
        return ""
    last = since[-1]
    verdict = words("page", last.change.verdict)
    if last.change.delta is None:
        why = escape(words.reason(last.change.why))
        return f'<span class="verdict" title="{why}">{escape(verdict)}</span>'
    line = [each for each in since if each.change.delta is not None]
    values = [each.before.measure.value or 0.0 for each in line]
    origins = {origin for each in (*(e.before for e in line), now) for origin in each.origins}
    mark = _DOUBT if "unknown" in origins else ""
    strong = "b" if last.change.verdict == "changed" else "span"
    spark = _spark([*values, now.measure.value or 0.0], last.change.least or 0.0)
    return (
        f"<{strong}>{signed(last.change.delta)}{mark}</{strong}> {spark} "
        f'<span class="verdict">{escape(verdict)}</span>'
    )


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


def _trends(one: Combined) -> set[Origin]:
    return set(map(_trend_of, one.origins))


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

"""What a report is made of: one person's screening in its views, and the ones before."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from edge.records import Figure, Measure, View


@dataclass(frozen=True)
class ReportedView:
    """One view as measured."""

    view: View
    measures: tuple[Measure, ...]
    figure: Figure
    frames_used: int
    frames_seen: int
    min_score: float


@dataclass(frozen=True)
class ReportedVisit:
    """One visit.

    person : opaque code. screened_at : ISO time, UTC. views : in the order in which they were
    taken; scores : the measures of a result of kind fms, empty where no movements were scored.
    before : earlier visits of the same person, oldest first.
    """

    person: str
    screened_at: str
    station: str
    software: str
    models: tuple[str, ...]
    views: tuple[ReportedView, ...]
    scores: tuple[Measure, ...] = ()
    consent: str = ""
    before: tuple[ReportedVisit, ...] = field(default=())

    def measured(self) -> Iterator[Measure]:
        """Every measure of every view."""
        for seen in self.views:
            yield from seen.measures

    def of(self, code: str, view: View) -> Measure | None:
        """One measure of one view, refused or not; the last where a view was taken twice."""
        found = [m for m in self.measured() if (m.code, m.view) == (code, view)]
        return found[-1] if found else None

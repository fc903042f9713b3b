"""What a report is made of: one person's screening in its views, and the ones before."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from edge.norms import UNTOLD, Who
from edge.records import Basis, Figure, HandSet, Measure, Origin, View, is_length


@dataclass(frozen=True)
class ReportedView:
    """One view as measured.

    origin : where its frames came from. scale_by : what its lengths rest on (`ScaleSource`, or a
    word of a newer station); empty where nothing says. by_hand : what somebody set by hand in it.
    basis : what else it rests on.
    """

    view: View
    measures: tuple[Measure, ...]
    figure: Figure
    frames_used: int
    frames_seen: int
    min_score: float
    origin: Origin
    scale_by: str = ""
    by_hand: HandSet | None = None
    basis: Basis = field(default=Basis())

    @property
    def has_lengths(self) -> bool:
        """Whether it gives a length, which is no better than its scale."""
        return any(is_length(m.unit) for m in self.measures if m.value is not None)

    def basis_of(self, measure: Measure) -> Basis:
        """What one of its measures rests on: a length on its scale too."""
        by = self.scale_by if is_length(measure.unit) else ""
        return replace(self.basis, scale_by=by)


@dataclass(frozen=True)
class ReportedVisit:
    """One visit.

    person : opaque code. screened_at : ISO time, with its offset from UTC where that is known;
    empty for a photograph that does not say. views : in the order in which they were taken;
    scores : the measures of a result of kind fms, empty where no movements were scored, and
    scores_origin where they came from.
    who : what was told of the person, for norms. before : earlier visits of the same person, oldest
    first.
    """

    person: str
    screened_at: str
    station: str
    software: str
    models: tuple[str, ...]
    views: tuple[ReportedView, ...]
    scores: tuple[Measure, ...] = ()
    scores_origin: Origin = "unknown"
    consent: str = ""
    who: Who = UNTOLD
    before: tuple[ReportedVisit, ...] = field(default=())

    def measured(self) -> Iterator[Measure]:
        """Every measure of every view."""
        for seen in self.views:
            yield from seen.measures

    def of(self, code: str, view: View) -> Measure | None:
        """One measure of one view, refused or not; the last where a view was taken twice."""
        found = self.seen(code, view)
        return None if found is None else found[0]

    def seen(self, code: str, view: View) -> tuple[Measure, ReportedView] | None:
        """One measure of one view as `measure` gives it, and the view that it was seen in."""
        found = [
            (measure, seen)
            for seen in self.views
            for measure in seen.measures
            if (measure.code, measure.view) == (code, view)
        ]
        return found[-1] if found else None

    def origins(self) -> tuple[Origin, ...]:
        """Where the frames of the views came from, each once."""
        return tuple(dict.fromkeys(seen.origin for seen in self.views))

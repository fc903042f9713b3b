"""One person, known by an opaque code: visits, and how measures went."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from posture_tools.pages import reading
from posture_tools.pages.access import Right, account_of, needs
from posture_tools.pages.audit import note
from posture_tools.pages.badge import may_badge
from posture_tools.pages.views.visits import SearchForm, pager

from edge.report.reported_visit import ReportedVisit


@dataclass(frozen=True, slots=True)
class Trend:
    """One measure over the visits of a person: days since 1970 in seconds, values, intervals."""

    code: str
    view: str
    unit: str
    times_s: tuple[float, ...]
    values: tuple[float | None, ...]
    u95: tuple[float | None, ...]

    @property
    def key(self) -> str:
        """The id of its data in the page."""
        return f"data-{self.code}-{self.view}"

    @property
    def plot(self) -> dict[str, object]:
        """The lines that the page's script draws: times, values, lower and upper ends; the unit."""
        low = [v - u if v is not None and u is not None else None for v, u in self._pairs()]
        high = [v + u if v is not None and u is not None else None for v, u in self._pairs()]
        return {"data": [self.times_s, self.values, low, high], "unit": self.unit}

    def _pairs(self) -> list[tuple[float | None, float | None]]:
        return list(zip(self.values, self.u95, strict=True))


@needs(Right.SEE)
def person(request: HttpRequest, site: str, code: str) -> HttpResponse:
    """The visits of a code, a page at a time, and a plot of each measure that more than one of
    these and those before them has."""
    skip = SearchForm(request.GET).search().skip
    found = reading.visits(reading.Search(code=code, skip=skip), (site,))
    if not found:
        raise Http404
    note(request, "see", site, code)
    shown = reading.visit(found[0])
    trends = [] if shown is None else _trends(shown)
    context: dict[str, Any] = {
        "site": site, "code": code, "visits": found[: reading.PAGE_ROWS], "trends": trends,
        **pager(found, skip),
        "may_badge": may_badge(account_of(request), code),
    }  # fmt: skip
    return render(request, "pages/person.html", context)


def _trends(newest: ReportedVisit) -> list[Trend]:
    """A plot for each measure and kind of source: a photograph does not go on where a camera
    ended."""
    from datetime import datetime

    line = (*newest.before, newest)
    trends = []
    for measure in newest.measured():
        now = newest.seen(measure.code, measure.view)
        points = []
        for visit in line:
            there = visit.seen(measure.code, measure.view)
            same = there is not None and now is not None and there[1].origin == now[1].origin
            if there is not None and same and there[0].unit == measure.unit:
                at_s = datetime.fromisoformat(visit.screened_at).timestamp()
                points.append((at_s, there[0].value, there[0].u95))
        if sum(value is not None for _, value, _ in points) > 1:
            times, values, widths = zip(*points, strict=True)
            trends.append(Trend(measure.code, measure.view, measure.unit, times, values, widths))
    return trends

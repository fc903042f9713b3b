"""The stations: who is silent, why, and what each runs."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from posture_tools.collector.report import StationLine
from posture_tools.pages import reading
from posture_tools.pages.access import Right, account_of, needs


@needs(Right.SEE)
def stations(request: HttpRequest) -> HttpResponse:
    """Every station of one's sites; those with trouble first."""
    return render(request, "pages/stations.html", _lines(request))


@needs(Right.SEE)
def rows(request: HttpRequest) -> HttpResponse:
    """The table alone, for the page that follows it."""
    return render(request, "pages/station_rows.html", _lines(request))


def _lines(request: HttpRequest) -> dict[str, Any]:
    lines = reading.stations(account_of(request).site_names(), briefly=True)
    lines.sort(key=lambda line: (not _trouble(line), line.station, line.site))
    page = Paginator(lines, reading.PAGE_ROWS).get_page(request.GET.get("page"))
    return {"stations": reading.in_full(page.object_list), "page": page}


def _trouble(line: StationLine) -> bool:
    counts = (line.missing, line.lost, line.broken, line.rejected, line.conflicts)
    return bool(line.silent_s is not None or line.problem or any(counts))


@needs(Right.SEE)
def station(request: HttpRequest, site: str, station: str) -> HttpResponse:
    """One station: everything the fleet knows of it, and its newest visits."""
    line = reading.station(site, station)
    if line is None:
        raise Http404
    found = reading.visits(reading.Search(station=station), (site,))
    context = {"line": line, "visits": found[: reading.PAGE_ROWS]}
    return render(request, "pages/station.html", context)

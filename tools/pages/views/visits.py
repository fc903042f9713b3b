"""Finding a visit, and one visit on a page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from django import forms
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from posture_tools.pages import pictures, reading
from posture_tools.pages.access import Right, account_of, needs
from posture_tools.pages.audit import note, note_watching
from posture_tools.pages.clock import local
from posture_tools.pages.words import language_of

from edge.norms import BANDS, shipped_norms
from edge.report.page import columns, figures, page, summary
from edge.report.reported_visit import ReportedVisit
from edge.report.together import combined
from edge.report.trend import changes
from edge.report.words import Words, words

_WORD = 64
# The sheet brings its own style, and nothing else.
_SHEET = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'"


class SearchForm(forms.Form):
    """What to look for; everything may be left empty."""

    code = forms.CharField(required=False, max_length=_WORD)
    session = forms.CharField(required=False, max_length=_WORD)
    station = forms.CharField(required=False, max_length=_WORD)
    since = forms.DateField(required=False)
    until = forms.DateField(required=False)
    measure = forms.CharField(required=False, max_length=_WORD)
    band = forms.ChoiceField(required=False, choices=[(band, "") for band in ("", *BANDS)])
    skip = forms.IntegerField(required=False, min_value=0, max_value=reading.MOST_SKIPPED)

    def search(self) -> reading.Search:
        """What was asked; a form with a mistake asks for nothing."""
        if not self.is_valid():
            return reading.Search()
        given = {key: value for key, value in self.cleaned_data.items() if value}
        return reading.Search(**given, zone=settings.PAGES.zone)


@needs(Right.SEE)
def search(request: HttpRequest) -> HttpResponse:
    """Visits that fit, newest first."""
    return render(request, "pages/visits.html", _found(request, note))


@needs(Right.SEE)
def rows(request: HttpRequest) -> HttpResponse:
    """The same list alone, for the page that follows it; 204 while nothing is new."""
    found = _found(request, note_watching)
    if request.GET.get("newest", "") == found["newest"]:
        return HttpResponse(status=204)
    return render(request, "pages/visit_rows.html", found)


def _found(request: HttpRequest, noted: Callable[..., None]) -> dict[str, Any]:
    form = SearchForm(request.GET)
    wanted = form.search()
    if not wanted.is_empty:
        told = (wanted.code, wanted.session, wanted.station, wanted.since, wanted.until,
                wanted.measure, wanted.band)  # fmt: skip
        noted(request, "search", about=" ".join(str(word) for word in told if word))
    found = reading.visits(wanted, account_of(request).site_names())
    texts = words(language_of(request))
    codes = shipped_norms().codes
    query = request.GET.copy()
    query.pop("skip", None)
    query.pop("newest", None)
    return {
        "form": form,
        "measures": sorted((texts.measure(code), code) for code in codes),
        "bands": [(band, texts("bands", band)) for band in BANDS],
        "visits": found[: reading.PAGE_ROWS],
        "newest": reading.digest(found),
        "query": query.urlencode(),
        **pager(found, wanted.skip),
    }


def pager(found: list[reading.VisitLine], skip: int) -> dict[str, int | None]:
    """What to skip for the pages before and after one; None where there is none."""
    return {
        "older": skip + reading.PAGE_ROWS if len(found) > reading.PAGE_ROWS else None,
        "newer": max(0, skip - reading.PAGE_ROWS) if skip else None,
    }


@needs(Right.SEE)
def visit(request: HttpRequest, site: str, station: str, session: str) -> HttpResponse:
    """One visit: figures, measures with intervals and bands, what was refused, FMS, trend."""
    as_found = request.GET.get("answer") == "first"
    line, shown = _visit(site, station, session, as_found=as_found)
    note(request, "see", site, f"{station} {session}")
    kept = pictures.visit_for(account_of(request), site, session)
    texts = words(language_of(request))
    return render(
        request,
        "pages/visit.html",
        {"photos": () if kept is None else kept.photos, "as_found": as_found,
         "corrected": as_found or any(seen.by_hand is not None for seen in shown.views),
         "visit": shown, "line": line, "site": site, "station": station, "session": session,
         "figures": figures(shown, texts), "columns": columns(shown, shipped_norms(), texts),
         "summary": summary(shown, shipped_norms(), texts), **_before(shown, line, texts)},
    )  # fmt: skip


def _before(shown: ReportedVisit, line: reading.VisitLine, texts: Words) -> dict[str, Any]:
    """The last visit before, beside this one: its figures, and every change in words."""
    if not shown.before:
        return {"earlier": None}
    earlier, places = shown.before[-1], reading.earlier(line)
    return {
        "earlier": reading.visit_line(*places[0]) if places else None,
        "earlier_figures": figures(earlier, texts),
        "changes": [
            (
                texts.measure(one.measure.code, one.measure.definition),
                texts("page", told[-1].change.verdict),
                told[-1].change.verdict,
            )
            for one in combined(shown)
            if (told := changes(shown, one))
        ],
    }


def _visit(
    site: str, station: str, session: str, *, as_found: bool = False
) -> tuple[reading.VisitLine, ReportedVisit]:
    line = reading.visit_line(site, station, session)
    shown = None if line is None else reading.visit(line, as_found=as_found)
    if line is None or shown is None:
        raise Http404
    return line, shown


@needs(Right.SEE)
def sheet(request: HttpRequest, site: str, station: str, session: str) -> HttpResponse:
    """The visit on one sheet of A4, for the printer."""
    _, shown = _visit(site, station, session)
    note(request, "print", site, f"{station} {session}")
    asked = request.GET.get("lang", language_of(request))
    texts = words(asked if asked in ("en", "zh", "ko", "ja") else "en")
    at = local(shown.screened_at)
    shown = shown if at is None else replace(shown, screened_at=at.isoformat())
    answer = HttpResponse(page(shown, shipped_norms(), texts))
    answer.headers["Content-Security-Policy"] = _SHEET
    return answer

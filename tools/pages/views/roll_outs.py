"""Models and releases on their way through the fleet."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from posture_tools.pages import fleet_reading, reading
from posture_tools.pages.access import Right, account_of, needs
from posture_tools.pages.words import language_of, page_words


@needs(Right.SEE)
def roll_outs(request: HttpRequest) -> HttpResponse:
    """Every file that stations have told of, and how many are how far."""
    found = fleet_reading.roll_outs(reading.store(), account_of(request).site_names())
    words = page_words(language_of(request)).tables["fleet"]
    files = [
        (file, [(code, words[code], count) for code, count in file.counts.items()])
        for file in found
    ]
    return render(request, "pages/roll_outs.html", {"files": files})


@needs(Right.SEE)
def roll_out(request: HttpRequest, sha256: str) -> HttpResponse:
    """One file, station by station."""
    sites = account_of(request).site_names()
    files = [f for f in fleet_reading.roll_outs(reading.store(), sites) if f.sha256 == sha256]
    if not files:
        raise Http404
    words = page_words(language_of(request)).tables["fleet"]
    stations = [
        (each, code := each.progress.value.replace(" ", "_"), words[code])
        for each in fleet_reading.progress(reading.store(), sha256, sites)
    ]
    return render(request, "pages/roll_out.html", {"file": files[0], "stations": stations})

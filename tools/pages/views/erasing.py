"""Erasing a person: here at once, and at every station until it has proved it."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from posture_tools.collector import erasure
from posture_tools.collector.body import now
from posture_tools.collector.worker_key import load_granted
from posture_tools.pages import reading
from posture_tools.pages.access import Right, needs
from posture_tools.pages.audit import note
from posture_tools.pages.problems import told
from posture_tools.pages.words import language_of, page_words

from edge.errors import SettingsInvalid


@needs(Right.ERASE, "GET", "POST")
def erase(request: HttpRequest, site: str, code: str) -> HttpResponse:
    """Ask back with the code typed again; then erase, and say whom the erasure still waits for."""
    found = reading.visits(reading.Search(code=code), (site,))
    say = page_words(language_of(request))
    context: dict[str, Any] = {
        "site": site,
        "code": code,
        "visits": found,
        "problem": "",
        "done": None,
    }
    if request.method == "POST":
        if request.POST.get("again") != code:
            context["problem"] = say("erase", "not_same")
        elif lacks_key(site):
            context["problem"] = say("erase", "no_key")
        else:
            note(request, "erase", site, code)
            try:
                context["done"] = erased(site, code)
            except SettingsInvalid as problem:
                context["problem"] = told(say, problem)
            else:
                context["open"] = erasure.still_open(reading.store(), site)
                context["visits"] = []
    elif not found:
        raise Http404
    else:
        note(request, "see", site, code)
    status = 409 if context["problem"] else 200
    return render(request, "pages/erase.html", context, status=status)


def lacks_key(site: str) -> bool:
    """Whether the stations of a site obey signed commands only, and none can be signed here."""
    return settings.PAGES.keys is None and reading.store().is_closed(site)


def erased(site: str, code: str) -> erasure.Erased:
    """All that was screened under a code, at a station too as soon as it is reached.

    Raises
    ------
    SettingsInvalid : a code that many share, or a command key that is not the site's.
    """
    keys = settings.PAGES.keys
    key = None if keys is None else load_granted(keys, "command")
    at = now()
    try:
        return erasure.erase(reading.store(), site, at, code=code, key=key)
    except ValueError as error:
        raise SettingsInvalid(str(error), "Take the command key of the site.") from error

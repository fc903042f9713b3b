"""Starting a screening: who steps up next, that they agreed, and what no camera sees."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from posture_tools.pages import reading
from posture_tools.pages.access import Right, needs
from posture_tools.pages.badge import LAST_CONSENT, address_of, may_scan
from posture_tools.pages.commanding import ask_screening, is_commanded, understood
from posture_tools.pages.told_form import ToldForm, choices
from posture_tools.pages.words import language_of, page_words


class ScreenForm(ToldForm):
    """One screening asked for."""

    agreed = forms.BooleanField(required=False)


@needs(Right.COMMAND, "GET", "POST")
def screen(request: HttpRequest, site: str, station: str) -> HttpResponse:
    """Ask a station to screen the person who steps up next, and follow what it does. A posted
    `badge` leads to the code as a picture instead."""
    if reading.station(site, station) is None:
        raise Http404
    knows = understood(site, station)
    last = {"consent_version": request.session.get(LAST_CONSENT, ""),
            "code": request.GET.get("code", "")[:64]}  # fmt: skip
    form = ScreenForm(request.POST) if request.method == "POST" else ScreenForm(initial=last)
    answer, problem, status = "", "", 200
    if request.method == "POST" and form.is_valid():
        if "badge" in request.POST:
            return redirect(address_of(site, form.order()))
        answer, problem = _ask(request, site, station, form)
    if request.method == "POST" and not answer:
        status = 409
    context: dict[str, Any] = {
        "form": form,
        "site": site,
        "station": station,
        "answer": answer,
        "problem": problem,
        "code": form.cleaned_data["code"] if answer else "",
        "choices": choices(page_words(language_of(request)), form, knows.inputs),
        "commanded": is_commanded(site),
    }
    return may_scan(render(request, "pages/screen.html", context, status=status))


def _ask(request: HttpRequest, site: str, station: str, form: ScreenForm) -> tuple[str, str]:
    """What the station answered, or why it is not asked or does not."""
    say = page_words(language_of(request))
    if not form.cleaned_data["agreed"]:
        return "", say("operate", "not_agreed")
    order = form.order()
    answered = ask_screening(request, (site, station), order)
    if answered.data is None:
        return "", answered.problem
    request.session[LAST_CONSENT] = order.consent_version
    return say("screen", "waits", order.code), ""

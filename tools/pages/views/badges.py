"""A code to be shown to a station, on a screen or on paper."""

from __future__ import annotations

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from posture_tools.pages import qr
from posture_tools.pages.access import Right, needs
from posture_tools.pages.audit import note
from posture_tools.pages.badge import LAST_CONSENT, is_code, text_of
from posture_tools.pages.told_form import word

from edge.wire.order import Order


class VersionForm(forms.Form):
    """Which text was agreed to."""

    version = word()


@needs(Right.COMMAND)
def badge(request: HttpRequest, site: str, code: str) -> HttpResponse:
    """The badge of a code; it need not have been screened yet. Without a version it is asked for:
    a badge says what its owner has agreed to."""
    if not is_code(code):
        raise Http404
    last = {"version": request.session.get(LAST_CONSENT, "")}
    form = VersionForm(request.GET) if "version" in request.GET else VersionForm(initial=last)
    context = {"site": site, "code": code, "form": form, "picture": "", "version": ""}
    if form.is_valid():
        version = form.cleaned_data["version"]
        note(request, "badge", site, code)
        context |= {"picture": qr.source(text_of(Order(code, version)), 8), "version": version}
    return render(request, "pages/badge.html", context)

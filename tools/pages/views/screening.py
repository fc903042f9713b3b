"""An operator's session: who steps up next, that they agreed, and what no camera sees."""

from __future__ import annotations

from typing import Any

import msgspec
from django import forms
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from posture_tools.collector.command import send
from posture_tools.collector.worker_key import load_granted
from posture_tools.pages import reading
from posture_tools.pages.access import Right, needs
from posture_tools.pages.audit import note
from posture_tools.pages.words import language_of, page_words

from edge.errors import PostureError
from edge.records import Inputs, Order


class ScreenForm(forms.Form):
    """One screening asked for. A code reader types like a keyboard: its field comes first."""

    code = forms.CharField(max_length=64)
    consent_version = forms.CharField(max_length=64)
    stature_mm = forms.FloatField(required=False)
    sex = forms.ChoiceField(required=False, choices=[("", ""), ("female", ""), ("male", "")])
    pain = forms.ChoiceField(required=False, choices=[("", ""), ("yes", ""), ("no", "")])
    clothing_upper = forms.ChoiceField(required=False)
    clothing_lower = forms.ChoiceField(required=False)

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        kinds = [(kind, "") for kind in ("", "bare", "tight", "loose")]
        for half in ("clothing_upper", "clothing_lower"):
            self.fields[half].choices = kinds

    def order(self) -> Order:
        """As the station takes it; msgspec.ValidationError where it would not."""
        given = {key: value for key, value in self.cleaned_data.items() if value not in ("", None)}
        if "pain" in given:
            given["pain"] = given["pain"] == "yes"
        own = ("code", "consent_version")
        inputs = msgspec.convert({k: v for k, v in given.items() if k not in own}, Inputs)
        named = {name: given[name] for name in own}
        return msgspec.convert(named | {"inputs": msgspec.to_builtins(inputs)}, Order)


@needs(Right.COMMAND, "GET", "POST")
def screen(request: HttpRequest, site: str, station: str) -> HttpResponse:
    """Ask a station to screen the person who steps up next, and show its answer."""
    if reading.station(site, station) is None:
        raise Http404
    form = ScreenForm(request.POST) if request.method == "POST" else ScreenForm()
    answer, problem, status = "", "", 200
    if request.method == "POST" and form.is_valid():
        try:
            note(request, "screen", site, f"{station} {form.cleaned_data['code']}")
            answer, problem = _ask(request, site, station, form.order())
        except (msgspec.ValidationError, PostureError) as error:
            problem = str(error)
        status = 200 if answer else 409
    context = {"form": form, "site": site, "station": station, "answer": answer,
               "problem": problem, "code": form.data.get("code", ""),
               "commanded": settings.PAGES.site == site}  # fmt: skip
    return render(request, "pages/screen.html", context, status=status)


def _ask(request: HttpRequest, site: str, station: str, order: Order) -> tuple[str, str]:
    """What the station answered, or why it is not asked or does not."""
    say = page_words(language_of(request))
    config = settings.PAGES
    if config.mqtt is None or config.site != site:
        return "", say("screen", "not_here")
    key = None if config.keys is None else load_granted(config.keys, "command")
    number = reading.store().next_number()
    for _, response in send(config.mqtt, site, [station], "screen", order, number=number, key=key):
        if response is None:
            return "", say("screen", "silent")
        if not response.ok:
            return "", say("screen", "refused", response.problem)
    return say("screen", "waits", order.code), ""

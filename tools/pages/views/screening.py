"""Starting a screening: who steps up next, that they agreed, and what no camera sees."""

from __future__ import annotations

from typing import Any

import msgspec
from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from posture_tools.pages import reading
from posture_tools.pages.access import Right, needs
from posture_tools.pages.commanding import Understood, ask, is_commanded, live_of, understood
from posture_tools.pages.words import language_of, page_words

from edge.wire.order import Inputs, Order

_BADGE = "PS1"  # as a station reads it: PS1:CODE:CONSENT
_LAST_CONSENT = "consent_version"


class ScreenForm(forms.Form):
    """One screening asked for. A code reader types like a keyboard: its field comes first, and a
    badge in it brings the version of the consent along."""

    code = forms.CharField(max_length=140)
    consent_version = forms.CharField(max_length=64, required=False)
    agreed = forms.BooleanField(required=False)
    stature_mm = forms.FloatField(required=False)
    age_years = forms.FloatField(required=False)
    sex = forms.ChoiceField(required=False, choices=[("", ""), ("female", ""), ("male", "")])
    pain = forms.ChoiceField(required=False, choices=[("", ""), ("yes", ""), ("no", "")])
    clothing_upper = forms.ChoiceField(required=False)
    clothing_lower = forms.ChoiceField(required=False)
    footwear = forms.ChoiceField(
        required=False, choices=[(kind, "") for kind in ("", "barefoot", "socks", "shoes")]
    )

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        kinds = [(kind, "") for kind in ("", "bare", "tight", "loose")]
        for half in ("clothing_upper", "clothing_lower"):
            self.fields[half].choices = kinds

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or self.cleaned_data
        kind, *rest = given.get("code", "").split(":")
        if kind == _BADGE and len(rest) == 2:
            given["code"], given["consent_version"] = rest
        return given

    def order(self) -> Order:
        """As the station takes it; msgspec.ValidationError where it would not."""
        given = {key: value for key, value in self.cleaned_data.items() if value not in ("", None)}
        given.pop("agreed")
        if "pain" in given:
            given["pain"] = given["pain"] == "yes"
        own = ("code", "consent_version")
        inputs = msgspec.convert({k: v for k, v in given.items() if k not in own}, Inputs)
        named = {name: given.get(name, "") for name in own}
        return msgspec.convert(named | {"inputs": msgspec.to_builtins(inputs)}, Order)


@needs(Right.COMMAND, "GET", "POST")
def screen(request: HttpRequest, site: str, station: str) -> HttpResponse:
    """Ask a station to screen the person who steps up next, and follow what it does."""
    if reading.station(site, station) is None:
        raise Http404
    knows = understood(site, station)
    last = {"consent_version": request.session.get(_LAST_CONSENT, "")}
    form = ScreenForm(request.POST) if request.method == "POST" else ScreenForm(initial=last)
    answer, problem, status = "", "", 200
    if request.method == "POST" and form.is_valid():
        answer, problem = _ask(request, site, station, form, knows)
        status = 200 if answer else 409
    context: dict[str, Any] = {
        "form": form,
        "site": site,
        "station": station,
        "answer": answer,
        "problem": problem,
        "code": form.cleaned_data["code"] if answer else "",
        "choices": _choices(request, form, knows),
        "commanded": is_commanded(site),
    }
    return render(request, "pages/screen.html", context, status=status)


def _choices(request: HttpRequest, form: ScreenForm, knows: Understood) -> list[tuple[Any, ...]]:
    """Field, label and options with their names, of what this station understands."""
    say = page_words(language_of(request))
    said = say.tables["screen"] | say.tables["operate"]
    labels = {"sex": "sex", "pain": "pain", "clothing_upper": "upper", "clothing_lower": "lower",
              "footwear": "footwear"}  # fmt: skip
    return [
        (
            form[name],
            said[label],
            [(kind, said[kind]) for kind, _ in form.fields[name].choices if kind],
        )
        for name, label in labels.items()
        if name in knows.inputs
    ]


def _ask(
    request: HttpRequest, site: str, station: str, form: ScreenForm, knows: Understood
) -> tuple[str, str]:
    """What the station answered, or why it is not asked or does not."""
    say = page_words(language_of(request))
    if not form.cleaned_data["agreed"]:
        return "", say("operate", "not_agreed")
    try:
        order = form.order()
    except msgspec.ValidationError as error:
        return "", str(error)
    if set(msgspec.to_builtins(order.inputs)) - set(knows.inputs):
        return "", say("operate", "old")
    if (live := live_of(site)) is not None:
        live.listen()
    answered = ask(request, (site, station), "screen", order, about=order.code)
    if answered.data is None:
        return "", answered.problem
    request.session[_LAST_CONSENT] = order.consent_version
    return say("screen", "waits", order.code), ""

"""Aiming a camera without its pictures: points of who stands there, for five minutes at most."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from posture_tools.pages import reading
from posture_tools.pages.access import Right, needs
from posture_tools.pages.audit import note_watching
from posture_tools.pages.commanding import ask, live_of, unheard
from posture_tools.pages.told_form import number_of
from posture_tools.pages.words import language_of, page_words

from edge.report.words import words as report_words
from edge.skeletons import BODY_25, COCO_17
from edge.wire.live import AIM_MOST_S, Aim, AimCommand

# Lines between keypoints by their names, whichever skeleton the station's network has.
_LIMBS = tuple(
    dict.fromkeys(
        (skeleton.keypoints[a], skeleton.keypoints[b])
        for skeleton in (COCO_17, BODY_25)
        for a, b in skeleton.limbs
    )
)


class AimForm(forms.Form):
    """Whose distance is told."""

    stature_mm = number_of("stature_mm")


@needs(Right.COMMAND, "GET", "POST")
def aim(request: HttpRequest, site: str, station: str) -> HttpResponse:
    """Begin or end to aim; the points follow below."""
    if reading.station(site, station) is None:
        raise Http404
    done, problem = _do(request, site, station) if request.method == "POST" else ("", "")
    context = _now(request, site, station) | {"done": done, "problem": problem}
    return render(request, "pages/aim.html", context, status=409 if problem else 200)


@needs(Right.COMMAND)
def now(request: HttpRequest, site: str, station: str) -> HttpResponse:
    """The points that the station sees now."""
    return render(request, "pages/aim_now.html", _now(request, site, station))


def _do(request: HttpRequest, site: str, station: str) -> tuple[str, str]:
    say = page_words(language_of(request))
    begins = request.POST.get("do") == "start"
    form = AimForm(request.POST)
    if begins and not form.is_valid():
        return "", " ".join(form.errors["stature_mm"])
    stature_mm = form.cleaned_data.get("stature_mm") if begins else None
    body = AimCommand(AIM_MOST_S if begins else 0, stature_mm)
    if (live := live_of(site)) is not None:
        live.listen()
    answered = ask(request, (site, station), "aim", body, about=f"{body.seconds:g} s")
    done = say("aim", "begun" if begins else "over")
    return (done, "") if answered.data is not None else ("", answered.problem)


def _now(request: HttpRequest, site: str, station: str) -> dict[str, Any]:
    live = live_of(site)
    seen = None if live is None else live.aim(station)
    prompt = None if live is None else live.prompt(station)
    texts = report_words(language_of(request))
    if seen is not None and seen.points:
        note_watching(request, "see", site, station)
    return {
        "site": site, "station": station, "aim": seen,
        "begun": prompt is not None and prompt.code == "aiming",
        "unheard": unheard(page_words(language_of(request)), live),
        "width": 1000 if seen is None else _place(seen, (1000, 0))[0],
        "middle": 500 if seen is None else _place(seen, (500, 0))[0],
        "lines": [] if seen is None else _lines(seen),
        "dots": [] if seen is None else [_place(seen, at) for at in seen.points.values()],
        "height_pct": None if seen is None or seen.height_part is None else seen.height_part * 100,
        "distance_m": None if seen is None or seen.distance_mm is None else seen.distance_mm / 1000,
        "found": [] if seen is None else [texts.reason(code) for code in seen.found],
    }  # fmt: skip


def _place(seen: Aim, at: tuple[int, int]) -> tuple[int, int]:
    """A point in thousandths of the picture's height, so that what is drawn keeps its shape."""
    width, height = seen.picture_px
    return round(at[0] * width / max(1, height)), at[1]


def _lines(seen: Aim) -> list[tuple[int, int, int, int]]:
    return [
        (*_place(seen, seen.points[a]), *_place(seen, seen.points[b]))
        for a, b in _LIMBS
        if a in seen.points and b in seen.points
    ]

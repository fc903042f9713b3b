"""An operator's session: the prompts that a station gives now, a view once more, the end."""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.html import format_html
from posture_tools.pages import reading
from posture_tools.pages.access import Right, needs
from posture_tools.pages.audit import note_watching
from posture_tools.pages.commanding import ask, live_of, understood, unheard
from posture_tools.pages.problems import in_english, told
from posture_tools.pages.words import language_of, page_words

from edge.report.words import Words
from edge.report.words import words as report_words
from edge.wire.live import EndCommand, Prompting, RepeatCommand

_VIEWS = ("front", "right", "back", "left")


@needs(Right.COMMAND, "GET", "POST")
def session(request: HttpRequest, site: str, station: str) -> HttpResponse:
    """What happens before a station now. A posted `do` is `repeat`, `end` or `take_back`."""
    if reading.station(site, station) is None:
        raise Http404
    done, problem = _do(request, site, station) if request.method == "POST" else ("", "")
    context = _now(request, site, station) | {"done": done, "problem": problem}
    return render(request, "pages/session.html", context, status=409 if problem else 200)


@needs(Right.COMMAND)
def now(request: HttpRequest, site: str, station: str) -> HttpResponse:
    """The part of the page that follows the station; 204 while nothing is new."""
    context = _now(request, site, station)
    if request.GET.get("seen") == context["seen"]:
        return HttpResponse(status=204)
    return render(request, "pages/session_now.html", context)


def _now(request: HttpRequest, site: str, station: str) -> dict[str, Any]:
    live = live_of(site)
    word = None if live is None else live.prompt(station)
    say = page_words(language_of(request))
    views = report_words(language_of(request)).tables["views"]
    results = []
    if word is not None and (who := word.session or word.person):
        note_watching(request, "see", site, f"{station} {who}")
    if word is not None and word.session:
        line = reading.visit_line(site, station, word.session)
        results = [] if line is None else [line]
    seen = hashlib.sha256(repr((word, results, live and live.problem)).encode()).hexdigest()[:16]
    return {
        "site": site, "station": station, "word": word, "results": results, "seen": seen,
        "unheard": unheard(say, live),
        "prompt": "" if word is None else prompt_text(say, word),
        "view": "" if word is None or not word.view else views[word.view],
        "closed": [] if word is None else [(v, views[v]) for v in _VIEWS if v in word.closed],
        "knows": understood(site, station).commands,
    }  # fmt: skip


def prompt_text(say: Words, word: Prompting) -> str:
    """What the person is told, in the language of who reads the page."""
    known = say.tables["prompts"].get(word.code)
    if known and word.code != "other":
        return known
    return format_html(say.tables["prompts"]["other"], in_english(word.code))


def _do(request: HttpRequest, site: str, station: str) -> tuple[str, str]:
    """What was done, or why not."""
    say = page_words(language_of(request))
    asked = {name: request.POST.get(name, "") for name in ("do", "session", "code", "view")}
    body: msgspec.Struct
    try:
        if asked["do"] == "repeat":
            name = "repeat"
            body = msgspec.convert({k: asked[k] for k in ("session", "view")}, RepeatCommand)
            views = report_words(language_of(request)).tables["views"]
            done = f"{say('operate', 'repeated')} {views[body.view]}"
        elif asked["do"] == "end":
            name, done = "end", say("operate", "ended")
            body = msgspec.convert({"session": asked["session"]}, EndCommand)
        else:
            name, done = "end", say("operate", "taken_back")
            body = msgspec.convert({"code": asked["code"]}, EndCommand)
    except msgspec.ValidationError as error:  # no form of ours asks so
        return "", told(say, error)
    about = asked["session"] or asked["code"]
    answered = ask(request, (site, station), name, body, about=f"{about} {asked['view']}")
    return (done, "") if answered.data is not None else ("", answered.problem)

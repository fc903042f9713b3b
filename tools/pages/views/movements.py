"""The seven movements of a visit: the station films, numbers come back, a person confirms."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import Any

import msgspec
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from posture_tools.pages.access import Right, account_of, needs
from posture_tools.pages.audit import note_watching
from posture_tools.pages.commanding import ask, live_of, unheard
from posture_tools.pages.problems import told
from posture_tools.pages.words import language_of, page_words

from edge.fms.rules import shipped_rules
from edge.report import drawing
from edge.report.words import Words
from edge.report.words import words as report_words
from edge.wire.live import Attempt, FmsCommand, FmsSheet

_CHOSEN = ("movement", "side", "filmed", "variation")
_OPAQUE = re.compile(r"[^A-Za-z0-9._-]")


@dataclass(frozen=True, slots=True)
class Shown:
    """One try of a movement, as the page shows it.

    called : movement and side in words. criteria : name, value and verdict of each.
    """

    attempt: Attempt
    called: str
    undecided: str
    by_eye: str
    criteria: list[tuple[str, float | None, str]]
    figure: str


@needs(Right.COMMAND, "GET", "POST")
def sheet(request: HttpRequest, site: str, station: str, session: str) -> HttpResponse:
    """The sheet of one visit. A posted `step` is one of the command's."""
    problem = _do(request, site, station, session) if request.method == "POST" else ""
    live = live_of(site)
    if live is not None and live.sheet(station, session) is None and request.method == "GET":
        show = FmsCommand(session=session, step="show")  # a sheet begun by another page
        problem = ask(request, (site, station), "fms", show, about=session).problem
    rules = shipped_rules()
    known = {name for rule in rules.movements.values() for name in _variations(rule.variations)}
    criteria = page_words(language_of(request)).tables["criteria"]
    movements = report_words(language_of(request)).tables["movements"]
    context = _now(request, site, station, session) | {
        "problem": problem,
        "named_movements": [(name, movements[name]) for name in rules.movements],
        "named_variations": [(name, criteria[name]) for name in sorted(known)],
        "named_tests": [(name, criteria[name]) for name in rules.clearing],
        "last": {
            name: request.POST.get(name, "") for name in ("movement", "side", "filmed", "variation")
        },
    }
    status = 409 if problem and request.method == "POST" else 200
    return render(request, "pages/movements.html", context, status=status)


@needs(Right.COMMAND)
def now(request: HttpRequest, site: str, station: str, session: str) -> HttpResponse:
    """The sheet alone, for the page that follows it; 204 while nothing is new."""
    context = _now(request, site, station, session)
    if request.GET.get("seen") == context["seen"]:
        return HttpResponse(status=204)
    return render(request, "pages/movements_now.html", context)


def _variations(known: dict[str, Any]) -> list[str]:
    """Names of variations, whether or not they depend on the sex."""
    inner = [list(each) for each in known.values() if isinstance(each, dict)]
    return [name for names in inner for name in names] or list(known)


def _now(request: HttpRequest, site: str, station: str, session: str) -> dict[str, Any]:
    live = live_of(site)
    sheet = None if live is None else live.sheet(station, session)
    language = language_of(request)
    say, texts = page_words(language), report_words(language)
    why = unheard(say, live)
    seen = hashlib.sha256(repr((sheet, why)).encode()).hexdigest()[:16]
    if sheet is not None:
        note_watching(request, "see", site, f"{station} {session}")
    return {
        "site": site, "station": station, "session": session, "sheet": sheet, "seen": seen,
        "unheard": why,
        "shown": [] if sheet is None else [_shown(one, say, texts) for one in sheet.attempts],
        "still_open": [] if sheet is None else _open(sheet, say, texts),
        "sides": texts.tables["sides"],
        "filming": "" if sheet is None or not sheet.filming else _called(sheet.filming, "", texts),
    }  # fmt: skip


def _shown(attempt: Attempt, say: Words, texts: Words) -> Shown:
    called = _called(attempt.movement, attempt.side, texts)
    figure = ""
    if attempt.figure:
        group = drawing.draw(attempt.figure, "unknown", (), called)
        figure = drawing.sheet([group], f"{say('fms', 'figure')}: {called}")
    words = say.tables["criteria"]
    return Shown(
        attempt, called,
        texts.listed(words.get(name, name) for name in attempt.undecided),
        texts.listed(words.get(name, name) for name in attempt.by_eye),
        [
            (words.get(each.name, each.name), each.value, say("fms", each.verdict))
            for each in attempt.criteria
        ],
        figure,
    )  # fmt: skip


def _called(movement: str, side: str, texts: Words) -> str:
    name = texts.tables["movements"].get(movement, movement)
    return f"{name} ({texts('sides', side)})" if side else name


def _open(sheet: FmsSheet, say: Words, texts: Words) -> list[tuple[str, str]]:
    """`not_done:hurdle_step_left` and the like in words: each reason, and what it is said of."""
    told: dict[str, list[str]] = {}
    for reason in sheet.open:
        kind, _, name = reason.partition(":")
        stem, _, side = name.rpartition("_")
        if side in ("left", "right") and stem in texts.tables["movements"]:
            called = _called(stem, side, texts)
        else:
            called = texts.tables["movements"].get(name) or say.tables["criteria"].get(name, name)
        told.setdefault(texts.reason(kind), []).append(called)
    return [(reason, texts.listed(names)) for reason, names in told.items()]


def _do(request: HttpRequest, site: str, station: str, session: str) -> str:
    """Why it was not done; empty where it was."""
    given: dict[str, Any] = {
        name: value for name in ("step", *_CHOSEN, "test") if (value := request.POST.get(name, ""))
    }
    if (score := request.POST.get("score", "")) in ("0", "1", "2", "3"):
        given["score"] = int(score)
    given["pain"] = request.POST.get("pain", "") in ("on", "yes")
    given["by"] = _OPAQUE.sub("-", account_of(request).name)[:64] or "operator"
    try:
        body = msgspec.convert(given | {"session": session}, FmsCommand)
    except msgspec.ValidationError as error:
        return told(page_words(language_of(request)), error)
    if (live := live_of(site)) is not None:
        live.listen()
    about = f"{session} {body.step} {body.movement or body.test}".strip()
    return ask(request, (site, station), "fms", body, about=about).problem

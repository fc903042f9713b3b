"""What could not be taken in: shown, taken in after all, or forgotten by who may erase."""

from __future__ import annotations

import json
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.html import format_html
from django.utils.safestring import SafeString
from posture_tools.collector import letters as kept
from posture_tools.pages import fleet_reading, reading
from posture_tools.pages.access import Right, account_of, needs
from posture_tools.pages.audit import note
from posture_tools.pages.problems import in_english
from posture_tools.pages.words import language_of, page_words

from edge.report.words import Words

_MOST_ROWS = 200
_SHOWN_BYTES = 16 * 1024
_KINDS: dict[str, kept.Kind] = {"conflicts": "conflicts", "dead-letters": "dead-letters"}


@needs(Right.SEE)
def letters(request: HttpRequest) -> HttpResponse:
    """All messages that wait for a person, of one's sites; never what is in them."""
    found = fleet_reading.waiting_letters(reading.store(), account_of(request).site_names())
    return render(request, "pages/letters.html", {"letters": found[:_MOST_ROWS]})


@needs(Right.COMMAND, "GET", "POST")
def letter(request: HttpRequest, kind: str, sha256: str) -> HttpResponse:
    """One of them as it came, beside what is stored under its number. A POST takes it in again."""
    named, one = _of(request, kind, sha256)
    say = page_words(language_of(request))
    if request.method == "POST":
        note(request, "replay", one.site, f"{one.station} {sha256[:12]}")
        done, what = kept.replay(reading.store(), named, sha256)
        if done:
            done = format_html(say.tables["fleet"]["replayed"], in_english(what))
            messages.success(request, done)
            return redirect("letters")
        return render(request, "pages/letter.html",
                      _context(named, one) | {"problem": _not_replayed(say, what)},
                      status=409)  # fmt: skip
    note(request, "see letter", one.site, f"{one.station} {sha256[:12]}")
    return render(request, "pages/letter.html", _context(named, one))


@needs(Right.ERASE, "POST")
def resolve(request: HttpRequest, kind: str, sha256: str) -> HttpResponse:
    """Forget one message: somebody has looked at it and keeps the other body, or none."""
    named, one = _of(request, kind, sha256)
    note(request, "resolve", one.site, f"{one.station} {sha256[:12]}")
    kept.erase(reading.store(), named, sha256)
    messages.success(request, page_words(language_of(request))("fleet", "resolved"))
    return redirect("letters")


def _of(request: HttpRequest, kind: str, sha256: str) -> tuple[kept.Kind, kept.Letter]:
    """The message that these digits name, if it is of one's own sites; else 404."""
    for named, one in fleet_reading.waiting_letters(
        reading.store(), account_of(request).site_names()
    ):
        if (named, one.sha256) == (_KINDS.get(kind), sha256):
            return named, one
    raise Http404


def _not_replayed(say: Words, why: str) -> SafeString:
    return format_html(say.tables["fleet"]["not_replayed"], in_english(why))


def _context(kind: kept.Kind, one: kept.Letter) -> dict[str, Any]:
    topic, payload = kept.one(reading.store(), kind, one.sha256)
    taken = reading.store().rows(
        "SELECT body FROM result WHERE site = ? AND station = ? AND epoch = ? AND seq = ?"
        " UNION ALL"
        " SELECT body FROM event WHERE site = ? AND station = ? AND epoch = ? AND seq = ?",
        (one.site, one.station, one.epoch, one.seq) * 2,
    )
    return {
        "kind": kind, "letter": one, "topic": topic, "body": _readable(payload),
        "taken": _readable(bytes(taken[0][0])) if taken else "",
    }  # fmt: skip


def _readable(payload: bytes) -> str:
    """JSON with its lines apart; what is none as it is, without what a page would not show."""
    first, _, _ = payload[:_SHOWN_BYTES].partition(b"\n")
    try:
        return json.dumps(json.loads(first), indent=1, ensure_ascii=False)[:_SHOWN_BYTES]
    except (ValueError, RecursionError):
        return payload[:_SHOWN_BYTES].decode("utf-8", "backslashreplace")

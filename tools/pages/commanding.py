"""Asking something of a station: who may, whether it understands, what it answered, and the log."""

from __future__ import annotations

from typing import Any, NamedTuple

import msgspec
from django.conf import settings
from django.http import HttpRequest
from django.utils.html import format_html
from posture_tools.collector.command import send
from posture_tools.collector.worker_key import load_granted
from posture_tools.pages import reading
from posture_tools.pages.audit import note
from posture_tools.pages.live import Listener, listener
from posture_tools.pages.problems import in_english, told
from posture_tools.pages.words import language_of, page_words

from edge.errors import MessageRefused, PostureError
from edge.report.words import Words
from edge.wire.codec import decode
from edge.wire.order import Order
from edge.wire.presence import Birth

ANSWER, DONE = "answer", "done"  # what the audit log calls the line of an answer, and of a good one
# What every station has understood since there were commands.
_ALWAYS = ("screen", "erase", "resend")
_INPUTS_ALWAYS = (
    "stature_mm", "age_years", "sex", "hand_length_mm", "tibia_height_mm", "pain",
    "clothing_upper", "clothing_lower",
)  # fmt: skip


class Answered(NamedTuple):
    """data : what the station answered; None where it did not, and `problem` says why."""

    data: dict[str, Any] | None
    problem: str = ""


class Understood(NamedTuple):
    """What a station's birth names."""

    commands: tuple[str, ...]
    inputs: tuple[str, ...]


def understood(site: str, station: str) -> Understood:
    """What a station understands; of one that has not said so, what all of them do."""
    for (body,) in reading.store().rows(
        "SELECT birth FROM station WHERE site = ? AND station = ?", (site, station)
    ):
        try:
            birth = decode(bytes(body), Birth)
        except MessageRefused:
            break
        return Understood(birth.commands or _ALWAYS, birth.inputs or _INPUTS_ALWAYS)
    return Understood(_ALWAYS, _INPUTS_ALWAYS)


def is_commanded(site: str) -> bool:
    """Whether stations of this site can be commanded from here."""
    return settings.PAGES.mqtt is not None and settings.PAGES.site == site


def live_of(site: str) -> Listener | None:
    """Who hears the stations of this site; None where nobody does."""
    return listener(settings.PAGES.mqtt, site) if is_commanded(site) else None


def unheard(say: Words, live: Listener | None) -> str:
    """Why nothing is heard of a site's stations now; empty where they are heard."""
    if live is None:
        return say("screen", "not_here")
    return say("operate", "away") if live.problem else ""


def ask(
    request: HttpRequest,
    place: tuple[str, str],
    name: str,
    body: msgspec.Struct,
    *,
    about: str = "",
) -> Answered:
    """Send a command and wait for its answer. Both stand in the audit log.

    place : site and station. about : whom or what it is about, for the log.
    """
    say = page_words(language_of(request))
    site, station = place
    if not is_commanded(site):
        return Answered(None, say("screen", "not_here"))
    if name not in understood(site, station).commands:
        return Answered(None, say("operate", "old"))
    note(request, name, site, f"{station} {about}".strip())
    said = DONE  # as the log has it, whoever reads it
    try:
        answered = _sent(site, station, name, body)
    except PostureError as problem:
        answered, said = Answered(None, told(say, problem)), str(problem)
    else:
        if answered.data is None and not answered.problem:
            answered, said = Answered(None, say("screen", "silent")), "no answer"
        elif answered.problem:
            said = answered.problem
            refused = say.tables["screen"]["refused"]
            answered = Answered(None, format_html(refused, in_english(said.rstrip("."))))
    note(request, ANSWER, site, f"{station} {name}: {said}")
    return answered


def ask_screening(request: HttpRequest, place: tuple[str, str], order: Order) -> Answered:
    """Ask a station to screen somebody, if it understands all that is told of them."""
    if set(msgspec.to_builtins(order.inputs)) - set(understood(*place).inputs):
        return Answered(None, page_words(language_of(request))("operate", "old"))
    if (live := live_of(place[0])) is not None:
        live.listen()
    return ask(request, place, "screen", order, about=order.code)


def _sent(site: str, station: str, name: str, body: msgspec.Struct) -> Answered:
    """Send a command and wait for its answer; without data and problem where none came."""
    config = settings.PAGES
    key = None if config.keys is None else load_granted(config.keys, "command")
    number = reading.store().next_number()
    for _, response in send(config.mqtt, site, [station], name, body, number=number, key=key):
        if response is not None:
            return Answered(response.data if response.ok else None, response.problem)
    return Answered(None)

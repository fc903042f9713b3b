"""Commands from the clinic's side: signed, numbered, carried out once each, and never retained."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from edge.errors import MessageRefused, PostureError
from edge.mqtt.events import Arrived
from edge.results.outbox import Outbox
from edge.wire.clock import Instant, utc_ns_of
from edge.wire.codec import decode, encode
from edge.wire.commands import Command, ResendCommand, Response
from edge.wire.topics import Topics, parse
from edge.wire.trust import SiteTrust

log = logging.getLogger(__name__)

# The collector repeats it until the station's signed event answers; MQTT 3.1.1 carries it too.
AGAIN = "erase"

Handler = Callable[[bytes], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Answer:
    """What to publish, and where; nowhere, if nobody asked for an answer."""

    topic: str
    body: bytes
    correlation: bytes


class Commands:
    """Runs `resend` and what the station adds (`erase`, `screen`, ...).

    handlers : name to handler; a handler gets the command's data as JSON, returns JSON values, is
    quick, and raises PostureError to refuse.
    """

    def __init__(
        self, outbox: Outbox, topics: Topics, trust: SiteTrust, handlers: Mapping[str, Handler]
    ) -> None:
        self._outbox = outbox
        self._trust = trust
        self._response = re.compile(re.escape(topics.response("")) + r"[A-Za-z0-9][\w.-]{0,63}")
        self._handlers = {"resend": self._resend, **handlers}

    @property
    def names(self) -> tuple[str, ...]:
        """What this station understands."""
        return tuple(self._handlers)

    def answer(self, message: Arrived) -> Answer:
        """Carry out a command, once, and answer it as often as it comes.

        Raises
        ------
        MessageRefused : nobody may be answered: not signed, retained, without correlation data or
            with a response topic that is not this station's.
        """
        name = parse(message.topic).channel.removeprefix("cmd/")
        asks = bool(message.correlation)
        if message.retained or not (asks or name == AGAIN):
            raise MessageRefused(f"{name} is retained, or has no correlation data.")
        if asks and not self._response.fullmatch(message.response_topic):
            raise MessageRefused(f"the response topic of {name} is not this station's.")
        sealed = self._trust.open(message.body, message.topic, "command")
        command = decode(sealed.body, Command)
        known = self._outbox.begin_command(command.number, sealed.seal.sha256, again=name == AGAIN)
        if known is None:
            known = encode(self._carry_out(name, command))
            self._outbox.end_command(command.number, known)
        return Answer(message.response_topic if asks else "", known, message.correlation)

    def _carry_out(self, name: str, command: Command) -> Response:
        handler = self._handlers.get(name)
        if handler is None:
            return Response(name, False, f"unknown command; known: {', '.join(self._handlers)}")
        if _is_late(command, self._outbox.now()):
            return Response(name, False, f"it was to be carried out before {command.expires}")
        try:
            return Response(name, True, data=handler(msgspec.json.encode(command.data)))
        except PostureError as error:
            return Response(name, False, str(error))
        except Exception:
            log.exception("command %s failed", name)
            return Response(name, False, "the command failed; the station's journal says why")

    def _resend(self, body: bytes) -> dict[str, Any]:
        command = decode(body, ResendCommand)
        return {"ranges": self._outbox.requeue(command.first, command.last)}


def _is_late(command: Command, now: Instant) -> bool:
    """Only a clock that is right may say so."""
    return (
        bool(command.expires) and now.state == "synced" and now.utc_ns > utc_ns_of(command.expires)
    )

"""Commands from the clinic's side: never retained, answered once for each correlation id."""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from edge.errors import PostureError
from edge.mqtt.events import Arrived
from edge.results.outbox import Outbox
from edge.wire.messages import EraseCommand, ResendCommand, Response, decode, encode
from edge.wire.topics import Topics, parse

log = logging.getLogger(__name__)

Handler = Callable[[bytes], dict[str, Any]]
_REMEMBERED = 256


@dataclass(frozen=True, slots=True)
class Answer:
    """What to publish, and where."""

    topic: str
    body: bytes
    correlation: bytes


class Commands:
    """Runs `resend`, `erase` and what the station adds (`selftest`, ...).

    extra : name to handler; a handler gets the command's body, returns JSON values, is quick, and
    raises PostureError to refuse.
    """

    def __init__(self, outbox: Outbox, topics: Topics, extra: Mapping[str, Handler]) -> None:
        self._outbox = outbox
        self._topics = topics
        self._handlers = {"resend": self._resend, "erase": self._erase, **extra}
        self._answered: OrderedDict[bytes, bytes] = OrderedDict()

    def answer(self, command: Arrived) -> Answer | None:
        """Carry out a command, once; None where nothing may be answered.

        A retained command would run again at each reconnect, and one without correlation id at
        each redelivery: neither is carried out.
        """
        name = parse(command.topic).channel.removeprefix("cmd/")
        if command.retained or not command.correlation:
            log.warning("command %s ignored: retained, or without correlation data", name)
            return None
        if not command.response_topic.startswith(self._topics.response("")):
            log.warning("command %s ignored: its response topic is not this station's", name)
            return None
        body = self._answered.get(command.correlation)
        if body is None:
            body = encode(self._carry_out(name, command.body))
            self._answered[command.correlation] = body
            if len(self._answered) > _REMEMBERED:
                self._answered.popitem(last=False)
        return Answer(command.response_topic, body, command.correlation)

    def _carry_out(self, name: str, body: bytes) -> Response:
        handler = self._handlers.get(name)
        if handler is None:
            return Response(name, False, f"unknown command; known: {', '.join(self._handlers)}")
        try:
            return Response(name, True, data=handler(body))
        except PostureError as error:
            return Response(name, False, str(error))
        except Exception:
            log.exception("command %s failed", name)
            return Response(name, False, "the command failed; the station's journal says why")

    def _resend(self, body: bytes) -> dict[str, Any]:
        command = decode(body, ResendCommand)
        return {"ranges": self._outbox.requeue(command.first, command.last)}

    def _erase(self, body: bytes) -> dict[str, Any]:
        command = decode(body, EraseCommand)
        return {"ranges": self._outbox.erase(command.session, command.seqs)}

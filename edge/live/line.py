"""The line between the two processes: wishes of an operator down, answers and live words up.

A wish that the engine does not take in time is void at both ends, so nothing happens that the
operator was told had not.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from edge.errors import NOT_JSON, MessageRefused, PostureError
from edge.live.mailbox import Mailbox
from edge.wire.live import LIVE, LiveKind

_ENGINE, _UPLINK = "engine.sock", "uplink.sock"
PATIENCE_S = 3.0  # more than a frame while nobody is there, and a close look at a hold


class Wish(msgspec.Struct, frozen=True):
    """One command for the engine. until_ns : CLOCK_BOOTTIME."""

    number: int
    name: str
    data: dict[str, Any]
    until_ns: int


class _Answer(msgspec.Struct, frozen=True, tag_field="is", tag="answer"):
    number: int
    problem: str = ""
    data: dict[str, Any] = {}


class _Word(msgspec.Struct, frozen=True, tag_field="is", tag="word"):
    kind: LiveKind
    body: msgspec.Raw


Handler = Callable[[dict[str, Any]], dict[str, Any]]


class EngineEnd:
    """The engine's. folder : its state folder."""

    def __init__(self, folder: Path) -> None:
        self._box = Mailbox(folder, _ENGINE)

    def serve(self, handlers: Mapping[str, Handler]) -> None:
        """Carry out the wishes that came and answer each; a handler refuses by PostureError."""
        for message in self._box.take():
            try:
                wish = msgspec.json.decode(message, type=Wish)
            except NOT_JSON:
                continue
            if time.clock_gettime_ns(time.CLOCK_BOOTTIME) <= wish.until_ns:
                answer = _carried_out(wish, handlers)
                self._box.send(_UPLINK, msgspec.json.encode(answer))

    def say(self, kind: LiveKind, message: msgspec.Struct) -> None:
        """Tell a live word to the uplink, if it listens now."""
        body = msgspec.Raw(msgspec.json.encode(message))
        self._box.send(_UPLINK, msgspec.json.encode(_Word(kind, body)))


def _carried_out(wish: Wish, handlers: Mapping[str, Handler]) -> _Answer:
    handler = handlers.get(wish.name)
    if handler is None:
        return _Answer(wish.number, f"this engine knows no {wish.name}.")
    try:
        return _Answer(wish.number, data=handler(wish.data))
    except PostureError as refusal:
        return _Answer(wish.number, str(refusal))


class UplinkEnd:
    """The uplink's."""

    def __init__(self, folder: Path) -> None:
        self._box = Mailbox(folder, _UPLINK)
        self._number = 0
        self._words: list[tuple[LiveKind, bytes]] = []

    def ask(self, name: str, data: dict[str, Any]) -> dict[str, Any]:
        """Send a wish to the engine.

        Raises
        ------
        MessageRefused : it refuses, does not run, or looks at no frames now.
        """
        self._number += 1
        until_s = time.clock_gettime(time.CLOCK_BOOTTIME) + PATIENCE_S
        wish = Wish(self._number, name, data, int(until_s * 1e9))
        if not self._box.send(_ENGINE, msgspec.json.encode(wish)):
            raise MessageRefused("the engine does not run.", "Look at the station's problem.")
        while (left_s := until_s - time.clock_gettime(time.CLOCK_BOOTTIME)) > 0.0:
            for answer in self._read(left_s):
                if answer.number != self._number:
                    continue
                if answer.problem:
                    raise MessageRefused(answer.problem)
                return answer.data
        raise MessageRefused(
            "the engine looks at no frames now, and has not taken it.", "Say it again in a moment."
        )

    def asking(self, name: str, kind: type[msgspec.Struct]) -> Callable[[bytes], dict[str, Any]]:
        """A handler of the command `name`, whose data must be of this kind."""

        def handle(body: bytes) -> dict[str, Any]:
            try:
                wanted = msgspec.json.decode(body, type=kind)
            except NOT_JSON as error:
                raise MessageRefused(f"not a {name}: {error}.") from error
            return self.ask(name, msgspec.to_builtins(wanted))

        return handle

    def heard(self) -> Iterator[tuple[LiveKind, bytes]]:
        """Live words since the last time, each as the engine said it, of each kind the newest."""
        self._read(0.0)  # an answer in it came too late
        newest = dict(self._words)
        self._words.clear()
        yield from newest.items()

    def _read(self, wait_s: float) -> list[_Answer]:
        """Answers that came; words are kept until somebody wants to hear them."""
        answers = []
        for message in self._box.take(wait_s):
            try:
                said = msgspec.json.decode(message, type=_Answer | _Word)
                if isinstance(said, _Word):
                    self._words.append((said.kind, _checked(said)))
            except NOT_JSON:
                continue
            if isinstance(said, _Answer):
                answers.append(said)
        return answers


def _checked(word: _Word) -> bytes:
    """Only what the contract names leaves the station, whoever wrote it into the socket."""
    return msgspec.json.encode(msgspec.json.decode(word.body, type=LIVE[word.kind]))

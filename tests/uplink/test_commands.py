"""What a station answers to commands, and which it carries out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from posture_tools.collector.worker_key import plain_payload

from edge.errors import MessageRefused, SettingsInvalid
from edge.mqtt.events import Arrived
from edge.results.outbox import Outbox
from edge.uplink.commands import Commands
from edge.wire.codec import decode, encode
from edge.wire.commands import Command, Response
from edge.wire.topics import Topics
from edge.wire.trust import SiteTrust

TOPICS = Topics("north", "hall-1")


class Desk:
    """A station that believes whoever reaches its broker. carried_out : what was commanded."""

    def __init__(self, outbox: Outbox) -> None:
        self.carried_out: list[Any] = []
        trust = SiteTrust("north", None, outbox.floor, outbox.raise_floor)
        handlers = {"screen": self._screen, "refuse": self._refuse, "break": self._break}
        self.commands = Commands(outbox, TOPICS, trust, handlers)

    def _screen(self, body: bytes) -> dict[str, Any]:
        self.carried_out.append(msgspec.json.decode(body))
        return {"n": len(self.carried_out)}

    def _refuse(self, _body: bytes) -> dict[str, Any]:
        raise SettingsInvalid("Nobody is there.", "Come later.")

    def _break(self, _body: bytes) -> dict[str, Any]:
        raise ZeroDivisionError

    def asked(self, name: str, command: Command, **other: Any) -> Response:
        topic = TOPICS.command(name)
        about: dict[str, Any] = {
            "topic": topic, "body": plain_payload("command", topic, encode(command)),
            "retained": False, "mid": 1, "qos": 1, "correlation": b"7",
            "response_topic": TOPICS.response("op"),
        }  # fmt: skip
        answer = self.commands.answer(Arrived(**about | other))
        assert (answer.topic, answer.correlation) == (TOPICS.response("op"), b"7")
        return decode(answer.body, Response)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with Outbox.open(
        tmp_path / "outbox.db",
        site="north", station="hall-1", limit_bytes=1_000_000, at_limit="refuse",
    ) as outbox:  # fmt: skip
        yield Desk(outbox)


def test_a_command_is_carried_out_once_and_answered_as_often_as_it_comes(desk: Desk) -> None:
    command = Command(number=4, data={"code": "p-17"})
    for _ in range(3):
        assert desk.asked("screen", command) == Response("screen", True, data={"n": 1})
    assert desk.carried_out == [{"code": "p-17"}]


@pytest.mark.parametrize(
    ("name", "expires", "problem"),
    [
        ("fly", "", "unknown command; known: resend, screen, refuse, break"),
        ("refuse", "", "Nobody is there."),
        ("break", "", "the command failed; the station's journal says why"),
    ],
)
def test_what_was_not_done_is_said_not_to_be(
    desk: Desk, name: str, expires: str, problem: str
) -> None:
    found = desk.asked(name, Command(number=4, expires=expires))
    assert (found.command, found.ok, found.data) == (name, False, {})
    assert found.problem.startswith(problem)
    assert desk.carried_out == []


@pytest.mark.parametrize(
    "other",
    [{"retained": True}, {"correlation": b""}, {"response_topic": "ps/v2/north/hall-2/rsp/op"},
     {"response_topic": TOPICS.response("")}],
)  # fmt: skip
def test_who_could_not_be_answered_commands_nothing(desk: Desk, other: dict[str, Any]) -> None:
    with pytest.raises(MessageRefused):
        desk.asked("screen", Command(number=4), **other)
    assert desk.carried_out == []

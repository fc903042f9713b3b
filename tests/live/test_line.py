"""The line between engine and uplink: who is there, who is late, and what may not pass."""

from __future__ import annotations

import threading
from pathlib import Path

import msgspec
import pytest

from edge.errors import CommandRefused, MessageRefused
from edge.live import line as line_module
from edge.live.line import EngineEnd, UplinkEnd
from edge.live.mailbox import Mailbox
from edge.wire.live import OPERATING, EndCommand, Prompting


@pytest.fixture
def deep(tmp_path: Path) -> Path:
    """A folder whose name alone is longer than a socket's may be."""
    folder = tmp_path / ("a" * 60) / ("b" * 60)
    folder.mkdir(parents=True)
    return folder


def serving(engine: EngineEnd, handlers: dict, stop: threading.Event) -> threading.Thread:
    def serve() -> None:
        while not stop.wait(0.01):
            engine.serve(handlers)

    thread = threading.Thread(target=serve)
    thread.start()
    return thread


def refuse(_: dict) -> dict:
    raise CommandRefused("the visit is over.", "Start another.")


def test_a_wish_is_carried_out_and_answered(deep: Path) -> None:
    engine, uplink, stop = EngineEnd(deep), UplinkEnd(deep), threading.Event()
    thread = serving(engine, {"end": lambda data: {"ended": data["session"]}}, stop)
    try:
        ask = uplink.asking("end", EndCommand)
        assert ask(b'{"session": "s-1"}') == {"ended": "s-1"}
        with pytest.raises(MessageRefused, match="either a session or a code"):
            ask(b"{}")
        with pytest.raises(MessageRefused, match="knows no aim"):
            uplink.ask("aim", {})
    finally:
        stop.set()
        thread.join()


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("repeat", {"session": "s-1", "view": "front"}),
        ("end", {"session": "s-1"}),
        ("end", {"code": "p-17"}),
        ("aim", {"seconds": 0}),
        ("fms", {"session": "s-1", "step": "show"}),
    ],
)
def test_a_command_is_the_same_at_both_ends(deep: Path, name: str, data: dict) -> None:
    engine, uplink, stop = EngineEnd(deep), UplinkEnd(deep), threading.Event()
    taken: list[msgspec.Struct] = []

    def take(told: dict) -> dict:
        taken.append(msgspec.convert(told, OPERATING[name]))
        return {}

    thread = serving(engine, {name: take}, stop)
    try:
        uplink.asking(name, OPERATING[name])(msgspec.json.encode(data))
    finally:
        stop.set()
        thread.join()
    assert taken == [msgspec.convert(data, OPERATING[name])]


def test_a_refusal_comes_back_in_its_words(deep: Path) -> None:
    engine, uplink, stop = EngineEnd(deep), UplinkEnd(deep), threading.Event()
    thread = serving(engine, {"end": refuse}, stop)
    try:
        with pytest.raises(MessageRefused, match="the visit is over"):
            uplink.ask("end", {})
    finally:
        stop.set()
        thread.join()


def test_without_an_engine_the_wish_is_refused_at_once(deep: Path) -> None:
    with pytest.raises(MessageRefused, match="does not run"):
        UplinkEnd(deep).ask("end", {})


def test_a_wish_that_comes_too_late_is_void_at_both_ends(
    deep: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(line_module, "PATIENCE_S", 0.05)
    engine, uplink = EngineEnd(deep), UplinkEnd(deep)
    with pytest.raises(MessageRefused, match="looks at no frames"):
        uplink.ask("end", {})
    done: list[dict] = []
    engine.serve({"end": lambda data: done.append(data) or {}})
    assert done == []


def test_of_live_words_the_newest_of_each_kind_is_heard_once(deep: Path) -> None:
    engine, uplink = EngineEnd(deep), UplinkEnd(deep)
    for code in ("settling", "holding"):
        engine.say("prompt", Prompting(code=code))
    [(kind, body)] = uplink.heard()
    assert kind == "prompt"
    assert msgspec.json.decode(body, type=Prompting).code == "holding"
    assert list(uplink.heard()) == []


def test_nothing_but_what_the_contract_names_leaves_the_station(deep: Path) -> None:
    uplink = UplinkEnd(deep)
    stranger = Mailbox(deep, "stranger.sock")
    word = b'{"is":"word","kind":"prompt","body":{"schema":"ps.prompt/1","code":"x","pixels":[1]}}'
    assert stranger.send("uplink.sock", word)
    [(_, body)] = uplink.heard()
    assert b"pixels" not in body
    for damaged in (
        b"no json",
        b'{"is":"word","kind":"prompt","body":{"schema":"ps.prompt/1","code":"NOT ONE"}}',
        b'{"is":"word","kind":"frames","body":{}}',
    ):
        assert stranger.send("uplink.sock", damaged)
    assert list(uplink.heard()) == []


def test_the_newest_process_has_the_name(deep: Path) -> None:
    old, new = EngineEnd(deep), EngineEnd(deep)
    uplink, asked = UplinkEnd(deep), []
    line = threading.Thread(target=lambda: asked.append(uplink.ask("end", {"session": "x"})))
    line.start()
    while line.is_alive():
        old.serve({"end": lambda _: {"by": "old"}})
        new.serve({"end": lambda _: {"by": "new"}})
    line.join()
    assert asked == [{"by": "new"}]


def test_an_engine_that_never_reads_holds_nobody_up(deep: Path) -> None:
    EngineEnd(deep)
    uplink, engine = UplinkEnd(deep), EngineEnd(deep)
    for _ in range(2000):  # more than the kernel keeps
        engine.say("prompt", Prompting(code="holding"))
    assert [kind for kind, _ in uplink.heard()] == ["prompt"]

"""`python -m posture_tools.demo FOLDER`: the stage of `posture-station demo`, until stdin closes.

Out: a line of JSON (`Stage`) once everything listens; then lines for people, and between them one
of JSON (`Told`), once all that is replayed is stored.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import cv2
import msgspec
from posture_tools.collector.broker import broker
from posture_tools.demo.people import picture
from posture_tools.demo.story import tell_story

from edge.errors import PartMissing
from edge.mqtt.settings import MqttSettings

_SITE, _NAME = "desk", "anna"
_PROGRAM = (sys.executable, "-m", "posture_tools.collector")


class Stage(msgspec.Struct, frozen=True):
    """Where everything is. photo : of a rendered person, for trying an upload."""

    broker: str
    host: str
    port: int
    store: str
    pages: str
    name: str
    password: str
    photo: str


class Told(msgspec.Struct, frozen=True):
    """How many messages the replayed stations had, and how many the collector has confirmed."""

    messages: int
    confirmed: int


_STATIONS = 2
_SAYING = threading.Lock()


def main(folder: Path) -> None:
    store, photo = folder / "collector.db", folder / "rendered-person.jpg"
    stop = threading.Event()
    threading.Thread(target=_set_at_end_of_stdin, args=(stop,), daemon=True).start()
    with ExitStack() as stack:
        running = stack.enter_context(broker())
        address = f"{running.host}:{running.port}"
        at = ("--store", str(store), "--site", _SITE, "--broker", address)
        _ready(stack.enter_context(_child("run", *at)), "collector")
        added = subprocess.run(
            [*_PROGRAM, "account", "add", _NAME, "--role", "admin", "--store", str(store)],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True,
        )  # fmt: skip
        if stop.is_set():
            return
        pages = stack.enter_context(_child("serve", "--port", "0", "--commands", "--uploads", *at))
        where = _ready(pages, "pages").split()[-1]
        cv2.imwrite(str(photo), picture("front", seed=3, shoulder_tilt=4.0))
        password = added.stdout.partition("Password: ")[2].strip()
        _say(
            Stage(running.name, running.host, running.port, str(store), where, _NAME, password,
                  str(photo))
        )  # fmt: skip
        mqtt = MqttSettings(host=running.host, port=running.port)
        counts: list[tuple[int, int]] = []

        def told(messages: int, confirmed: int) -> None:
            counts.append((messages, confirmed))
            if len(counts) == _STATIONS:
                _say(Told(*(sum(column) for column in zip(*counts, strict=True))))

        def story() -> None:
            tell_story(mqtt, _SITE, stop, told_line, told)

        thread = threading.Thread(target=story)
        thread.start()
        stop.wait()
        thread.join()


def _set_at_end_of_stdin(stop: threading.Event) -> None:
    # Not by `sys.stdin`: its lock, held by a thread that waits, would stop Python from ending.
    while os.read(0, 4096):
        pass
    stop.set()


def _say(what: msgspec.Struct) -> None:
    told_line(msgspec.json.encode(what).decode())


def told_line(text: str) -> None:
    """Whole, whoever else says something: each replayed station tells in a thread of its own."""
    with _SAYING:
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()


@contextmanager
def _child(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    child = subprocess.Popen([*_PROGRAM, *arguments], stdout=subprocess.PIPE, text=True)
    try:
        yield child
    finally:
        child.terminate()
        child.wait(timeout=30)


def _ready(child: subprocess.Popen[str], what: str) -> str:
    line = child.stdout.readline() if child.stdout else ""
    if not line:
        raise PartMissing(f"the {what} of the demo did not start.", "Run `make setup` again.")
    return line


if __name__ == "__main__":
    main(Path(sys.argv[1]))

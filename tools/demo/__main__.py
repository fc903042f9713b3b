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


class _SettingUp:
    """What is started until everything listens: whoever stops the demo waits for none of it."""

    def __init__(self) -> None:
        self.stop = threading.Event()
        self._children: list[subprocess.Popen[str]] = []
        threading.Thread(target=self._end_with_stdin, daemon=True).start()

    @contextmanager
    def child(self, *arguments: str) -> Iterator[subprocess.Popen[str]]:
        """A verb of the collector, until the context ends."""
        child = subprocess.Popen(
            [*_PROGRAM, *arguments],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        self._children.append(child)
        try:
            if self.stop.is_set():
                child.terminate()
            yield child
        finally:
            child.terminate()
            child.wait(timeout=30)

    def done(self) -> None:
        """From here on everything ends in order."""
        self._children.clear()

    def _end_with_stdin(self) -> None:
        # Not by `sys.stdin`: its lock, held by a thread that waits, would stop Python from ending.
        while os.read(0, 4096):
            pass
        self.stop.set()
        for child in list(self._children):
            child.terminate()


def main(folder: Path) -> None:
    setting_up = _SettingUp()
    try:
        _stage(folder, setting_up)
    except PartMissing:
        if not setting_up.stop.is_set():
            raise


def _stage(folder: Path, setting_up: _SettingUp) -> None:
    store, photo = folder / "collector.db", folder / "rendered-person.jpg"
    stop = setting_up.stop
    with ExitStack() as stack:
        running = stack.enter_context(broker())
        address = f"{running.host}:{running.port}"
        at = ("--store", str(store), "--site", _SITE, "--broker", address)
        _ready(stack.enter_context(setting_up.child("run", *at)), "collector")
        account = ("account", "add", _NAME, "--role", "admin", "--store", str(store))
        with setting_up.child(*account) as adding:
            added = adding.communicate()[0]
        if adding.returncode:
            raise PartMissing("the demo's account was not made.", "Run `make setup` again.")
        pages = stack.enter_context(
            setting_up.child("serve", "--port", "0", "--commands", "--uploads", *at)
        )
        where = _ready(pages, "pages").split()[-1]
        cv2.imwrite(str(photo), picture("front", seed=3, shoulder_tilt=4.0))
        password = added.partition("Password: ")[2].strip()
        setting_up.done()
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


def _say(what: msgspec.Struct) -> None:
    told_line(msgspec.json.encode(what).decode())


def told_line(text: str) -> None:
    """Whole, whoever else says something: each replayed station tells in a thread of its own."""
    with _SAYING:
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()


def _ready(child: subprocess.Popen[str], what: str) -> str:
    line = child.stdout.readline() if child.stdout else ""
    if not line:
        raise PartMissing(f"the {what} of the demo did not start.", "Run `make setup` again.")
    return line


if __name__ == "__main__":
    main(Path(sys.argv[1]))

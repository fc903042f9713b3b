"""The demo as somebody sees it who has never seen the product, and as a build server runs it."""

from __future__ import annotations

import fcntl
import io
import os
import pty
import re
import signal
import struct
import subprocess
import sys
import termios
import threading
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.cookiejar import CookieJar
from pathlib import Path

import pytest
from conftest import missing
from posture_tools.demo import __main__ as stage

ROOT = Path(__file__).resolve().parents[2]
DEMO = [sys.executable, "-m", "edge", "demo", "--source",
        "mannequin:?view=front&seconds=40&seed=12"]  # fmt: skip
pytestmark = [pytest.mark.broker, pytest.mark.timeout(900)]


@pytest.fixture
def demo(mosquitto: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(DEMO, stdout=subprocess.PIPE, text=True)
    yield process
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=300)


def until(process: subprocess.Popen[str], said: str) -> str:
    assert process.stdout is not None
    for line in process.stdout:
        if said in line:
            return line
    raise AssertionError(f"the demo ended without {said!r}")


def entered(line: str) -> Callable[[str], str]:
    """A reader who logs in with what the demo has printed."""
    address, name, password = re.search(r"(http\S+)/\s+name (\S+)\s+password (\S+)", line).groups()  # type: ignore[union-attr]
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
    form = opener.open(f"{address}/enter/").read().decode()
    token = re.search('csrfmiddlewaretoken" value="([^"]+)', form)[1]  # type: ignore[index]
    told = {"username": name, "password": password, "csrfmiddlewaretoken": token}
    opener.open(f"{address}/enter/", urllib.parse.urlencode(told).encode())
    return lambda path: opener.open(f"{address}{path}").read().decode()


def eventually(holds: Callable[[], bool], most_s: float = 300.0) -> None:
    until_s = time.monotonic() + most_s
    while not holds():
        assert time.monotonic() < until_s
        time.sleep(0.5)


class Terminal:
    """A window of 80 columns, which is read all the time: who does not read holds up the writer."""

    def __init__(self) -> None:
        self._ours, self.theirs = pty.openpty()
        fcntl.ioctl(self.theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        self._shown = b""
        self._thread = threading.Thread(target=self._read)
        self._thread.start()

    def _read(self) -> None:
        with suppress(OSError):  # the other end is closed
            while more := os.read(self._ours, 4096):
                self._shown += more

    @property
    def shown(self) -> str:
        """Without colours."""
        return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", self._shown.decode(errors="replace"))

    def close(self) -> None:
        self._thread.join()
        os.close(self._ours)


@pytest.fixture
def terminal(mosquitto: str) -> Iterator[Terminal]:
    """Before which somebody has typed `make demo`."""
    if not (ROOT / ".venv" / ".ready").exists():
        missing("what `make setup` sets up")
    terminal = Terminal()
    make = ["make", "-o", ".venv/.ready", "demo"]  # what is set up stays as it is
    with subprocess.Popen(
        make, cwd=ROOT, stdin=terminal.theirs, stdout=terminal.theirs, stderr=terminal.theirs,
        start_new_session=True, env={**os.environ, "TERM": "xterm-256color"},
    ) as process:  # fmt: skip
        os.close(terminal.theirs)
        yield terminal
        os.killpg(process.pid, signal.SIGINT)  # Ctrl-C reaches everybody at a terminal
        assert process.wait(timeout=300) in (0, 2, -signal.SIGINT)  # as make tells of it
    terminal.close()


def test_stations_that_tell_at_once_run_not_into_one_another(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Slow(io.StringIO):
        """A terminal to which others may write between any two letters."""

        def write(self, text: str) -> int:
            for letter in text:
                super().write(letter)
                time.sleep(0)
            return len(text)

    shown = Slow()
    monkeypatch.setattr(sys, "stdout", shown)
    lines = [f"station {number} " + "tells " * 30 for number in range(8)]
    threads = [threading.Thread(target=stage.told_line, args=(line,)) for line in lines]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(shown.getvalue().splitlines()) == lines


def test_at_a_terminal_a_new_user_is_let_in_and_finds_the_whole_product(
    terminal: Terminal,
) -> None:
    eventually(lambda: re.search(r"password \S+\s", terminal.shown) is not None)
    read = entered(" ".join(terminal.shown.split()))
    assert "Visits" in read("/visits/")
    eventually(lambda: "P-1001" in read("/visits/") and "P-1002" in read("/visits/"))
    eventually(lambda: "data-shoulder_tilt-front" in read("/people/desk/P-1001/"))
    eventually(lambda: "silent for" in read("/stations/desk/hall-west/"))
    assert "rendered" in read("/visits/desk/hall-east/summer/")


def test_elsewhere_it_ends_when_all_is_delivered_and_the_summary_counts(
    demo: subprocess.Popen[str],
) -> None:
    summary = until(demo, "frames seen")
    accepted, stored, messages, confirmed = map(
        int,
        re.search(
            r"(\d+) results accepted .* (\d+) stored by the collector; of (\d+) replayed messages"
            r" (\d+)", summary,
        ).groups(),  # type: ignore[union-attr]
    )  # fmt: skip
    assert accepted == stored > 0
    assert messages == confirmed > 10
    assert demo.wait(timeout=300) == 0


@pytest.mark.parametrize("without_mosquitto", [False, True])
def test_stopped_while_it_is_set_up_it_ends_at_once_and_leaves_nobody(
    without_mosquitto: bool, tmp_path: Path
) -> None:
    """As a service manager stops it, or somebody who has changed his mind."""
    path = str(tmp_path) if without_mosquitto else os.environ["PATH"]
    with subprocess.Popen(
        DEMO, stdout=subprocess.PIPE, text=True, start_new_session=True,
        env={**os.environ, "PATH": path, "TMPDIR": str(tmp_path)},
    ) as process:  # fmt: skip
        until(process, "setting up")
        time.sleep(2.0)  # into the middle of it
        process.send_signal(signal.SIGTERM)
        said, _ = process.communicate(timeout=60)  # whoever is left would hold the pipe
    assert process.returncode == 0
    assert "frames seen" not in said
    assert not list(tmp_path.iterdir()), "its folder is gone"

"""Runs the code blocks of a guide, and only those, as somebody would type them.

    python3 tests/fresh/guide.py docs/first-site.md [--instead 8883=18883 ...] [--read 8400]

A ```bash block runs to its end in the shell of the blocks before it. A block with a title ("In a
second terminal") gets a shell of its own, is awaited until it says something, and is stopped when
the guide ends. The first block that fails ends everything. With --read somebody then logs in at
that port and reads the newest screening. It needs nothing but Python and bash.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import queue
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from fresh.reader import read_screening, text_of

ROOT = Path(__file__).resolve().parents[2]
_BLOCK = re.compile(r'^```bash(?: title="([^"]*)")?\n(.*?)^```$', re.MULTILINE | re.DOTALL)
_DONE = re.compile(r"block-\d+-done")  # how a shell tells that a block has ended
_STARTED_S = 120.0
_STAYS_S = 2.0
_QUIET_S = 5.0  # a program that says nothing when all is well has had its time by then


@dataclass(frozen=True)
class Block:
    """title : of a terminal of its own; empty for the one that goes on."""

    title: str
    text: str


def blocks(guide: str) -> list[Block]:
    return [Block(title or "", text) for title, text in _BLOCK.findall(guide)]


class Terminal:
    """One shell, fed with blocks; what it says is kept and shown."""

    def __init__(self, name: str, said: list[str]) -> None:
        self.name = name
        self._said = said
        self._lines: queue.Queue[str | None] = queue.Queue()
        self._process = subprocess.Popen(
            ["bash", "-euo", "pipefail"], cwd=ROOT, text=True, bufsize=1, start_new_session=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as output:
            for line in output:
                self._lines.put(line)
                if _DONE.fullmatch(line.strip()) is None:
                    self._said.append(line)
                    print(f"[{self.name}] {line}", end="", flush=True)
        self._lines.put(None)

    def type(self, text: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(text)
        self._process.stdin.flush()

    def run(self, text: str) -> bool:
        """Type a block and wait for its end; whether all of its commands went well."""
        done = f"block-{time.monotonic_ns()}-done"
        self.type(f"{{\n{text}\n}} </dev/null\necho {done}\n")
        while (line := self._lines.get()) is not None:
            if line.strip() == done:
                return True
        return False

    def start(self, text: str) -> bool:
        """Type a block that does not end; whether it lives once it has said something."""
        self.type(text)
        assert self._process.stdin is not None
        self._process.stdin.close()
        waited_until_s = time.monotonic() + _STARTED_S
        quiet_until_s = time.monotonic() + _QUIET_S
        while time.monotonic() < waited_until_s:
            try:
                said = self._lines.get(timeout=0.2)
                return said is not None and not self._ends_within(_STAYS_S)
            except queue.Empty:
                if "mosquitto" in text and time.monotonic() > quiet_until_s:
                    break
        return self._process.poll() is None

    def _ends_within(self, seconds: float) -> bool:
        """Whether what was started gives up, as one does that has only said what it lacks."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=seconds)
        return self._process.poll() is not None

    def stop(self) -> None:
        """End the shell and what it started; asked first, then made to."""
        for how in (signal.SIGTERM, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, how)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(timeout=30)
                break
        self._reader.join(timeout=30)
        with contextlib.suppress(OSError):
            assert self._process.stdin is not None
            self._process.stdin.close()


def typed(block: Block, instead: Sequence[tuple[str, str]]) -> str:
    """What is typed of a block, shown as it is typed."""
    text = block.text
    for old, new in instead:
        text = text.replace(old, new)
    print("\n".join(f"$ {line}" for line in text.rstrip().splitlines()), flush=True)
    return text


def follow(
    guide: Path,
    instead: Sequence[tuple[str, str]] = (),
    at_the_end: Callable[[str], object] = lambda said: None,
) -> tuple[bool, str]:
    """Run a guide's blocks; whether all went well, and everything that was said.

    instead : texts of the guide and what is typed in their place, such as a port that is taken.
    at_the_end : gets what was said while the guide's programs still run.
    """
    said: list[str] = []
    others: list[Terminal] = []
    first = Terminal("terminal", said)
    try:
        for block in blocks(guide.read_text(encoding="utf-8")):
            text = typed(block, instead)
            if block.title:
                others.append(Terminal(block.title.partition(",")[0], said))
            went_well = others[-1].start(text) if block.title else first.run(text)
            if not went_well:
                print(f"{guide}: this block failed:\n{text}", file=sys.stderr)
                return False, "".join(said)
        at_the_end("".join(said))
        return True, "".join(said)
    finally:
        for terminal in (first, *reversed(others)):
            terminal.stop()


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("guide", type=Path)
    parser.add_argument("--instead", action="append", default=[], metavar="OLD=NEW")
    parser.add_argument("--read", type=int, metavar="PORT", help="read the page there at the end")
    asked = parser.parse_args()
    pairs = [tuple(pair.split("=", 1)) for pair in asked.instead]

    def read(said: str) -> None:
        if asked.read:
            page = read_screening(said, f"http://127.0.0.1:{asked.read}")
            print("".join(f"[page] {line}\n" for line in text_of(page).splitlines()), flush=True)

    went_well, _ = follow(asked.guide, [(old, new) for old, new in pairs], read)
    return 0 if went_well else 1


if __name__ == "__main__":
    sys.exit(main())

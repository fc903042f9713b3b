"""Station and collector as processes, to be killed with -9 and started again."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from contextlib import nullcontext
from pathlib import Path

_STATION = Path(__file__).with_name("station.py")
_TESTS = Path(__file__).resolve().parents[1]


def python_path() -> str:
    """PYTHONPATH of a program that uses modules of the tests, beside those it finds anyway."""
    return os.pathsep.join(filter(None, (str(_TESTS), os.environ.get("PYTHONPATH"))))


class Child:
    """A process whose lines are collected as they come. log : the file of its other words, which
    else stand among ours."""

    def __init__(self, *command: str, log: Path | None = None) -> None:
        with log.open("a") if log else nullcontext() as words:
            self._process = subprocess.Popen(
                [sys.executable, *command],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=words, text=True,
            )  # fmt: skip
        self.lines: list[str] = []
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if line.endswith("\n"):
                self.lines.append(line.strip())

    def _reap(self) -> None:
        self._process.wait()
        self._reader.join()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                stream.close()

    @property
    def pid(self) -> int:
        return self._process.pid

    def write_line(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()

    def kill(self) -> None:
        """kill -9."""
        self._process.kill()
        self._reap()

    def terminate(self) -> int:
        """SIGTERM; the exit status."""
        self._process.terminate()
        self._reap()
        return self._process.returncode


def station(folder: Path, port: int, every_s: float) -> Child:
    return Child(str(_STATION), str(folder), str(port), str(every_s))


def collector(store: Path, port: int, *options: str) -> Child:
    return Child(
        "-m", "posture_tools.collector", "run", "--broker", f"127.0.0.1:{port}",
        "--store", str(store), "--site", "north", *options,
    )  # fmt: skip

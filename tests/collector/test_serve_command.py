"""`posture-collector serve` under a supervisor, which reads what it says through a pipe."""

from __future__ import annotations

import subprocess
import sys
import threading
import urllib.request
from pathlib import Path

from posture_tools.collector.sqlite.store import SqliteStore


def test_the_address_is_said_before_anybody_has_asked(tmp_path: Path) -> None:
    SqliteStore(tmp_path / "collector.db").close()
    command = ("serve", "--port", "0", "--store", str(tmp_path / "collector.db"))
    with subprocess.Popen(
        [sys.executable, "-m", "posture_tools.collector", *command],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    ) as program:  # fmt: skip
        impatient = threading.Timer(90.0, program.kill)
        impatient.start()
        assert program.stdout is not None
        said = program.stdout.readline().split()
        try:
            assert said[:2] == ["pages", "at"]
            with urllib.request.urlopen(said[2], timeout=30) as page:  # noqa: S310
                assert page.status == 200
        finally:
            impatient.cancel()
            program.terminate()

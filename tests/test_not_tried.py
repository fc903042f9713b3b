"""What a run of tests says last, and the one list behind it."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT
from not_tried import last_line
from parts import PARTS


def test_everything_tried_says_nothing() -> None:
    assert last_line([]) == ""


@pytest.mark.parametrize(
    ("reason", "named"),
    [
        ("Skipped: the program mosquitto (Debian package mosquitto) is missing", "mosquitto"),
        ("Skipped: could not import 'torch': No module named 'torch'", "torch"),
        ("Skipped: the program initdb (Debian package postgresql) is missing", "initdb"),
        ("Skipped: node with @asyncapi/parser is missing", "@asyncapi/parser"),
        ("Skipped: GStreamer's RTSP server (gir1.2-gst-rtsp-server-1.0) is missing", "GStreamer"),
    ],
)
def test_what_apt_or_pip_brings_is_counted_with_the_command(reason: str, named: str) -> None:
    assert (
        last_line([reason, reason]) == f"NOT TRIED: 2 for want of {named}: `make parts` brings it."
    )


def test_what_no_command_brings_is_told_as_it_is() -> None:
    told = last_line(["Skipped: root may look into every folder"])
    assert told == "NOT TRIED: 1: root may look into every folder."
    assert "POSTURE_SHARED" in last_line(["the folder x of third-party photographs and models"])


def test_a_run_says_it_on_its_last_line(tmp_path: Path) -> None:
    """A file of tests beside the real ones' conftest, with one that lacks a program."""
    (tmp_path / "conftest.py").write_text((ROOT / "tests" / "conftest.py").read_text())
    (tmp_path / "test_it.py").write_text(
        "from conftest import program\n\ndef test_it():\n    program('mosquitto-9', 'mosquitto')\n"
    )
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", "/dev/null",
         "--rootdir", tmp_path, tmp_path],
        check=False, capture_output=True, text=True, cwd=tmp_path,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": f"{ROOT}/tests:{ROOT}"},
    )  # fmt: skip
    assert ran.returncode == 0, ran.stdout + ran.stderr
    last = ran.stdout.rstrip().splitlines()[-1]
    assert last == "NOT TRIED: 1 for want of mosquitto: `make parts` brings it.", ran.stdout


def test_ci_and_make_take_the_same_list() -> None:
    assert "make parts" in (ROOT / ".ci" / "run").read_text()
    assert "apt-get" not in (ROOT / ".ci" / "run").read_text()
    assert "tests/parts.py --install" in (ROOT / "Makefile").read_text()
    assert all(part.debian or part.python or part.node for part in PARTS)


@pytest.fixture
def bare(tmp_path: Path) -> dict[str, str]:
    """A PATH without what tests use, where apt-get only writes down what it was asked for."""
    programs = tmp_path / "bin"
    programs.mkdir()
    for name, does in (("apt-get", f'echo "$@" >> {tmp_path}/asked'), ("sudo", 'exec "$@"')):
        (programs / name).write_text(f"#!/bin/sh\n{does}\n")
        (programs / name).chmod(0o755)
    return {"PATH": str(programs), "HOME": str(tmp_path)}


def offered(bare: dict[str, str], answer: str) -> str:
    """What `make test` says first, to somebody at a terminal."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, ROOT / "tests" / "parts.py", "--offer"],
        stdin=theirs, stdout=theirs, stderr=theirs, env=bare,
    ) as process:  # fmt: skip
        os.write(ours, f"{answer}\n".encode())
        assert process.wait(timeout=60) == 0
        said = os.read(ours, 100_000).decode()
    os.close(ours)
    os.close(theirs)
    return said


def test_at_a_terminal_the_debian_packages_are_offered(bare: dict[str, str]) -> None:
    assert "Install the Debian packages now? [y/N]" in offered(bare, "y")
    update, install = (Path(bare["HOME"]) / "asked").read_text().splitlines()
    assert update == "update"
    assert install.startswith("install -y --no-install-recommends ")
    assert {"chromium", "fonts-noto-cjk", "nodejs", "npm"} <= set(install.split())


def test_whoever_does_not_say_yes_gets_nothing(bare: dict[str, str]) -> None:
    offered(bare, "")
    assert not (Path(bare["HOME"]) / "asked").exists()


def test_where_nobody_is_asked_nothing_is_said(bare: dict[str, str]) -> None:
    ran = subprocess.run(
        [sys.executable, ROOT / "tests" / "parts.py", "--offer"],
        check=True, stdin=subprocess.DEVNULL, capture_output=True, text=True, env=bare,
    )  # fmt: skip
    assert ran.stdout == ""
    assert not (Path(bare["HOME"]) / "asked").exists()

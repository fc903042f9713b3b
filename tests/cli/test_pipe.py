"""What a program does when nobody reads on: each console script, into a real pipe."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import cv2
import pytest
from simulators.networks import colour_card, colour_network, described_file, dots_picture

from edge.cli.pipe import ends_with_its_reader

STATION, COLLECTOR, MODELS = "edge", "posture_tools.collector", "posture_tools.models"


def into_a_pipe_that_nobody_reads(module: str, *arguments: object) -> tuple[int, str]:
    """Exit status, and what it says on standard error."""
    reader, writer = os.pipe()
    os.close(reader)
    buffered = {key: value for key, value in os.environ.items() if key != "PYTHONUNBUFFERED"}
    try:
        ended = subprocess.run(
            [sys.executable, "-m", module, *map(str, arguments)],
            stdout=writer,
            stderr=subprocess.PIPE,
            env=buffered,
            text=True,
            check=False,
        )
    finally:
        os.close(writer)
    return ended.returncode, ended.stderr


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return described_file(tmp_path / "c.onnx", colour_network(), colour_card())


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "one.png"
    dots = {"left_shoulder": (120.0, 80.0), "right_shoulder": (70.0, 84.0)}
    assert cv2.imwrite(str(path), dots_picture(240, 200, dots, sigma_px=9))
    return path


@pytest.mark.parametrize("how", ["--json", None])
def test_assess_whose_reader_has_gone_ends_without_a_word(
    model: Path, photo: Path, how: str | None
) -> None:
    said = [] if how is None else [how]
    ended = into_a_pipe_that_nobody_reads(STATION, "assess", photo, "--model", model, *said)
    assert ended == (1, "")


@pytest.mark.parametrize("module", [STATION, COLLECTOR, MODELS])
def test_help_whose_reader_has_gone_ends_without_a_word(module: str) -> None:
    """Short output is written at the very end."""
    assert into_a_pipe_that_nobody_reads(module, "--help") == (1, "")


def test_the_contract_whose_reader_has_gone_ends_without_a_word() -> None:
    """Long output breaks in the middle."""
    assert into_a_pipe_that_nobody_reads(COLLECTOR, "contract") == (1, "")


def test_a_model_inspected_whose_reader_has_gone_ends_without_a_word(model: Path) -> None:
    assert into_a_pipe_that_nobody_reads(MODELS, "inspect", model) == (1, "")


def test_head_gets_its_line() -> None:
    command = f"{sys.executable} -m {COLLECTOR} contract | head -1"
    ended = subprocess.run(command, shell=True, capture_output=True, text=True, check=True)  # noqa: S602
    assert (ended.stdout, ended.stderr) == ("{\n", "")


def test_a_pipe_that_breaks_elsewhere_stays_a_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (tmp_path / "out").open("w") as out:
        monkeypatch.setattr(sys, "stdout", out)
        with pytest.raises(BrokenPipeError), ends_with_its_reader():
            raise BrokenPipeError


def test_fault_19_ctrl_c_never_cuts_a_json_document(model: Path, photo: Path) -> None:
    """The pipe is full and nobody reads when it is pressed."""
    folder = photo.parent / "many"
    folder.mkdir()
    for number in range(400):
        (folder / f"{number:03d}.png").write_bytes(photo.read_bytes())
    command = [sys.executable, "-m", STATION, "assess", folder, "--json", "--model", model]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        began = process.stdout.read(1000)
        time.sleep(1.0)  # it goes on until the pipe is full
        process.send_signal(signal.SIGINT)
        time.sleep(0.2)
        rest = process.stdout.read()
        assert process.stderr is not None
        said = process.stderr.read()
    entries = json.loads(began + rest)
    read = [entry for entry in entries if "problem" not in entry]
    assert 0 < len(read) < 400
    assert len({entry["path"] for entry in entries}) == 400, "and the others say why they were not"
    assert (process.returncode, said) == (130, b"")

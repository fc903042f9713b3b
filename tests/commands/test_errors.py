"""Faults of libraries, caches, memory and models end in words, and none of them ends the rest."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from posture_tools.models.__main__ import main as models_main
from simulators.networks import colour_card, colour_network, described_file, dots_picture

from edge.__main__ import main
from edge.cli.exits import Exit
from edge.cli.output import Output
from edge.commands import checks, doctor
from edge.commands.checks import State
from edge.settings import CameraSettings, ModelSettings, Settings

POINTS = {"left_shoulder": (60.0, 60.0), "right_shoulder": (30.0, 62.0), "nose": (45.0, 30.0)}
KERNELS = "import edge.decode.log_parabola as kernels; print(kernels.__name__)"


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return described_file(tmp_path / "c.onnx", colour_network(), colour_card())


@pytest.mark.parametrize("damage", ["empty", "zeros", "half", "nonsense"])
def test_fault_9_a_kernel_cache_that_a_power_cut_damaged_is_built_anew(
    tmp_path: Path, damage: str
) -> None:
    asked = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)}
    command = [sys.executable, "-c", KERNELS]
    subprocess.run(command, env=asked, check=True, capture_output=True)
    files = list(tmp_path.rglob("*.nb[ic]"))
    assert {file.suffix for file in files} == {".nbi", ".nbc"}
    for file in files:
        whole = file.read_bytes()
        file.write_bytes(
            {
                "empty": b"",
                "zeros": bytes(len(whole)),
                "half": whole[: len(whole) // 2],
                "nonsense": b"nonsense.",
            }[damage]
        )
    again = subprocess.run(command, env=asked, check=True, capture_output=True, text=True)
    assert again.stdout == "edge.decode.log_parabola\n"
    assert all(file.stat().st_size > 0 for file in tmp_path.rglob("*.nb[ic]"))


def test_fault_10_a_model_that_answers_nan_is_not_described(
    shared: Path, tmp_path: Path, capsys
) -> None:
    cases, out = shared / "cases", tmp_path / "out.onnx"
    status = models_main(
        ["describe", str(cases / "nan.onnx"), str(cases / "nan.json"), "-o", str(out)]
    )
    assert status != 0
    assert "answers NaN or Inf" in capsys.readouterr().err
    assert not out.exists()


def run_station(*arguments: object) -> int:
    return main([str(argument) for argument in arguments])


@pytest.mark.parametrize("case", ["av1.mp4", "huge_1600mp.png", "audio.mp4"])
def test_fault_14_run_ends_where_nothing_can_be_read(
    shared: Path, tmp_path: Path, model: Path, case: str, capfd
) -> None:
    settings = tmp_path / "station.toml"
    settings.write_text(f'state_dir = "{tmp_path}"\n')
    status = run_station(
        "--settings", settings, "run", "--only", "engine", "--pace", "fast",
        "--model", model, "--source", shared / "cases" / case,
    )  # fmt: skip
    printed = capfd.readouterr()
    assert status in (1, 2)
    assert case in (printed.out + printed.err).replace("\n", "")


def test_fault_17_run_on_an_unreadable_picture_does_not_end_with_0(
    tmp_path: Path, model: Path, capfd
) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "damaged.jpg").write_bytes(b"\xff\xd8 cut off")
    cv2.imwrite(str(folder / "whole.png"), dots_picture(128, 96, POINTS, 6.0))
    settings = tmp_path / "station.toml"
    settings.write_text(f'state_dir = "{tmp_path}"\n')
    status = run_station(
        "--settings", settings, "run", "--only", "engine", "--model", model,
        "--source", folder,
    )  # fmt: skip
    assert status == 1
    assert "damaged.jpg" in capfd.readouterr().out.replace("\n", "")


def test_fault_8_doctor_survives_a_picture_that_is_too_large(
    shared: Path, tmp_path: Path, model: Path, capsys
) -> None:
    settings = Settings(
        state_dir=str(tmp_path),
        camera=CameraSettings(source=str(shared / "cases" / "huge_1600mp.png")),
        models=ModelSettings(single=str(model)),
    )
    out = Output(as_json=True)
    with out.whole():
        out.expect("array", [])
        assert doctor.run(settings, out) == 1
    found = {check["name"]: check for check in json.loads(capsys.readouterr().out)}
    assert set(found) == set(doctor.CHECKS)
    assert "40000 x 40000" in found["camera"]["found"]


def test_fault_8_doctor_survives_a_check_that_breaks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(_settings: Settings) -> checks.Check:
        raise cv2.error("assertion failed")

    monkeypatch.setattr(doctor, "CHECKS", {"camera": breaks, "clock": checks.clock})
    camera, clock = doctor.examine(Settings(state_dir=str(tmp_path)))
    assert (camera.state, "assertion failed" in camera.found) == (State.FAIL, True)
    assert clock.name == "clock"


def test_fault_8_a_picture_of_no_kind_is_refused_in_words(tmp_path: Path, capsys) -> None:
    cv2.imwrite(str(tmp_path / "hall.png"), np.full((64, 48, 3), 90, np.uint8))
    status = run_station(
        "calibrate", "picture", tmp_path / "x.xyz", "--source", tmp_path / "hall.png"
    )
    assert status == 2
    assert "names no kind of picture" in capsys.readouterr().err.replace("\n", " ")
    over = run_station(
        "calibrate", "picture", tmp_path / "hall.png", "--source",
        tmp_path / "hall.png",
    )  # fmt: skip
    assert over == 2
    assert "input of this run" in " ".join(capsys.readouterr().err.split())


@pytest.mark.parametrize("most_kb", [250_000, 400_000, 700_000, 1_000_000])
def test_fault_8_too_little_memory_ends_in_words(tmp_path: Path, most_kb: int) -> None:
    def limited() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (most_kb * 1024, most_kb * 1024))

    ended = subprocess.run(
        [sys.executable, "-m", "edge", "assess", tmp_path / "nothing.jpg"],
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=limited,
    )
    assert ended.returncode == Exit.LACKING
    assert "Traceback" not in ended.stderr
    assert "memory" in ended.stderr


def test_fault_17_a_clip_shorter_than_the_interval_says_so(
    tmp_path: Path, model: Path, capsys
) -> None:
    from simulators.clips import write_clip

    clip = write_clip(tmp_path / "short.mp4", frames=4)
    status = run_station("assess", clip, "--interval", 9, "--json", "--model", model)
    (entry,) = json.loads(capsys.readouterr().out)
    assert status == 1
    assert "fewer than 9 frames" in entry["problem"]["words"]


def test_fault_17_a_bad_model_has_its_entry_in_every_command(tmp_path: Path, capsys) -> None:
    bad = tmp_path / "bad.onnx"
    bad.write_bytes(b"no model")
    for program, words in (
        (models_main, ["check", str(bad), "--json"]),
        (main, ["assess", "a.png", "b.png", "--model", str(bad), "--json"]),
    ):
        assert program(words) == Exit.NO, words
        told = json.loads(capsys.readouterr().out)
        entries = told if isinstance(told, list) else [told]
        paths = ["a.png", "b.png"] if program is main else [str(bad)]
        assert [entry["path"] for entry in entries] == paths, words
        for entry in entries:
            assert entry["problem"]["code"] == "model_refused", words
            assert "bad.onnx" in entry["problem"]["words"], words


def test_fault_18_one_error_has_one_status_in_every_program(tmp_path: Path, capsys) -> None:
    from posture_tools.collector.__main__ import main as collector_main
    from posture_tools.evaluate.__main__ import main as evaluate_main

    missing = str(tmp_path / "missing")
    commands = (
        (main, ["calibrate", "show", "--settings", missing]),
        (collector_main, ["export", "--store", missing, "--csv", "-", "--nonsense"]),
        (models_main, ["look", missing]),
        (evaluate_main, ["agreement"]),
    )
    for program, words in commands:
        assert program(words) == Exit.MISUSED, words
    assert "Traceback" not in capsys.readouterr().err


def test_fault_18_settings_may_stand_behind_the_verb(tmp_path: Path, capsys) -> None:
    settings = tmp_path / "station.toml"
    settings.write_text('station = "²"\n')
    before = main(["--settings", str(settings), "calibrate", "show"]), capsys.readouterr().err
    behind = main(["calibrate", "show", "--settings", str(settings)]), capsys.readouterr().err
    assert before == behind
    assert before[0] == Exit.MISUSED
    assert "station.toml" in before[1]

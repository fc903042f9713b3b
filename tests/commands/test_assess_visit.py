"""`assess --visit`: four photographs as one answer, and against the visit before."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable
from pathlib import Path

import cv2
import pytest
from simulators.networks import colour_card, colour_network, described_file, dots_picture

from edge.__main__ import main

Run = Callable[..., int]
_WIDE_PX = 50.0


@pytest.fixture
def assess(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs the command with a network that sees coloured dots; returns its exit status."""
    model = described_file(tmp_path / "c.onnx", colour_network(), colour_card())

    def run(*arguments: object) -> int:
        given = ["posture-station", "assess", "--model", model, *arguments]
        monkeypatch.setattr(sys, "argv", [str(argument) for argument in given])
        return main()

    return run


def photograph(path: Path, *, tilt_deg: float, behind: bool = False) -> Path:
    """Shoulders on a line; + the person's right one higher, whose image side depends."""
    rise = _WIDE_PX * math.tan(math.radians(tilt_deg)) / 2
    right_x, left_x = (120.0, 70.0) if behind else (70.0, 120.0)
    dots = {"right_shoulder": (right_x, 82.0 - rise), "left_shoulder": (left_x, 82.0 + rise)}
    if not behind:
        dots["nose"] = (95.0, 40.0)
    assert cv2.imwrite(str(path), dots_picture(240, 200, dots, sigma_px=9))
    return path


@pytest.fixture
def taken(tmp_path: Path) -> list[Path]:
    """Front and back of somebody whose right shoulder is 8 deg higher; no sides."""
    front = photograph(tmp_path / "front.png", tilt_deg=8.0)
    back = photograph(tmp_path / "back.png", tilt_deg=8.0, behind=True)
    return [front, back, Path("-"), Path("-")]


def told(capsys: pytest.CaptureFixture[str]) -> dict[str, object]:
    document = json.loads(capsys.readouterr().out)
    entries = [entry for entry in document if "visit" in entry]
    assert len(entries) == 1
    return entries[0]


def test_front_and_back_are_one_shoulder_tilt(
    assess: Run, taken: list[Path], capsys: pytest.CaptureFixture[str]
) -> None:
    assert assess("--visit", "p-17", *taken, "--json", "--age", 34, "--sex", "female") == 0
    entry = told(capsys)
    assert (entry["visit"], entry["age_years"], entry["sex"]) == ("p-17", 34.0, "female")
    (tilt,) = [m for m in entry["measures"] if m["code"] == "shoulder_tilt"]
    assert tilt["views"] == ["front", "back"]
    assert tilt["value"] == pytest.approx(8.0, abs=1.0)
    assert tilt["apart"] is None
    assert {"views": ["left"], "why": "not taken"} in entry["repeat"]
    assert {"views": ["right"], "why": "not taken"} in entry["repeat"]


def test_people_read_one_table_findings_and_what_to_repeat(
    assess: Run, taken: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert assess("--visit", "p-17", *taken, "--report", tmp_path / "out", "--lang", "ja") == 0
    out = capsys.readouterr().out
    assert out.count("shoulder_tilt") == 1
    assert "front, back" in out
    assert "測り直す項目と理由" in out
    html = (tmp_path / "out" / "p-17.html").read_text(encoding="utf-8")
    assert "主な所見" in html
    assert html.count('class="plumb"') <= 2
    assert list((tmp_path / "out").iterdir()) == [tmp_path / "out" / "p-17.html"]


def test_views_that_disagree_are_told(
    assess: Run, taken: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = photograph(tmp_path / "other.png", tilt_deg=-40.0, behind=True)
    assert assess("--visit", "p-17", taken[0], other, "-", "-", "--json") == 0
    entry = told(capsys)
    (tilt,) = [m for m in entry["measures"] if m["code"] == "shoulder_tilt"]
    assert tilt["apart"] == pytest.approx(48.0, abs=2.0)
    assert "views_disagree" in tilt["why"]
    assert ["front", "back"] in [each["views"] for each in entry["repeat"]]


@pytest.mark.parametrize(
    ("tilt_deg", "verdicts"),
    [(8.0, {"not_changed", "cannot_tell"}), (-35.0, {"changed"})],
)
def test_the_visit_before_is_read_from_what_it_printed(
    assess: Run,
    taken: list[Path],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    tilt_deg: float,
    verdicts: set[str],
) -> None:
    before = [
        photograph(tmp_path / "f.png", tilt_deg=tilt_deg),
        photograph(tmp_path / "b.png", tilt_deg=tilt_deg, behind=True),
    ]
    assert assess("--visit", "p-17", *before, "-", "-", "--json") == 0
    file = tmp_path / "spring.json"
    file.write_text(capsys.readouterr().out, encoding="utf-8")
    assert assess("--visit", "p-17", *taken, "--before", file, "--json") == 0
    (tilt,) = [m for m in told(capsys)["measures"] if m["code"] == "shoulder_tilt"]
    assert tilt["change"]["verdict"] in verdicts
    assert tilt["change"]["delta"] == pytest.approx(8.0 - tilt_deg, abs=1.5)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--visit", "p-17", "a.png"], "front, back, left, right"),
        (["--visit", "p-17", "-", "-", "-", "-"], "Name at least one"),
        (["--visit", "p-17", "a.png", "a.png", "-", "-"], "each once"),
        (["--before", "x.json", "a.png"], "--visit"),
        (["--visit", "p-17", "a.png", "-", "-", "-", "--before", "x.json"], "--visit CODE"),
    ],
)
def test_what_is_wrong_is_said_with_what_to_do(
    assess: Run, words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert assess(*words) == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("body", ["", "{}", "[]", '[{"path": "a.png"}]', '[{"visit": "p"}]', "[1"])
def test_a_file_that_is_no_visit_is_refused(
    assess: Run, taken: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str], body: str
) -> None:
    file = tmp_path / "x.json"
    file.write_text(body, encoding="utf-8")
    assert assess("--visit", "p-17", *taken, "--before", file) == 2
    assert "x.json" in capsys.readouterr().err


@pytest.mark.parametrize(("option", "value"), [("--age", "old"), ("--age", "-3"), ("--visit", "ü")])
def test_what_is_out_of_bounds_is_refused(
    assess: Run,
    taken: list[Path],
    capsys: pytest.CaptureFixture[str],
    option: str,
    value: str,
) -> None:
    assert assess("--visit", "p-17", *taken, option, value) == 2
    assert option in capsys.readouterr().err

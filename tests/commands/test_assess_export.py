"""`posture-station assess --export`, as typed."""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path

import cv2
import pytest
from simulators.networks import colour_card, colour_network, described_file, dots_picture

from edge.__main__ import main

POINTS = {"left_shoulder": (60.0, 60.0), "right_shoulder": (30.0, 62.0), "nose": (45.0, 30.0)}


@pytest.fixture
def photographs(tmp_path: Path) -> Path:
    """Two pictures of one person each, and the model that knows where their keypoints are."""
    folder = tmp_path / "photographs"
    folder.mkdir()
    for name in ("one", "two"):
        cv2.imwrite(str(folder / f"{name}.png"), dots_picture(128, 96, POINTS, 6.0))
    described_file(tmp_path / "model.onnx", colour_network(), colour_card())
    return folder


def assess(monkeypatch, folder: Path, *arguments: str) -> int:
    model = str(folder.parent / "model.onnx")
    command = ["posture-station", "assess", str(folder), "--model", model, "--json", *arguments]
    monkeypatch.setattr(sys, "argv", command)
    return main()


def test_one_run_writes_every_format_that_was_asked_for(photographs, monkeypatch, capsys) -> None:
    out = photographs.parent
    asked = [("openpose", out / "openpose"), ("coco", out / "coco.json"), ("csv", out / "k.csv")]
    arguments = [text for name, path in asked for text in ("--export", name, str(path))]
    assert assess(monkeypatch, photographs, *arguments) == 0
    assert len(json.loads(capsys.readouterr().out)) == 2
    names = sorted(path.name for path in (out / "openpose").iterdir())
    assert names == ["one_keypoints.json", "two_keypoints.json"]
    neck = json.loads((out / "openpose" / names[0]).read_text())["people"][0]["pose_keypoints_2d"]
    assert neck[3:5] == pytest.approx((45, 61), abs=0.5)
    assert [entry["image_id"] for entry in json.loads((out / "coco.json").read_text())] == [1, 2]
    with (out / "k.csv").open(encoding="utf-8", newline="") as file:
        rows = {row["keypoint"]: row for row in csv.DictReader(file)}
    assert float(rows["nose"]["x_px"]) == pytest.approx(45, abs=0.5)
    assert rows["left_hip"]["x_px"] == ""


def test_an_unknown_format_is_said_before_a_model_looks(photographs, monkeypatch, capsys) -> None:
    assert assess(monkeypatch, photographs, "--export", "alphapose", "x") == 2
    assert "Name openpose, coco, csv" in capsys.readouterr().err

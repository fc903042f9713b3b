"""The examinations as a user runs them: real networks, real pictures, tables, JSON, refusals."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from posture_tools.evaluate.__main__ import main
from posture_tools.mannequin import CameraPose, Person, render
from simulators.body_files import write_pack

from edge.skeletons import COCO_17

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = str(ROOT / "models_onnx")
SINGLE = str(ROOT / "models_onnx" / "whole.onnx")

Output = pytest.CaptureFixture[bytes]


def report(command: list[str], output: Output) -> dict[str, Any]:
    assert main([*command, "--json"]) == 0
    answer = json.loads(output.readouterr().out)
    assert isinstance(answer, dict)
    return answer


@pytest.fixture(scope="module")
def pack(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two rendered people, one from the front, one from behind, with two true measures."""
    jpegs, keypoints, boxes = [], [], []
    camera = CameraPose(distance_m=3.0, focal_px=900.0, width_px=480, height_px=640)
    for yaw_deg in (0.0, 180.0):
        rendered = render(Person(yaw_deg=yaw_deg), camera=camera)
        (truth,) = rendered.people
        jpegs.append(cv2.imencode(".jpg", rendered.image)[1].tobytes())
        keypoints.append(truth.array(COCO_17.keypoints))
        x, y, width, height = truth.box_px
        boxes.append((x, y, x + width, y + height))
    arrays = {
        "off": np.cumsum([0, *map(len, jpegs)]),
        "names": np.array(COCO_17.keypoints),
        "kp": np.nan_to_num(np.array(keypoints, np.float32)),
        "box": np.array(boxes),
        "view": np.array(["front", "back"]),
        "age_years": np.array([9, 40]),
        "clothing_upper": np.array(["tight", "loose"]),
        "clothing_lower": np.array(["tight", "tight"]),
        "measure/trunk_lean": np.zeros(2),
        "measure/craniovertebral_angle": np.array([50.0, np.nan]),
    }
    return write_pack(tmp_path_factory.mktemp("pack"), b"".join(jpegs), arrays)


def test_bodies_are_measured_by_a_station_and_by_a_network(pack: Path, capfdbinary: Output) -> None:
    command = ["bodies", str(pack.parent), "--predictor", SHIPPED, "--against", f"alone={SINGLE}"]
    found = report(command, capfdbinary)
    assert [model["name"] for model in found["models"]] == ["models_onnx", "alone"]
    everybody = {
        (row["contender"], row["view"], row["error"]["code"]): row["error"]
        for row in found["rows"]
        if row["ages"] == row["clothing"] == "all"
    }
    lean = everybody["models_onnx", "front", "trunk_lean"]
    assert (lean["n"], lean["refused"]) == (1, 0)
    assert abs(lean["bias"]) < 5
    # Nobody can measure it without C7: refused, and said so.
    cva = everybody["alone", "front", "craniovertebral_angle"]
    assert (cva["n"], cva["refused"], cva["slope"]) == (0, 1, None)


@pytest.mark.timeout(400)  # nine boxes, each looked at as a station looks
def test_views_and_boxes_take_test_bodies_too(pack: Path, capfdbinary: Output) -> None:
    views = report(["views", str(pack), "--predictor", SINGLE], capfdbinary)["rows"]
    assert [row["view"] for row in views] == ["front", "back"]
    boxes = report(["boxes", str(pack.parent), "--predictor", SHIPPED], capfdbinary)["rows"]
    tilt = next(row for row in boxes if row["measure"] == "shoulder_tilt")
    assert tilt["people"] == 1
    assert 0 < tilt["moved_p95"] < 10


@pytest.mark.shared
def test_a_tilt_is_read_in_part(shared: Path, capfdbinary: Output) -> None:
    """PP-TinyPose follows more than half of the shoulders, and hardly any of the hips."""
    photos = str(shared / "photos" / "fashion_freepik")
    published = str(shared / "models" / "pp_tinypose_256x192")
    command = ["shear", photos, "--limit", "10", "--predictor", SINGLE, "--against", published]
    found = report(command, capfdbinary)
    assert found["lines_by"] == "labels"
    assert "fashion_freepik/000088.jpg" in found["waist_and_hips_show"]
    slope = {
        (row["contender"], row["line"]): row["of"]["slope"]
        for row in found["rows"]
        if row["pictures"] == row["falloff"] == "all"
    }
    assert 0.45 < slope["pp_tinypose_256x192", "shoulder"] < 0.85
    assert 0.5 < slope["whole", "shoulder"] < 0.95
    assert -0.1 < slope["pp_tinypose_256x192", "hip"] < 0.35


@pytest.mark.shared
def test_unlabelled_photographs_are_examined_by_a_third_network(
    shared: Path, tmp_path: Path, capfdbinary: Output
) -> None:
    photo = shared / "photos" / "fashion_freepik" / "images" / "000088.jpg"
    command = ["shear", str(photo), "--predictor", SINGLE]
    assert main(command) == 2
    assert b"--lines-by" in capfdbinary.readouterr().err
    assert main([*command, "--lines-by", SHIPPED]) == 2
    assert b"third network" in capfdbinary.readouterr().err
    by = str(shared / "models" / "intel_hpe0001_paf")
    found = report([*command, "--lines-by", by], capfdbinary)
    assert found["lines_by"] == "intel_hpe0001_paf"
    assert {row["people"] for row in found["rows"]} == {1}


@pytest.mark.shared
def test_tables_are_for_people(shared: Path, capfdbinary: Output) -> None:
    photos = str(shared / "photos" / "fashion_freepik")
    for command in ("shear", "views", "boxes"):
        assert main([command, photos, "--limit", "1", "--predictor", SINGLE]) == 0
        text = capfdbinary.readouterr().out.decode()
        assert "whole" in text
        assert "…" not in text  # no figure is cut to the width of a supposed terminal


@pytest.mark.parametrize("command", ["shear", "views", "boxes", "bodies"])
def test_what_is_not_there_is_refused_in_words(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "empty").mkdir()
    assert main([command, str(tmp_path / "empty"), "--predictor", SINGLE]) == 2
    assert "empty" in capsys.readouterr().err


def test_three_threads_are_too_many(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["views", "photos", "--predictor", SINGLE, "--threads", "3"]) == 2
    assert "--threads" in capsys.readouterr().err

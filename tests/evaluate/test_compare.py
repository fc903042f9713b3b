"""A comparison as a user runs it: real networks, real photographs, tables, pictures, refusals."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import msgspec
import numpy as np
import pytest
from posture_tools.evaluate.__main__ import main
from posture_tools.evaluate.contenders import CropOptions
from posture_tools.evaluate.labelled import Detection
from posture_tools.evaluate.named import contenders
from posture_tools.evaluate.photos import read_sets
from posture_tools.models.cards import read_card
from posture_tools.models.describe import describe
from simulators.coco_results import results_json


@pytest.fixture(scope="module")
def models(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of published networks that describe themselves."""
    folder = tmp_path_factory.mktemp("models")
    for name in ("pp_tinypose_256x192", "movenet_lightning", "intel_hpe0001_paf"):
        source = shared / "models" / name
        card = read_card(source / "card.json")
        described = describe((source / f"{name}.onnx").read_bytes(), card)
        (folder / f"{name}.onnx").write_bytes(described)
    return folder


@pytest.mark.shared
def test_networks_for_one_person_are_compared_on_the_same_crops(
    shared: Path, models: Path, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    files = [str(models / f"{name}.onnx") for name in ("pp_tinypose_256x192", "movenet_lightning")]
    photos = str(shared / "photos")
    command = ["compare", *files, "--photos", photos, "--limit", "3", "--worst", str(tmp_path)]
    assert main([*command, "--json"]) == 0
    report = json.loads(capfdbinary.readouterr().out)
    rows = {(r["model"], r["set_name"], r["view"]): r["scores"] for r in report["rows"]}
    best = rows["pp_tinypose_256x192", "fashion_freepik", "all"]
    assert best["people"] == 3
    assert best["mean_oks"] > 0.8
    assert best["ap"] > 0.7
    assert best["ghosts"] is None  # a network that needs a box sees no empty room
    assert not any(set_name == "backgrounds" for _, set_name, _ in rows)
    assert [model["name"] for model in report["models"]] == [Path(f).stem for f in files]
    sheet = cv2.imread(str(tmp_path / "pp_tinypose_256x192.png"))
    assert sheet is not None
    assert sheet.std() > 20


@pytest.mark.shared
def test_estimators_are_compared_on_whole_photographs(
    shared: Path, models: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    finder, refiner = models / "intel_hpe0001_paf.onnx", models / "pp_tinypose_256x192.onnx"
    sets = ["--photos", str(shared / "photos"), "--sets", "fashion_freepik", "backgrounds"]
    assert main(["compare", str(finder), f"{finder}+{refiner}", *sets, "--limit", "2"]) == 0
    text = capfdbinary.readouterr().out.decode()
    assert "intel_hpe0001_paf+pp_tinypose_256x192" in text
    assert "backgrounds" in text
    assert "…" not in text  # no figure is cut to the width of a supposed terminal


@pytest.mark.shared
def test_one_margin_means_the_same_crop_for_every_model(shared: Path, models: Path) -> None:
    """PP-TinyPose states 1.1: asked with 1.1 or with its own margin it sees the same."""
    (photo,) = read_sets(shared / "photos", ["fashion_freepik"], limit=1)
    file = str(models / "pp_tinypose_256x192.onnx")

    def keypoints(margin: float | None) -> np.ndarray:
        (contender,) = contenders([file], CropOptions(margin), threads=1)
        return contender.see(photo.read(), photo.people).detections[0].keypoints

    np.testing.assert_array_equal(keypoints(1.1), keypoints(None))
    assert np.abs(keypoints(1.5) - keypoints(None)).max() > 0.1


@pytest.mark.shared
def test_a_network_without_heatmaps_is_refused_where_all_are_flipped(
    shared: Path, models: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = str(models / "movenet_lightning.onnx")
    assert main(["compare", file, "--photos", str(shared / "photos"), "--flip"]) == 1
    assert "without flip" in capsys.readouterr().err


@pytest.mark.shared
def test_two_models_of_one_name_are_refused(
    shared: Path, models: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = str(models / "movenet_lightning.onnx")
    photos = str(shared / "photos")
    assert main(["compare", file, file, "--photos", photos, "--limit", "1"]) == 2
    assert "NAME=PATH" in capsys.readouterr().err


def test_a_folder_without_photographs_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["compare", "a.onnx", "--photos", str(tmp_path)]) == 2
    assert "no labelled photographs" in capsys.readouterr().err


def test_average_precision_of_files(
    tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    keypoints = np.column_stack([np.random.default_rng(0).uniform(0, 60, (17, 2)), np.full(17, 2)])
    labels = {
        "images": [{"id": 1, "file_name": "a.jpg", "width": 60, "height": 60}],
        "annotations": [
            {
                "image_id": 1,
                "keypoints": keypoints.ravel().tolist(),
                "area": 2000.0,
                "bbox": [0, 0, 60, 60],
            }
        ],
    }
    (tmp_path / "labels.json").write_bytes(msgspec.json.encode(labels))
    found = {1: [Detection(keypoints[:, :2], 0.8)]}
    (tmp_path / "results.json").write_bytes(results_json(found))
    command = ["ap", str(tmp_path / "results.json"), str(tmp_path / "labels.json"), "--json"]
    assert main(command) == 0
    figures = json.loads(capfdbinary.readouterr().out)
    assert figures["ap"] == pytest.approx(1)
    assert figures["ap_large"] is None


def test_agreement_of_a_file_of_ratings(
    tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    ratings = tmp_path / "ratings.csv"
    ratings.write_text("test,first,second\nsquat,1,1\nsquat,3,3\nlunge,0,3\nlunge,3,0\n")
    matrices = tmp_path / "matrices"
    assert main(["agreement", str(ratings), "--json", "--matrices", str(matrices)]) == 0
    squat, lunge = json.loads(capfdbinary.readouterr().out)
    assert (squat["test"], squat["n"], squat["same"], squat["kappa_quadratic"]) == (
        "squat", 2, 1, 1,
    )  # fmt: skip
    assert (lunge["same"], lunge["kappa_linear"]) == (0, -1)
    assert (matrices / "lunge.csv").read_text().splitlines()[1] == "0,0,0,0,1"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("test,first\nsquat,1\n", "no column second"),
        ("test,first,second\nsquat,1,4\n", "line 2"),
        ("test,first,second\nsquat,1\n", "line 2"),
    ],
)
def test_ratings_that_cannot_be_compared_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, said: str
) -> None:
    (tmp_path / "ratings.csv").write_text(text)
    assert main(["agreement", str(tmp_path / "ratings.csv")]) == 1
    assert said in capsys.readouterr().err

"""Names on a command line, and what they stand for."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from posture_tools.evaluate.contenders import CropOptions
from posture_tools.evaluate.named import contenders

from edge.errors import ModelRefused, SettingsInvalid

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = ROOT / "models_onnx"
OWN = CropOptions(None)


def test_a_folder_that_ships_is_what_a_station_makes_of_it() -> None:
    (station,) = contenders([str(SHIPPED)], OWN, threads=1)
    assert station.name == "models_onnx"
    assert [model.task for model in station.models] == ["paf", "heatmap", "heatmap"]
    assert station.crops


def test_a_name_before_the_place_is_taken() -> None:
    named = contenders([f"0.1.0={SHIPPED}", f"alone={SHIPPED / 'whole.onnx'}"], OWN, threads=1)
    assert [contender.name for contender in named] == ["0.1.0", "alone"]
    assert named[1].size_bytes == (SHIPPED / "whole.onnx").stat().st_size


def test_an_equals_sign_may_belong_to_the_file(tmp_path: Path) -> None:
    file = tmp_path / "a=b.onnx"
    shutil.copy(SHIPPED / "whole.onnx", file)
    (contender,) = contenders([str(file)], OWN, threads=1)
    assert contender.name == "a=b"


def test_one_name_for_two_is_refused() -> None:
    with pytest.raises(SettingsInvalid, match="NAME=PATH"):
        contenders([str(SHIPPED), f"models_onnx={SHIPPED}"], OWN, threads=1)


def test_four_files_are_no_estimator() -> None:
    with pytest.raises(SettingsInvalid, match="4 files"):
        contenders(["a.onnx+b.onnx+c.onnx+d.onnx"], OWN, threads=1)


def test_a_folder_with_two_refiners_asks_for_files(tmp_path: Path) -> None:
    for name in ("finder", "whole"):
        shutil.copy(SHIPPED / f"{name}.onnx", tmp_path)
    shutil.copy(SHIPPED / "whole.onnx", tmp_path / "other.onnx")
    with pytest.raises(ModelRefused, match=r"other\.onnx, whole\.onnx"):
        contenders([str(tmp_path)], OWN, threads=1)


def test_a_folder_without_networks_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelRefused, match="one finder, and holds none"):
        contenders([str(tmp_path)], OWN, threads=1)


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "crops"), [("pp_tinypose_256x192", True), ("intel_hpe0001_paf", False)]
)
def test_a_published_folder_needs_no_description(shared: Path, name: str, crops: bool) -> None:
    folder = shared / "models" / name
    (of_folder,) = contenders([str(folder)], OWN, threads=1)
    (of_file,) = contenders([str(folder / f"{name}.onnx")], OWN, threads=1)
    assert of_folder.name == of_file.name == name
    assert of_folder.models == of_file.models
    assert of_folder.crops is crops
    assert of_folder.size_bytes == (folder / f"{name}.onnx").stat().st_size

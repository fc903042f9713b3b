"""posture-models as a person uses it."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import msgspec
import numpy as np
import onnx
import pytest
from onnx.external_data_helper import convert_model_to_external_data
from posture_tools.models.__main__ import main
from posture_tools.models.cards import read_card
from simulators.networks import colour_card, colour_network, constant_network, described_file

from edge.errors import ModelRefused
from edge.inference.description import InputSpec, ModelDescription
from edge.inference.network import Network
from edge.skeletons import BODY_55, COCO_17


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    model, card = tmp_path / "colour.onnx", tmp_path / "card.json"
    model.write_bytes(colour_network())
    card.write_bytes(msgspec.json.encode(colour_card()))
    return model, card


def test_describe_in_place_makes_a_file_that_serves(files: tuple[Path, Path]) -> None:
    model, card = files
    assert main(["describe", str(model), str(card)]) == 0
    assert Network.load(model).description.name == "colour"
    assert sorted(path.name for path in model.parent.iterdir()) == ["card.json", "colour.onnx"]


def test_what_inspect_prints_is_a_card_again(files: tuple[Path, Path], capsys) -> None:
    model, card = files
    main(["describe", str(model), str(card)])
    capsys.readouterr()
    assert main(["inspect", str(model), "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)["description"]
    assert msgspec.convert(printed, ModelDescription) == Network.load(model).description
    card.write_text(json.dumps(printed), encoding="utf-8")
    before = model.read_bytes()
    assert main(["describe", str(model), str(card)]) == 0
    assert model.read_bytes() == before


def test_inspect_of_a_bare_file_shows_its_graph_and_the_fault(
    files: tuple[Path, Path], capsys
) -> None:
    assert main(["inspect", str(files[0])]) == 1
    out = " ".join(capsys.readouterr().out.split())
    assert "graph output maps tensor(float) 1x3x32x24" in out
    assert "no description" in out


def test_check_names_the_bad_file_and_still_checks_the_good_one(
    files: tuple[Path, Path], tmp_path: Path, capsys
) -> None:
    good = described_file(tmp_path / "good.onnx", colour_network(), colour_card())
    assert main(["check", str(files[0]), str(good)]) == 1
    captured = capsys.readouterr()
    assert "colour.onnx carries no description" in captured.err
    assert "hold" in captured.out


def test_a_card_that_contradicts_the_graph_leaves_the_file_alone(
    files: tuple[Path, Path], capsys
) -> None:
    model, card = files
    before = model.read_bytes()
    card.write_bytes(msgspec.json.encode(colour_card(keypoints=("nose",))))
    assert main(["describe", str(model), str(card)]) == 1
    assert "card and graph disagree: heatmaps" in capsys.readouterr().err
    assert model.read_bytes() == before


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{", "is not JSON"),
        ("{}", "missing required field"),
        ('{"source_repo": "x"}', "says nothing of"),
        ("[]", "Expected `object`"),
    ],
)
def test_a_card_that_says_too_little_is_named(files, capsys, text: str, reason: str) -> None:
    model, card = files
    card.write_text(text, encoding="utf-8")
    assert main(["describe", str(model), str(card)]) == 1
    assert reason in capsys.readouterr().err


def test_weights_in_another_file_are_refused(files: tuple[Path, Path], capsys) -> None:
    model, card = files
    model.write_bytes(colour_network("corner"))
    graph = onnx.load(model)
    convert_model_to_external_data(graph, location="weights.bin", size_threshold=0)
    onnx.save(graph, model)
    assert main(["describe", str(model), str(card)]) == 1
    assert "weights in another file" in capsys.readouterr().err


def test_a_card_of_our_own_training_is_read(tmp_path: Path) -> None:
    card = {
        "name": "single_person",
        "input": {
            "name": "image",
            "shape": [1, 3, 256, 192],
            "layout": "NCHW float32, RGB 0..255; the normalisation is inside the graph",
            "framing": "person box x 1.25 brought to 3:4, black beyond the picture",
        },
        "outputs": {"heatmaps": [1, 2, 64, 48]},
        "skeleton": "COCO-17",
        "keypoints": ["nose", "left_eye"],
        "limbs": [],
        "stride": 4,
        "pixel_centres": "image = (map + 0.5) * stride - 0.5",
        "training": {"crops": {"set": 7}, "initialised": "from nothing"},
        "command": "python -m posture_tools.training",
    }
    path = tmp_path / "card.json"
    path.write_text(json.dumps(card), encoding="utf-8")
    description = read_card(path)
    assert (description.task, description.stride) == ("heatmap", 4)
    assert (description.input.letterbox, description.input.box_margin) == ("crop", 1.25)
    card["pixel_centres"] = "image = map * stride"
    path.write_text(json.dumps(card), encoding="utf-8")
    with pytest.raises(ModelRefused, match="pixel centres"):
        read_card(path)


def test_exporting_without_pytorch_says_what_to_install(tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.delitem(sys.modules, "posture_tools.models.export", raising=False)
    monkeypatch.setitem(sys.modules, "torch", None)
    assert main(["export", "hourglass", "hg2.pth", "-o", str(tmp_path / "hg2.onnx")]) == 3
    assert "torch is missing" in (said := capsys.readouterr().err)
    assert "pip install 'posture-station[training]'" in said


def test_a_size_that_is_none_is_refused(capsys) -> None:
    assert main(["export", "hourglass", "hg2.pth", "-o", "hg2.onnx", "--size", "256"]) == 2
    assert "256 is no HEIGHTxWIDTH" in capsys.readouterr().err


def test_a_file_that_is_no_onnx_is_refused(files: tuple[Path, Path], capsys) -> None:
    model, card = files
    model.write_bytes(b"\xff" * 100)
    assert main(["describe", str(model), str(card)]) == 1
    assert "no ONNX file" in capsys.readouterr().err
    assert main(["inspect", str(model)]) == 1


def test_fault_4_describe_writes_through_a_device(files: tuple[Path, Path]) -> None:
    model, card = files
    assert main(["describe", str(model), str(card), "-o", "/dev/null"]) == 0
    assert Path("/dev/null").is_char_device()


def _whole_file(folder: Path, yaw_shape: tuple[int, ...] = (1, 2)) -> tuple[Path, Path]:
    model, card = folder / "whole.onnx", folder / "whole.json"
    maps = np.zeros((1, 17, 64, 48), np.float32)
    yaw = np.full(yaw_shape, 0.6, np.float32)
    model.write_bytes(constant_network([1, 3, 256, 192], {"heatmaps": maps, "yaw": yaw}))
    said = colour_card(
        input=InputSpec("image", 256, 192, letterbox="crop", box_margin=1.25),
        outputs={"heatmaps": "heatmaps", "yaw": "yaw"}, keypoints=COCO_17.keypoints,
    )  # fmt: skip
    card.write_bytes(msgspec.json.encode(said))
    return model, card


def test_a_network_that_tells_the_yaw_is_described_and_checked(tmp_path: Path, capsys) -> None:
    model, card = _whole_file(tmp_path)
    assert main(["describe", str(model), str(card)]) == 0
    assert main(["check", str(model)]) == 0
    network = Network.load(model)
    assert "yaw" in {sample.role for sample in network.description.golden.samples}
    answer = network.run(np.zeros((256, 192, 3), np.uint8))
    assert answer["yaw"].tolist() == [[pytest.approx(0.6)] * 2]


def test_a_yaw_of_another_shape_is_refused(tmp_path: Path, capsys) -> None:
    model, card = _whole_file(tmp_path, (1, 3))
    assert main(["describe", str(model), str(card)]) == 1
    assert "yaw ('yaw') is 1x3, the description needs 1x2" in " ".join(
        capsys.readouterr().err.split()
    )


def test_a_close_network_names_its_landmarks(tmp_path: Path) -> None:
    model, card = tmp_path / "close.onnx", tmp_path / "close.json"
    maps = np.zeros((1, 55, 64, 48), np.float32)
    model.write_bytes(constant_network([1, 3, 256, 192], {"heatmaps": maps}))
    said = colour_card(
        input=InputSpec("image", 256, 192, letterbox="crop"), outputs={"heatmaps": "heatmaps"},
        skeleton="BODY-55", keypoints=BODY_55.keypoints,
    )  # fmt: skip
    card.write_bytes(msgspec.json.encode(said))
    assert main(["describe", str(model), str(card)]) == 0
    assert Network.load(model).description.topology is BODY_55

"""posture-models as a person uses it."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest
from posture_tools.models.__main__ import main
from simulators.networks import colour_card, colour_network, described_file

from edge.inference.description import ModelDescription
from edge.inference.network import Network


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


def test_a_file_that_is_no_onnx_is_refused(files: tuple[Path, Path], capsys) -> None:
    model, card = files
    model.write_bytes(b"\xff" * 100)
    assert main(["describe", str(model), str(card)]) == 1
    assert "no ONNX file" in capsys.readouterr().err
    assert main(["inspect", str(model)]) == 1

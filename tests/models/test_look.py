"""Intermediate stages, read by a person."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from posture_tools.models.__main__ import main
from posture_tools.models.look import stages
from simulators.networks import (
    DOTS,
    colour_card,
    colour_network,
    constant_network,
    described_file,
    detector_card,
    dots_picture,
)

from edge.inference.network import Network

POINTS = {"left_shoulder": (70.0, 60.0), "right_shoulder": (30.0, 61.0), "nose": (50.0, 20.0)}


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """Two stages: the serving one sees the dots, the early one sees the opposite."""
    card = colour_card(outputs={"heatmaps": "maps", "heatmaps_stage1": "early"})
    return described_file(tmp_path / "stacked.onnx", colour_network(stage=True), card)


def test_every_stage_is_decoded_and_the_serving_one_comes_last(model: Path) -> None:
    picture = dots_picture(128, 96, POINTS, sigma_px=6)
    network = Network.load(model, threads=1)
    early, last = stages(network, picture)
    assert (early.role, last.role) == ("heatmaps_stage1", "heatmaps")
    for name in DOTS:
        index = network.description.topology.index[name]
        assert last.peaks[index, :2] == pytest.approx(POINTS[name], abs=0.3)
        assert np.isnan(early.peaks[index, :2]).all()


def test_look_writes_a_picture_of_each_stage(model: Path, tmp_path: Path, capsys) -> None:
    photo, out = tmp_path / "p.png", tmp_path / "out"
    assert cv2.imwrite(str(photo), dots_picture(128, 96, POINTS, sigma_px=6))
    assert main(["look", str(model), str(photo), "-o", str(out)]) == 0
    assert {p.name for p in out.iterdir()} == {"p.heatmaps.png", "p.heatmaps_stage1.png"}
    before, early = cv2.imread(str(photo)), cv2.imread(str(out / "p.heatmaps_stage1.png"))
    assert np.array_equal(before, early)
    assert not np.array_equal(before, cv2.imread(str(out / "p.heatmaps.png")))
    assert "left_shoulder" in capsys.readouterr().out


def test_a_network_without_heatmaps_has_nothing_to_look_at(tmp_path: Path, capsys) -> None:
    outputs = {
        "boxes": np.zeros((1, 2, 4), np.float32),
        "scores": np.zeros((1, 1, 2), np.float32),
    }
    model = constant_network([1, 3, 100, 100], outputs)
    file = described_file(tmp_path / "d.onnx", model, detector_card())
    photo = tmp_path / "p.png"
    assert cv2.imwrite(str(photo), np.zeros((20, 20, 3), np.uint8))
    assert main(["look", str(file), str(photo), "-o", str(tmp_path)]) == 1
    assert "no heatmaps" in capsys.readouterr().err

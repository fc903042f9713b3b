"""Checklist row C3: a detector's box that is a little off must not move the keypoints."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from posture_tools.models.cards import read_card
from simulators.networks import described_file

from edge.camera.photos import read_photo
from edge.estimation.estimator import StageClock
from edge.estimation.person import PersonNetwork
from edge.inference.network import Network

SHIFTS = [(-0.05, 0), (0.05, 0), (0, -0.05), (0, 0.05)]


@pytest.mark.shared
def test_c3_a_crop_shifted_by_a_twentieth_moves_keypoints_by_a_hundredth(
    shared: Path, tmp_path: Path
) -> None:
    """Shares of the person's height; the median over keypoints, shifts and people."""
    source = shared / "models" / "pp_tinypose_256x192"
    model = (source / "pp_tinypose_256x192.onnx").read_bytes()
    file = described_file(tmp_path / "person.onnx", model, read_card(source / "card.json"))
    person = PersonNetwork(Network.load(file, threads=1))
    folder = shared / "photos" / "fashion_freepik"
    labels = json.loads((folder / "annotations.json").read_text(encoding="utf-8"))
    names = {image["id"]: image["file_name"] for image in labels["images"]}
    moved = []
    for label in labels["annotations"][:2]:
        image = read_photo(folder / "images" / names[label["image_id"]])
        x, y, width, height = label["bbox"]
        still = person.locate(image, (x, y, width, height), StageClock()).keypoints
        for right, down in SHIFTS:
            box = (x + right * height, y + down * height, width, height)
            jittered = person.locate(image, box, StageClock()).keypoints
            both = (still[:, 2] > 0.3) & (jittered[:, 2] > 0.3)
            assert both.sum() >= 10
            moved.append(np.hypot(*(jittered - still)[both, :2].T) / height)
    assert np.median(np.concatenate(moved)) <= 0.01

"""The scores: what a line's slope is, and that places come back to the picture."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from training.synthetic import sampler, write_photographs, write_renders

torch = pytest.importorskip("torch")

from posture_tools.training.framing import (  # noqa: E402
    Distortion,
    Region,
    crop_affine,
    move_points,
    whole_region,
)
from posture_tools.training.network import PoseNetwork  # noqa: E402
from posture_tools.training.photographs import Photographs  # noqa: E402
from posture_tools.training.recipe import RECIPES  # noqa: E402
from posture_tools.training.renders import Renders  # noqa: E402
from posture_tools.training.targets import confidence_maps, map_coordinates  # noqa: E402
from posture_tools.training.validation import (  # noqa: E402
    Validation,
    _line_scores,
    _yaw_scores,
    decode,
)

pytestmark = pytest.mark.usefixtures("one_torch_thread")


def test_places_come_back_to_the_picture():
    affine = crop_affine(Region(np.array([200.0, 300.0]), 500.0), (256, 192), Distortion(7, 0.05))
    points = np.array([[190.3, 250.7], [221.9, 351.2]])
    cells = map_coordinates(move_points(points, affine), 4)
    maps = confidence_maps(cells[None], (64, 48), 2.0)
    np.testing.assert_allclose(decode(maps, affine), points, atol=0.05)


def test_half_a_tilt_is_a_slope_of_a_half():
    rng = np.random.default_rng(0)
    truth = rng.uniform(-8, 8, 400)
    scores = _line_scores(truth, 0.5 * truth + 1 + rng.normal(0, 0.8, 400))
    assert scores["slope"] == pytest.approx(0.5, abs=0.03)
    assert scores["sd"] == pytest.approx(0.8, abs=0.08)
    assert scores["swapped"] == 0
    read = truth.copy()
    read[:100] += 60
    assert _line_scores(truth, read)["swapped"] == pytest.approx(0.25)
    assert _line_scores(truth[:5], truth[:5]) == {}


def test_a_yaw_is_read_round_the_circle():
    truth_deg = np.array([179.0, -179.0, 10.0])
    read = np.radians([-179.0, 179.0, 10.0])
    scores = _yaw_scores(np.column_stack([np.sin(read), np.cos(read)]), truth_deg)
    assert scores["yaw_p50"] == pytest.approx(2.0)


def test_a_network_is_scored_on_what_no_training_sees(tmp_path: Path):
    sampler(tmp_path)
    write_renders(tmp_path / "renders" / "val_1", [0.0, 175.0, 90.0] * 8)
    validation = Validation(
        Photographs([tmp_path / "photographs"], "val"),
        Renders(tmp_path / "renders", val=True),
        (64, 64),
    )
    torch.manual_seed(0)
    scores = validation(PoseNetwork(RECIPES["joint"].maps, yaw=True, width=0.25).eval())
    assert 0 <= scores["pck_photo_lspe"] <= 1
    assert scores["yaw_p90"] > 20, "it has learnt nothing"


class Knowing(torch.nn.Module):
    """Answers with the bright spots' own truth: what a perfect network would score."""

    def __init__(self, pictures, size_hw) -> None:
        super().__init__()
        self.parameter = torch.nn.Parameter(torch.zeros(1))
        self.pictures, self.size_hw = iter(pictures), size_hw

    def forward(self, images):
        maps, yaws = [], []
        for _ in images:
            picture = next(self.pictures)
            region = whole_region(picture.box, self.size_hw)
            affine = crop_affine(region, self.size_hw, Distortion())
            cells = map_coordinates(move_points(picture.points, affine), 4)
            hw = self.size_hw[0] // 4, self.size_hw[1] // 4
            maps.append(torch.from_numpy(confidence_maps(cells[None], hw, 2.0)))
            yaws.append(torch.from_numpy(picture.yaw[0]))
        return {"body": torch.stack(maps), "yaw": torch.stack(yaws)}


def test_a_network_that_knows_the_truth_has_a_slope_of_one(tmp_path: Path):
    turned = [float(yaw) for yaw in np.linspace(-15, 15, 40)]
    write_renders(tmp_path / "val_1", turned)
    renders = Renders(tmp_path, val=True)
    write_photographs(tmp_path / "photographs", [])
    photographs = Photographs([tmp_path / "photographs"], "val")
    size_hw = (256, 192)
    knowing = Knowing([renders.picture(row) for row in range(40)], size_hw)
    scores = Validation(photographs, renders, size_hw, close=0.0)(knowing)
    assert scores["yaw_p90"] < 0.01
    for line in ("shoulder", "hip", "knee", "asis"):
        assert scores[f"whole_{line}_slope"] == pytest.approx(1, abs=0.02)
        assert scores[f"whole_{line}_sd"] < 0.2
        assert scores[f"whole_{line}_swapped"] == 0
    assert not any(name.startswith("close") for name in scores)

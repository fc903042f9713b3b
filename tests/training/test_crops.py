"""Crops cut beforehand: within their size, with their labels, and fit to train from."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from posture_tools.training import recipe as recipes  # noqa: E402
from posture_tools.training import run as running  # noqa: E402
from posture_tools.training import samples  # noqa: E402
from posture_tools.training.crops import PackedCrops, write_crops  # noqa: E402
from posture_tools.training.framing import Distortion  # noqa: E402
from posture_tools.training.network import PoseNetwork  # noqa: E402
from posture_tools.training.recipe import RECIPES  # noqa: E402
from posture_tools.training.samples import Sampler  # noqa: E402
from training.synthetic import PLAIN, sampler  # noqa: E402

MIX = replace(PLAIN, occluded=0.0)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    source = sampler(tmp_path, MIX)
    write_crops(
        tmp_path / "crops.npz",
        source._photographs,
        source._renders,
        source._backgrounds,
        MIX,
        most_bytes=200_000,
        rng=np.random.default_rng(0),
    )
    return tmp_path / "crops.npz"


def packed(file: Path, mix=MIX) -> Sampler:
    photographs, renders = (PackedCrops([file], photograph=kind) for kind in (True, False))
    return Sampler(photographs, renders, photographs.backgrounds(), mix)


def test_a_file_keeps_within_its_size_and_holds_both_kinds(file: Path):
    assert 150_000 < file.stat().st_size <= 200_000
    census = packed(file).census()
    assert min(census.values()) > 10
    assert len(PackedCrops([file, file], photograph=True).backgrounds()) == 2


def test_labels_of_a_cut_crop_lie_on_their_pixels(file: Path, monkeypatch):
    monkeypatch.setattr(samples, "random_distortion", lambda _: Distortion(5, flip=True))
    monkeypatch.setattr(samples, "vary_appearance", lambda image, *_, **__: image)
    source = packed(file, replace(MIX, close=0.0))
    for seed in range(5):
        sample = source.sample(np.random.default_rng(seed), photograph=False)
        spots = (sample.points[:17] + 0.5) * 4 - 0.5
        inside = spots[np.isfinite(spots[:, 0])].round().astype(int)
        assert len(inside) > 10
        for x, y in inside:
            around = sample.image[max(y - 2, 0) : y + 3, max(x - 2, 0) : x + 3]
            assert around.max() > 65, (x, y)  # twice resampled; around it 30


def test_what_was_cut_for_close_crops_stays_close(file: Path):
    whole, close = (
        [
            PackedCrops([file], photograph=False).draw(np.random.default_rng(seed), close=kind)
            for seed in range(20)
        ]
        for kind in (False, True)
    )
    heights = [
        np.mean([picture.box[3] - picture.box[1] for picture in pictures])
        for pictures in (whole, close)
    ]
    assert heights[1] > 1.4 * heights[0]


def test_a_run_trains_from_crops(file: Path, tmp_path: Path, monkeypatch):
    monkeypatch.setattr(
        recipes, "PoseNetwork", lambda maps, **with_: PoseNetwork(maps, **with_, width=0.25)
    )
    recipe = replace(RECIPES["joint"], mix=MIX, batch=6, mirrored=1)
    run = running.Run(recipe, packed(file), tmp_path / "runs", workers=0, device="cpu")
    assert run.run(images=12).images == 12


def test_a_file_without_photographs_says_so(tmp_path: Path):
    source = sampler(tmp_path, MIX)
    write_crops(
        tmp_path / "crops.npz",
        source._photographs,
        source._renders,
        [],
        replace(MIX, photographs=0.0),
        most_bytes=60_000,
        rng=np.random.default_rng(0),
    )
    with pytest.raises(ValueError, match="no photographed crops"):
        PackedCrops([tmp_path / "crops.npz"], photograph=True)

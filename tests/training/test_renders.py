"""Packs of renders: found by name, taken in as they appear, refused when their yaw is turned."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from posture_tools.training.points import BODY_POINTS
from posture_tools.training.renders import RenderPack, Renders
from training.synthetic import write_renders

SIDES = [80.0, 100.0, -80.0, -100.0] * 4


class Clock:
    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def test_a_pack_that_appears_is_taken_in_and_val_is_kept_apart(tmp_path: Path):
    clock = Clock()
    write_renders(tmp_path / "train_1", [0.0, 10.0])
    write_renders(tmp_path / "val_1", [0.0])
    renders = Renders(tmp_path, clock=clock)
    assert len(renders) == 2
    assert len(Renders(tmp_path, val=True)) == 1
    write_renders(tmp_path / "train_2", [0.0, 10.0, 20.0])
    renders.rescan()
    assert len(renders) == 2, "not looked for at every batch"
    clock.now_s = 60
    renders.rescan()
    assert len(renders) == 5
    assert renders.find(4)[0].yaw_deg[renders.find(4)[1]] == 20


def test_a_pack_that_is_being_written_comes_later(tmp_path: Path):
    clock = Clock()
    write_renders(tmp_path / "train_1", [0.0, 10.0])
    whole = (tmp_path / "train_1.npz").read_bytes()
    (tmp_path / "train_1.npz").write_bytes(whole[: len(whole) // 2])
    renders = Renders(tmp_path, clock=clock)
    assert len(renders) == 0
    (tmp_path / "train_1.npz").write_bytes(whole)
    clock.now_s = 60
    renders.rescan()
    assert len(renders) == 2


def test_a_close_crop_is_taken_of_the_larger_people_more_often(tmp_path: Path):
    write_renders(tmp_path / "train_1", [0.0, 10.0, 20.0, 30.0])
    renders = Renders(tmp_path)
    pack, _ = renders.find(0)
    pack.box[0] *= 2
    rng = np.random.default_rng(0)
    heights = [
        [np.ptp(renders.draw(rng, close=close).box[[1, 3]]) for _ in range(400)]
        for close in (False, True)
    ]
    whole, close = (np.mean(np.array(h) == np.max(h)) for h in heights)
    assert whole == pytest.approx(0.25, abs=0.07)
    assert close == pytest.approx(1 - 0.75**3, abs=0.07)


def test_pictures_that_are_cut_short_are_refused(tmp_path: Path):
    write_renders(tmp_path / "train_1", [0.0])
    (tmp_path / "train_1.bin").write_bytes(b"short")
    with pytest.raises(ValueError, match="cut short"):
        RenderPack(tmp_path / "train_1.npz")


def test_channels_are_found_by_name_and_absent_ones_are_unknown(tmp_path: Path):
    names = tuple(reversed([name for name in BODY_POINTS if name != "S5"]))
    write_renders(tmp_path / "all", [30.0])
    write_renders(tmp_path / "some", [30.0], names=names)
    whole, some = (RenderPack(tmp_path / f"{name}.npz").picture(0) for name in ("all", "some"))
    s5 = BODY_POINTS.index("S5")
    assert some.trust[s5] == 0
    known = np.arange(55) != s5
    np.testing.assert_array_equal(some.points[known], whole.points[known])
    without = tuple(name for name in BODY_POINTS if name != "left_hip")
    write_renders(tmp_path / "none", [30.0], names=without)
    with pytest.raises(ValueError, match="left_hip"):
        RenderPack(tmp_path / "none.npz")


def test_the_left_side_turned_to_the_camera_is_a_positive_yaw(tmp_path: Path):
    """Whose left side is seen looks to the left of the picture: the nose lies left of the ears."""
    write_renders(tmp_path / "right", SIDES)
    pack = RenderPack(tmp_path / "right.npz")
    for row, yaw_deg in enumerate(SIDES):
        points, sine = pack.picture(row).points, pack.picture(row).yaw[0, 0]
        assert np.sign(points[3:5, 0].mean() - points[0, 0]) == np.sign(sine) == np.sign(yaw_deg)
    write_renders(tmp_path / "turned", SIDES, sign=-1)
    with pytest.raises(ValueError, match="right side"):
        RenderPack(tmp_path / "turned.npz")

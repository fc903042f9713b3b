"""Frozen and black pictures, on the frames' own clock."""

from __future__ import annotations

import numpy as np
import pytest

from edge.camera.watch import PictureWatch, Sight
from edge.errors import CameraLost, CameraStalled
from edge.records import Frame

RNG = np.random.default_rng(2)


def _frame(at_s: float, image: np.ndarray, name: str = "hall") -> Frame:
    return Frame(image, 0, round(at_s * 1e9), name=name)


def _noise(grey: int, shape: tuple[int, int, int] = (64, 48, 3)) -> np.ndarray:
    return RNG.integers(grey, grey + 4, shape, np.uint8)


def test_noise_is_life() -> None:
    watch = PictureWatch()
    assert {watch.look(_frame(s, _noise(90))) for s in range(60)} == {Sight.GOOD}


def test_a_picture_that_repeats_itself_is_found_after_ten_seconds() -> None:
    watch, same = PictureWatch(), _noise(90)
    assert watch.look(_frame(100.0, same)) is Sight.GOOD
    for s in (101.0, 105.0, 109.9):
        assert watch.look(_frame(s, same.copy())) is Sight.UNSURE
    with pytest.raises(CameraStalled, match="same picture for 10 s") as stalled:
        watch.look(_frame(110.0, same.copy()))
    assert stalled.value.reason == "frozen"


def test_opened_anew_with_the_same_picture_it_is_not_good() -> None:
    watch, same = PictureWatch(), _noise(90)
    watch.look(_frame(0, same))
    watch.opened()
    assert watch.look(_frame(5, same.copy())) is Sight.UNSURE
    assert watch.look(_frame(14, same.copy())) is Sight.UNSURE, "its ten seconds began anew"
    assert watch.look(_frame(14.1, _noise(90))) is Sight.GOOD


def test_a_dark_room_is_black_not_frozen() -> None:
    watch, dark = PictureWatch(), np.zeros((64, 48, 3), np.uint8)
    sights = [watch.look(_frame(s, dark.copy())) for s in range(0, 40, 5)]
    assert sights == [Sight.UNSURE] * 2 + [Sight.BLACK] * 6
    assert watch.look(_frame(41, _noise(90))) is Sight.GOOD


def test_somebody_switches_the_light_off_for_a_moment() -> None:
    watch = PictureWatch()
    watch.look(_frame(0, _noise(90)))
    assert watch.look(_frame(9, _noise(0))) is Sight.UNSURE
    assert watch.look(_frame(9.5, _noise(90))) is Sight.GOOD
    assert watch.look(_frame(12, _noise(0))) is Sight.UNSURE


def test_the_size_changes_while_the_camera_is_open() -> None:
    watch = PictureWatch()
    watch.look(_frame(0, _noise(90)))
    with pytest.raises(CameraLost, match="48x64 to 24x32") as lost:
        watch.look(_frame(1, _noise(90, (32, 24, 3))))
    assert lost.value.reason == "format"
    watch.opened()
    assert watch.look(_frame(2, _noise(90, (32, 24, 3)))) is Sight.GOOD

"""Photographs: what a person may point the station at."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.camera.photo_camera import PhotoCamera
from edge.errors import ImageUnreadable, SourceInvalid


def _photo(path: Path, value: int) -> Path:
    assert cv2.imwrite(str(path), np.full((8, 6, 3), value, np.uint8))
    return path


def test_a_folder_is_read_in_the_order_of_names(tmp_path: Path) -> None:
    _photo(tmp_path / "b.png", 2)
    _photo(tmp_path / "a.png", 1)
    (tmp_path / "notes.txt").write_text("no photograph")
    camera = PhotoCamera(tmp_path)
    camera.open()
    first, second = camera.read(), camera.read()
    assert first is not None
    assert second is not None
    assert (first.image[0, 0, 0], second.image[0, 0, 0]) == (1, 2)
    assert (first.frame_id, second.frame_id) == (0, 1)
    assert first.still
    assert camera.read() is None


def test_a_frame_cannot_be_changed(tmp_path: Path) -> None:
    camera = PhotoCamera(_photo(tmp_path / "a.png", 1))
    camera.open()
    frame = camera.read()
    assert frame is not None
    with pytest.raises(ValueError, match="read-only"):
        frame.image[0, 0, 0] = 9


def test_a_damaged_photograph_is_named_and_the_next_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"\xff\xd8 cut off")
    (tmp_path / "b.jpg").write_bytes(b"")
    _photo(tmp_path / "c.png", 3)
    camera = PhotoCamera(tmp_path)
    camera.open()
    for name in ("a.jpg", "b.jpg"):
        with pytest.raises(ImageUnreadable, match=name):
            camera.read()
    frame = camera.read()
    assert frame is not None
    assert frame.image[0, 0, 0] == 3


def test_an_empty_folder_says_what_to_put_into_it(tmp_path: Path) -> None:
    with pytest.raises(SourceInvalid, match=r"holds no photographs.*JPEG"):
        PhotoCamera(tmp_path).open()


def test_a_path_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(SourceInvalid, match="no file or folder"):
        PhotoCamera(tmp_path / "gone.jpg").open()

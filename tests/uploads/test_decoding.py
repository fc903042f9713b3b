"""Uploaded files as pixels: whole, damaged, hostile, and with a place in them that goes."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from posture_tools.uploads.decoding import MOST_FILE_BYTES, decode
from simulators.exif import jpeg_taken
from simulators.uploaded import jpeg, rendered

from edge.camera.photos import read_photo
from edge.errors import ImageUnreadable


def test_pixels_are_those_that_assess_reads(tmp_path: Path) -> None:
    data = jpeg(rendered())
    (tmp_path / "photo.jpg").write_bytes(data)
    assert np.array_equal(decode(data, "photo 1").image, read_photo(tmp_path / "photo.jpg"))


def test_the_date_is_read_and_nothing_else_of_exif() -> None:
    picture = decode(jpeg_taken(rendered(), "2026:04:02 09:10:11"), "photo 1")
    assert picture.taken_at == "2026-04-02T09:10:11"
    _, again = cv2.imencode(".jpg", picture.image)
    assert b"Exif" not in again.tobytes()


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "is empty"),
        (b"#EXTM3U\nfile:///etc/passwd", "photo 1"),
        (b"\x89PNG\r\n\x1a\n" + b"x" * 500, "damaged"),
        (b"\xff\xd8\xff" + bytes(range(256)) * 9, "damaged"),
        (bytes(MOST_FILE_BYTES + 1), "more than 40 MB"),
    ],
)
def test_what_is_no_photograph_is_said_by_its_name(data: bytes, said: str) -> None:
    with pytest.raises(ImageUnreadable, match=said) as refused:
        decode(data, "photo 1")
    assert "/proc" not in str(refused.value)


def test_a_picture_that_is_larger_than_memory_is_refused() -> None:
    _, small = cv2.imencode(".png", np.zeros((4, 4, 3), np.uint8))
    data = bytearray(small.tobytes())
    data[16:24] = (15_000).to_bytes(4, "big") + (15_000).to_bytes(4, "big")
    with pytest.raises(ImageUnreadable):
        decode(bytes(data), "photo 1")

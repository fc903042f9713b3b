"""A photograph's date is the camera's own, or none."""

from __future__ import annotations

import numpy as np
import pytest
from simulators.exif import jpeg_taken

from edge.camera.photos import read_photo
from edge.sightings.photo_date import taken_at

IMAGE = np.full((40, 30, 3), 128, np.uint8)


@pytest.mark.parametrize(
    ("date", "offset", "moment"),
    [
        ("2026:11:27 09:10:05", "", "2026-11-27T09:10:05"),
        ("2026:11:27 09:10:05", "+09:00", "2026-11-27T09:10:05+09:00"),
        ("0000:00:00 00:00:00", "", ""),
        ("    :  :     :  :  ", "", ""),
        ("2026:11:27 09:10:05", "late", ""),
    ],
)
def test_the_moment_that_the_camera_wrote(tmp_path, date, offset, moment):
    path = tmp_path / "photo.jpg"
    path.write_bytes(jpeg_taken(IMAGE, date, offset))
    assert taken_at(path) == moment
    assert read_photo(path).shape == IMAGE.shape


def test_no_exif_or_a_damaged_one_is_no_date(tmp_path):
    whole = jpeg_taken(IMAGE, "2026:11:27 09:10:05")
    path = tmp_path / "photo.jpg"
    for cut in range(0, len(whole), 7):
        path.write_bytes(whole[:cut])
        assert taken_at(path) in ("", "2026-11-27T09:10:05")
    assert taken_at(tmp_path / "nothing.jpg") == ""

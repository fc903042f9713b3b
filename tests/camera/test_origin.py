"""Each camera says what its frames are; one that does not is not taken for a patient's."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.camera.base import origin_of
from edge.camera.sources import camera_for
from edge.settings import CameraSettings


@pytest.mark.parametrize(
    ("source", "origin"),
    [
        ("/dev/video0", "camera"),
        ("v4l2:/dev/v4l/by-id/one", "camera"),
        ("rtsp://camera/stream", "camera"),
        ("csi:0", "camera"),
        ("picamera2:", "camera"),
        ("mannequin:", "rendered"),
        ("PHOTO.png", "file"),
        ("CLIP.mp4", "file"),
        (".", "file"),
    ],
)
def test_what_each_source_says(tmp_path: Path, source: str, origin: str) -> None:
    cv2.imwrite(str(tmp_path / "PHOTO.png"), np.zeros((8, 8, 3), np.uint8))
    (tmp_path / "CLIP.mp4").write_bytes(b"")
    if source[0] in "PC.":
        source = str(tmp_path / source)
    assert origin_of(camera_for(CameraSettings(source=source))) == origin


class Unsaid:
    name, dropped = "somebody's", 0

    def open(self) -> None: ...

    def read(self) -> None: ...

    def pace(self, most_fps: float) -> None: ...

    def close(self) -> None: ...


class Strange(Unsaid):
    origin = "a friend"


@pytest.mark.parametrize("camera", [Unsaid(), Strange()])
def test_a_camera_that_does_not_say_it_is_unknown(camera: Unsaid) -> None:
    assert origin_of(camera) == "unknown"

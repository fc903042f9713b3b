"""A source URI names a camera, or says what would."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.camera.live import LiveCamera
from edge.camera.photo_camera import PhotoCamera
from edge.camera.picamera import PiCamera
from edge.camera.sources import camera_for, is_live
from edge.camera.video import VideoFileCamera
from edge.errors import SourceInvalid
from edge.settings import CameraSettings


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        ("/dev/video3", LiveCamera),
        ("v4l2:/dev/video3", LiveCamera),
        ("/dev/v4l/by-id/usb-046d_C920-video-index0", LiveCamera),
        ("csi:1", LiveCamera),
        ("rtsp://10.0.0.9/stream", LiveCamera),
        ("picamera2:", PiCamera),
    ],
)
def test_live_sources(source: str, kind: type) -> None:
    assert isinstance(camera_for(CameraSettings(source=source)), kind)
    assert is_live(source)


def test_a_sensor_has_a_number() -> None:
    with pytest.raises(SourceInvalid, match="csi:0"):
        camera_for(CameraSettings(source="csi:left"))


def test_paths(tmp_path: Path) -> None:
    clip = tmp_path / "walk.mp4"
    clip.touch()
    assert isinstance(camera_for(CameraSettings(source=str(clip))), VideoFileCamera)
    assert isinstance(camera_for(CameraSettings(source=str(tmp_path))), PhotoCamera)


def test_an_unknown_scheme_lists_the_known_ones() -> None:
    with pytest.raises(SourceInvalid, match=r"picamera2:.*mannequin:"):
        camera_for(CameraSettings(source="ndi:studio"))

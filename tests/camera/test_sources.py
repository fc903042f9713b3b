"""A source URI names a camera, or says what would."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.camera.base import origin_of
from edge.camera.live import LiveCamera
from edge.camera.photo_camera import PhotoCamera
from edge.camera.picamera import PiCamera
from edge.camera.sources import GROUP, camera_for
from edge.camera.video import VideoFileCamera
from edge.errors import PartMissing, SourceInvalid
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
    assert origin_of(camera_for(CameraSettings(source=source))) == "camera"


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


def test_without_a_source_one_sentence_says_what_to_do() -> None:
    with pytest.raises(SourceInvalid) as refusal:
        camera_for(CameraSettings())
    assert str(refusal.value).count(".") == 2, "one sentence, and the dot of posture.toml"
    assert "--source" in str(refusal.value)


@pytest.fixture
def brought(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package, as pip installs it, that brings the cameras `ndi:`, `broken:` and `csi:`."""
    (tmp_path / "ndi_source.py").write_text(
        "class Studio:\n"
        "    def __init__(self, settings): self.name, self.dropped = settings.source, 0\n"
    )
    described = tmp_path / "ndi_source-1.0.dist-info"
    described.mkdir()
    (described / "METADATA").write_text("Metadata-Version: 2.1\nName: ndi-source\nVersion: 1.0\n")
    (described / "entry_points.txt").write_text(
        f"[{GROUP}]\nndi = ndi_source:Studio\nbroken = ndi_source:Gone\ncsi = ndi_source:Studio\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    return tmp_path


def test_another_package_brings_a_camera_by_an_entry_point(brought: Path) -> None:
    camera = camera_for(CameraSettings(source="ndi:studio"))
    assert (type(camera).__name__, camera.name) == ("Studio", "ndi:studio")
    assert origin_of(camera) == "unknown", "it did not say what it is"
    with pytest.raises(SourceInvalid, match=r"picamera2:.*ndi:"):
        camera_for(CameraSettings(source="nobody:knows"))


def test_it_does_not_take_the_place_of_the_stations_own(brought: Path) -> None:
    assert isinstance(camera_for(CameraSettings(source="csi:0")), LiveCamera)


def test_one_that_cannot_be_loaded_is_a_missing_part(brought: Path) -> None:
    with pytest.raises(PartMissing, match="broken:"):
        camera_for(CameraSettings(source="broken:"))

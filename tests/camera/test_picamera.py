"""The Raspberry Pi camera, against a stand-in of the picamera2 package."""

from __future__ import annotations

import subprocess
import sys

import pytest
from simulators import picamera2_device

from edge.camera.picamera import PiCamera
from edge.errors import CameraHung, PartMissing


def _camera() -> PiCamera:
    return PiCamera((1080, 1920), fps=10, stall_s=0.5)


def test_both_streams_of_one_request(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "picamera2", picamera2_device.module())
    camera = _camera()
    camera.open()
    for expected_id in range(10):  # more than there are buffers: each request is released
        frame = camera.read()
        assert frame is not None
        assert frame.frame_id == expected_id
    assert frame.image.shape == (1920, 1080, 3)
    assert frame.lores is not None
    assert frame.lores.shape == (682, 384, 3)
    assert frame.lores.min() > 150, "the padding of the rows must be cut away"
    camera.close()


def test_frames_that_nobody_read_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "picamera2", picamera2_device.module(skip_after=2))
    camera = _camera()
    camera.open()
    ids = [frame.frame_id for frame in (camera.read() for _ in range(4)) if frame]
    assert ids == [0, 1, 5, 6]
    assert camera.dropped == 3


def test_the_frontend_times_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "picamera2", picamera2_device.module(hang_after=1))
    camera = _camera()
    camera.open()
    assert camera.read() is not None
    with pytest.raises(CameraHung, match=r"0\.5 s"):
        camera.read()
    camera.close()  # and does not block: the stand-in's `stop` would, as the real one does


def test_exposure_and_gain_are_fixed_only_where_they_are_given(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    package = picamera2_device.module()
    monkeypatch.setitem(sys.modules, "picamera2", package)
    for given, controls in [
        ({}, {"FrameRate": 10}),
        ({"exposure_us": 8000}, {"FrameRate": 10, "ExposureTime": 8000}),
        ({"gain": 2.5}, {"FrameRate": 10, "AnalogueGain": 2.5}),
    ]:
        camera = PiCamera((1080, 1920), fps=10, stall_s=0.5, **given)
        camera.open()
        assert package.opened[-1].streams["controls"] == controls
        camera.close()


def test_a_slow_pace_leaves_frames_at_the_sensor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "picamera2", picamera2_device.module())
    slept: list[float] = []
    monkeypatch.setattr("edge.camera.picamera.time.sleep", slept.append)
    camera = _camera()
    camera.open()
    camera.read()
    camera.pace(2.0)
    camera.read()
    camera.read()
    assert slept[:2] == [0.0, 0.0]
    assert 0.4 < slept[2] <= 0.5
    camera.close()


def test_without_picamera2_the_error_says_how_to_install_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "picamera2", None)
    with pytest.raises(PartMissing, match="system-site-packages"):
        _camera().open()


def test_importing_the_station_imports_no_camera_hardware() -> None:
    code = (
        "import sys, edge.__main__, edge.camera.sources;"
        "bad = {'picamera2', 'libcamera', 'gpiozero', 'RPi'} & set(sys.modules);"
        "sys.exit(f'imported {bad}' if bad else 0)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)

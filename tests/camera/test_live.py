"""Live cameras: how they are opened, and what is said when they cannot be."""

from __future__ import annotations

import errno
import os
import socket
from functools import partial
from itertools import pairwise
from typing import Any

import cv2
import pytest
from simulators.faulty_camera import NODE, FaultyCamera

from edge.camera import connect
from edge.camera.live import LiveCamera
from edge.errors import CameraLost, CameraStalled, PartMissing
from edge.shown import shown_address


@pytest.fixture
def device(monkeypatch: pytest.MonkeyPatch) -> FaultyCamera:
    device = FaultyCamera(fps=60.0)
    device.install(monkeypatch)
    return device


def _camera() -> LiveCamera:
    return LiveCamera(NODE, partial(connect.open_v4l2, NODE, (96, 128), 60.0), stall_s=5)


def test_a_slow_pace_leaves_frames_undecoded_and_counts_them(device: FaultyCamera) -> None:
    camera = _camera()
    camera.pace(10.0)
    camera.open()
    frames = [frame for frame in (camera.read() for _ in range(4)) if frame is not None]
    camera.close()
    captured_ns = [frame.captured_ns for frame in frames]
    assert all(later - earlier >= 10**8 for earlier, later in pairwise(captured_ns))
    assert len(frames) + camera.dropped >= frames[-1].frame_id + 1 > len(frames)
    assert camera.format.startswith("MJPG")


def test_no_such_device() -> None:
    node = "/dev/video-none"
    camera = LiveCamera(node, partial(connect.open_v4l2, node, (640, 480), 15.0), stall_s=5)
    camera.open()
    with pytest.raises(CameraLost, match="Plug it in") as lost:
        camera.read()
    assert lost.value.reason == "absent"


@pytest.mark.parametrize(
    ("code", "reason", "remedy"),
    [
        (errno.EACCES, "permission", "group video"),
        (errno.EBUSY, "busy", "fuser"),
        (errno.ENODEV, "absent", "Plug it in"),
    ],
)
def test_the_kernels_answer_becomes_a_reason(
    code: int, reason: str, remedy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Any, *_: Any) -> int:
        raise OSError(code, os.strerror(code), path)

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(CameraLost, match=remedy) as lost:
        connect.open_v4l2("/dev/video7", (640, 480), 15.0)
    assert lost.value.reason == reason


def test_a_network_camera_that_accepts_and_never_answers() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        address = f"rtsp://user:secret@127.0.0.1:{port}/stream"
        name = shown_address(address)
        camera = LiveCamera(name, partial(connect.open_stream, address, 0.3), stall_s=0.3)
        assert "secret" not in camera.name
        camera.open()
        with pytest.raises((CameraStalled, CameraLost)) as fault:
            camera.read()
        assert "secret" not in str(fault.value)
    camera.close()


def test_a_csi_camera_without_gstreamer_says_which_opencv_has_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(cv2.videoio_registry, "hasBackend", lambda _backend: False)
    with pytest.raises(PartMissing, match=r"no GStreamer.*JetPack's own OpenCV"):
        connect.open_csi(0, (1920, 1080), 15.0)


def test_the_pipeline_of_a_csi_camera_keeps_the_newest_frame_alone() -> None:
    pipeline = connect.csi_pipeline(1, (1280, 720), 29.97)
    assert "sensor-id=1" in pipeline
    assert "width=1280, height=720, framerate=29970/1000" in pipeline
    assert pipeline.endswith("appsink drop=true max-buffers=1 sync=false")

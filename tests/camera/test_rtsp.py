"""A network camera that drops, starts slowly or changes its size: GStreamer's server plays it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np
import pytest
from conftest import missing
from simulators.rtsp_server import RtspServer, is_there, rtsp_server

from edge.camera import connect
from edge.camera.live import LiveCamera
from edge.camera.sources import camera_for
from edge.camera.watch import PictureWatch
from edge.errors import CameraLost, CameraStalled
from edge.records import Frame
from edge.settings import CameraSettings


@pytest.fixture(scope="module", autouse=True)
def _gstreamer() -> None:
    if not is_there():
        missing("GStreamer's RTSP server (gir1.2-gst-rtsp-server-1.0, python3-gi, plugins-good)")


@pytest.fixture
def server() -> Iterator[RtspServer]:
    with rtsp_server() as server:
        yield server


def opened(server: RtspServer, *, stall_s: float = 3.0) -> LiveCamera:
    camera = camera_for(CameraSettings(source=server.address, stall_s=stall_s))
    assert isinstance(camera, LiveCamera)
    camera.open()
    return camera


def frame_of(camera: LiveCamera) -> Frame:
    frame = camera.read()
    assert frame is not None
    return frame


def test_pictures_come_and_move_and_the_password_is_in_no_name(server: RtspServer) -> None:
    camera = opened(server)
    first, later = frame_of(camera), [frame_of(camera) for _ in range(8)][-1]
    camera.close()
    assert first.image.shape == (120, 160, 3)
    assert not np.array_equal(first.image, later.image)
    assert camera.name == f"rtsp://127.0.0.1:{server.port}"


def test_a_camera_that_drops_is_lost_and_comes_back(server: RtspServer) -> None:
    camera = opened(server)
    frame_of(camera)
    server.say("drop")
    with pytest.raises(CameraLost, match="went away") as lost:
        list(iter(camera.read, None))
    assert "topsecret" not in str(lost.value)
    camera.close()
    camera.open()
    assert frame_of(camera).image.shape == (120, 160, 3)
    camera.close()


def test_a_camera_whose_power_is_cut_comes_back_at_the_same_place(server: RtspServer) -> None:
    camera = opened(server)
    frame_of(camera)
    server.kill()
    with pytest.raises((CameraLost, CameraStalled)):
        list(iter(camera.read, None))
    camera.close()
    camera.open()
    with pytest.raises(CameraLost, match="does not answer") as refused:
        camera.read()
    assert "topsecret" not in str(refused.value)
    camera.close()
    with rtsp_server(server.port):
        camera.open()
        frame_of(camera)
        camera.close()


def test_a_camera_that_starts_slowly_is_waited_for() -> None:
    with rtsp_server(slow_s=3.0) as slow:
        camera = opened(slow, stall_s=0.8)
        frame_of(camera)
        camera.close()


def test_a_camera_that_changes_its_size_is_opened_anew_with_it(server: RtspServer) -> None:
    camera, watch = opened(server), PictureWatch()
    watch.opened()
    watch.look(frame_of(camera))
    server.say("size 320x240")
    with pytest.raises(CameraLost, match="160x120 to 320x240"):
        list(map(watch.look, iter(camera.read, None)))
    camera.close()
    camera.open()
    watch.opened()
    watch.look(frame_of(camera))
    assert frame_of(camera).image.shape == (240, 320, 3)
    camera.close()


def test_a_wrong_password_is_said_without_it(server: RtspServer) -> None:
    address = server.address.replace("topsecret", "wr0ngsecret")
    camera = LiveCamera("hall", partial(connect.open_stream, address, 3.0), stall_s=3.0)
    camera.open()
    with pytest.raises(CameraLost, match="user and password") as refused:
        camera.read()
    assert "wr0ngsecret" not in str(refused.value)
    camera.close()

"""Videos and the capture thread: pace, drops, ends and stalls."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.camera import slot
from edge.camera.slot import CaptureThread, FrameSlot
from edge.camera.video import VideoFileCamera
from edge.errors import CameraHung, CameraLost, CameraStalled, ImageUnreadable, SourceInvalid
from edge.records import Frame


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    """Twelve frames at 60 per second; frame i has the grey value 20 * i."""
    path = tmp_path / "clip.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 60.0, (64, 48))
    assert writer.isOpened()
    for i in range(12):
        writer.write(np.full((48, 64, 3), 20 * i, np.uint8))
    writer.release()
    return path


def _read_all(camera: VideoFileCamera) -> list[Frame]:
    camera.open()
    frames = list(iter(camera.read, None))
    camera.close()
    return frames


def test_as_fast_as_possible_drops_nothing(clip: Path) -> None:
    camera = VideoFileCamera(clip, fast=True, stall_s=5)
    frames = _read_all(camera)
    assert [f.frame_id for f in frames] == list(range(12))
    assert [round(int(f.image[0, 0, 0]) / 20) for f in frames] == list(range(12))
    assert camera.dropped == 0
    assert frames[6].captured_ns == pytest.approx(0.1e9, abs=1e3)  # media time


@pytest.mark.parametrize("fast", [True, False])
def test_c6_interval_3_takes_frames_3_6_9_and_12(clip: Path, fast: bool) -> None:
    camera = VideoFileCamera(clip, fast=fast, stall_s=5, interval=3)
    frames = _read_all(camera)
    assert [1 + f.frame_id for f in frames] == [3, 6, 9, 12]
    assert [round(int(f.image[0, 0, 0]) / 20) for f in frames] == [2, 5, 8, 11]
    assert [f.captured_ns / 1e9 for f in frames] == pytest.approx([2 / 60, 5 / 60, 8 / 60, 11 / 60])
    assert (camera.frame_count, camera.fps, camera.dropped) == (4, pytest.approx(20.0), 0)


def test_at_its_own_pace_every_frame_is_read_or_counted(clip: Path) -> None:
    camera = VideoFileCamera(clip, fast=False, stall_s=5)
    camera.open()
    assert camera.read() is not None
    threading.Event().wait(0.1)  # a slow reader
    rest = list(iter(camera.read, None))
    assert camera.dropped > 0
    assert 1 + len(rest) + camera.dropped == 12


def test_a_text_file_named_mp4(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    path.write_text("not a video")
    with pytest.raises(ImageUnreadable, match=r"clip\.mp4"):
        VideoFileCamera(path, fast=True, stall_s=5).open()


def test_a_video_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(SourceInvalid, match="no file"):
        VideoFileCamera(tmp_path / "gone.mp4", fast=True, stall_s=5).open()


def _frame(frame_id: int) -> Frame:
    return Frame(np.zeros((2, 2, 3), np.uint8), frame_id, frame_id)


def glitching() -> tuple[CaptureThread, threading.Event]:
    """A thread whose driver does not come back from the second frame, until the event is set."""
    hang = threading.Event()

    def frames(_slot: FrameSlot) -> Iterator[Frame]:
        yield _frame(0)
        hang.wait()

    return CaptureThread("glitching", frames, overwrite=True, stall_s=0.05), hang


def test_a_capture_call_never_returns() -> None:
    thread, hang = glitching()
    thread.start()
    assert thread.take() is not None
    with pytest.raises(CameraStalled, match="glitching"):
        thread.take()
    hang.set()
    thread.close()


def test_a_thread_that_stays_in_its_driver_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slot, "LETS_GO_S", 0.05)
    thread, hang = glitching()
    thread.start()
    with pytest.raises(CameraHung, match=r"glitching.*has not returned"):
        thread.close()
    hang.set()


def test_a_device_goes_away_in_the_middle() -> None:
    def frames(_slot: FrameSlot) -> Iterator[Frame]:
        yield _frame(0)
        raise CameraLost("it went away.")

    thread = CaptureThread("usb", frames, overwrite=False, stall_s=5)
    thread.start()
    assert thread.take() is not None
    with pytest.raises(CameraLost, match="went away"):
        thread.take()
    thread.close()

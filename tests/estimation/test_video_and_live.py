"""A recorded video and a live camera are one path: the same frames, the same measures."""

from __future__ import annotations

import contextlib
import threading
from pathlib import Path

import cv2
import pytest
from posture_tools.mannequin import MannequinCamera

from edge.camera.live import LiveCamera
from edge.camera.video import VideoFileCamera
from edge.errors import CameraLost
from edge.estimation.estimator import Estimator
from edge.estimation.factory import estimator_for
from edge.posture.assess import assess
from edge.records import Frame, Measure
from edge.settings import ModelSettings

STANDING_AT_S = (3.0, 4.0, 5.0)


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    """A rendered person who stands and sways, a frame a second."""
    person = MannequinCamera("mannequin:?view=front&seed=3&width=360&height=640")
    person.open()
    images = [person.rendered(at_s).image for at_s in STANDING_AT_S]
    path = tmp_path / "clip.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 1, images[0].shape[1::-1])
    assert writer.isOpened()
    for image in images:
        writer.write(image)
    writer.release()
    return path


class Replay:
    """A clip as a device: it has the next frame when the one before has been taken."""

    def __init__(self, path: Path) -> None:
        self._clip = cv2.VideoCapture(str(path))
        self.taken = threading.Semaphore(1)

    def grab(self) -> bool:
        return self.taken.acquire(timeout=10) and self._clip.grab()

    def __getattr__(self, name: str):
        return getattr(self._clip, name)


def recorded(path: Path) -> list[Frame]:
    camera = VideoFileCamera(path, fast=True, stall_s=10)
    camera.open()
    frames = list(iter(camera.read, None))
    camera.close()
    return frames


def live(path: Path) -> list[Frame]:
    replay = Replay(path)
    camera = LiveCamera("replay", lambda: replay, stall_s=10)  # type: ignore[arg-type,return-value]
    camera.open()
    frames: list[Frame] = []
    with contextlib.suppress(CameraLost):  # the clip's end
        while (frame := camera.read()) is not None:
            frames.append(frame)
            replay.taken.release()
    camera.close()
    return frames


def measures(frames: list[Frame], estimator: Estimator) -> list[tuple[Measure, ...]]:
    return [assess(pose) for frame in frames for pose in estimator.estimate(frame)]


def test_d5_a_video_gives_the_measures_that_its_replay_as_a_camera_gives(clip: Path) -> None:
    estimator = estimator_for(ModelSettings(threads=1))
    of_video, of_camera = measures(recorded(clip), estimator), measures(live(clip), estimator)
    assert len(of_video) == len(STANDING_AT_S)
    assert of_video == of_camera
    leans = {m.value for each in of_video for m in each if m.code == "trunk_lean"}
    assert None not in leans
    assert len(leans) == len(STANDING_AT_S), "the clip moves, or equal measures would show nothing"

"""Where pictures with skeletons go: a folder, a video or a GIF."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np

from edge.camera.opencv import VideoFileCamera
from edge.errors import SettingsInvalid
from edge.estimation.one_euro import OneEuro
from edge.overlay import draw
from edge.records import Pose, Uint8
from edge.sightings.person import Person
from edge.sightings.sightings import Sighting, Source

_GIF_SIDE_PX = 480
_GIF_FPS = 10.0
_GIF_FRAMES = 600  # all of them wait in memory, 250 MB at most


class _File(Protocol):
    def write(self, drawn: Uint8, sighting: Sighting) -> None: ...

    def close(self) -> None: ...


class Overlay:
    """Draws the sightings of one source; `close` finishes the file.

    path : what is written, or the folder it is written into.
    """

    def __init__(self, path: Path, file: _File) -> None:
        self.path = path
        self._file = file
        self._filters: dict[int, OneEuro] = {}

    def add(self, sighting: Sighting) -> None:
        """Draw one picture; one that was not read is left out.

        Raises
        ------
        SettingsInvalid : it cannot be written there.
        """
        if sighting.frame is None:
            return
        people = sighting.people
        poses = [self._steady(person, sighting.time_s) for person in people]
        drawn = draw(sighting.frame.image, poses, [person.measures for person in people])
        self._file.write(drawn, sighting)

    def close(self) -> None:
        self._file.close()

    def _steady(self, person: Person, time_s: float | None) -> Pose:
        """In a video the skeleton is smoothed for the eye; the numbers beside it are not."""
        if time_s is None:
            return person.pose
        keypoints = person.pose.keypoints.copy()
        one_euro = self._filters.setdefault(person.number, OneEuro())
        keypoints[:, :2] = one_euro.smooth(keypoints[:, :2].astype(np.float64), time_s)
        return replace(person.pose, keypoints=keypoints)


def overlay_at(target: Path, source: Source) -> Overlay:
    """The overlay of an opened source: an .mp4 or .gif of a video, else a folder.

    A folder gets NAME.png of each photograph and NAME.mp4 of a video.

    Raises
    ------
    SettingsInvalid : no such kind of file, a video file for photographs, or not writable.
    """
    kind = target.suffix.lower()
    if target.is_dir() or not kind:
        try:
            target.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise _unwritable(target) from error
        if not isinstance(source, VideoFileCamera):
            return Overlay(target, _Pictures(target))
        target, kind = target / f"{Path(source.name).stem}.mp4", ".mp4"
    if kind not in (".mp4", ".gif"):
        raise SettingsInvalid(
            f"an overlay cannot be written as {target.name}.", "Name a folder, an .mp4 or a .gif."
        )
    if not isinstance(source, VideoFileCamera):
        raise SettingsInvalid(f"{source.name} is no video.", "Name a folder for its overlay.")
    if target.resolve() == Path(source.name).resolve():
        raise SettingsInvalid(
            f"the overlay would replace the video {target}.", "Name another file for it."
        )
    return Overlay(target, (_Gif if kind == ".gif" else _Video)(target, source.fps))


class _Pictures:
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def write(self, drawn: Uint8, sighting: Sighting) -> None:
        path = self._folder / f"{Path(sighting.path).stem}.png"
        if not cv2.imwrite(str(path), drawn):
            raise _unwritable(path)

    def close(self) -> None:
        """Each picture is complete once written."""


class _Video:
    """MPEG-4: what OpenCV's own build can encode everywhere."""

    def __init__(self, path: Path, fps: float) -> None:
        self._path = path
        self._fps = fps
        self._writer: cv2.VideoWriter | None = None

    def write(self, drawn: Uint8, sighting: Sighting) -> None:
        if self._writer is None:
            fourcc = cv2.VideoWriter.fourcc(*"mp4v")
            size = drawn.shape[1], drawn.shape[0]
            self._writer = cv2.VideoWriter(str(self._path), fourcc, self._fps, size)
            if not self._writer.isOpened():
                raise _unwritable(self._path)
        self._writer.write(drawn)

    def close(self) -> None:
        if self._writer is not None:
            self._writer.release()


class _Gif:
    """Small and slow on purpose: a GIF is for a page or a message."""

    def __init__(self, path: Path, fps: float) -> None:
        self._path = path
        self._step = max(1, round(fps / _GIF_FPS))
        self._ms = round(1e3 * self._step / fps)
        self._seen = 0
        self._frames: list[Uint8] = []

    def write(self, drawn: Uint8, sighting: Sighting) -> None:
        self._seen += 1
        if (self._seen - 1) % self._step:
            return
        if len(self._frames) == _GIF_FRAMES:
            raise SettingsInvalid(
                f"{sighting.path} is longer than the {_GIF_FRAMES * self._ms / 1e3:.0f} s that a "
                "GIF may last.",
                "Write an .mp4 instead.",
            )
        scale = min(1.0, _GIF_SIDE_PX / max(drawn.shape[:2]))
        small = cv2.resize(drawn, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        self._frames.append(np.asarray(small, np.uint8))

    def close(self) -> None:
        if not self._frames:
            return
        animation = cv2.Animation()
        animation.frames = self._frames
        animation.durations = [self._ms] * len(self._frames)
        if not cv2.imwriteanimation(str(self._path), animation):
            raise _unwritable(self._path)


def _unwritable(path: Path) -> SettingsInvalid:
    return SettingsInvalid(f"{path} cannot be written.", "Check the folder, its rights, the disk.")

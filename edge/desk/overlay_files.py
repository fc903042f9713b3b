"""Pictures with skeletons: one drawing a photograph, a video or a GIF of a video."""

from __future__ import annotations

import struct
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

import cv2
import numpy as np

from edge.desk.picture_file import png
from edge.errors import OutputFailed, OutputRefused
from edge.estimation.one_euro import OneEuro
from edge.output import MARK, output
from edge.overlay import draw
from edge.records import Pose, Uint8
from edge.sightings.person import Person
from edge.sightings.sightings import Sighting

_GIF_SIDE_PX = 480
_GIF_FPS = 10.0
_GIF_FRAMES = 600  # all of them wait in memory, 250 MB at most
_LONGEST_STILL_S = 60.0  # a gap between two frames is shown no longer

Add = Callable[[Sighting], None]


@contextmanager
def overlay(path: Path, fps: float) -> Iterator[Add]:
    """Takes the sightings of one input and draws them into one file, by its suffix.

    fps : of the video. A video plays as long as the frames' own times say.

    Raises
    ------
    OutputFailed : it cannot be written. OutputRefused : a GIF of more than a minute.
    """
    kinds: dict[str, type[_Video] | type[_Gif]] = {".mp4": _Video, ".gif": _Gif}
    kind: type[_Video] | type[_Gif] | type[_Picture] = kinds.get(path.suffix.lower(), _Picture)
    with output(path) as file:
        drawing = kind(path, file, fps)
        steady = _Steady()

        def add(sighting: Sighting) -> None:
            if sighting.frame is None:  # what was not read is left out
                return
            people = sighting.people
            poses = [steady.pose(person, sighting.time_s) for person in people]
            drawn = draw(sighting.frame.image, poses, [person.measures for person in people])
            drawing.write(drawn, sighting.time_s or 0.0)

        try:
            yield add
        finally:
            drawing.finish()


class _Steady:
    """In a video the skeleton is smoothed for the eye; the numbers beside it are not."""

    def __init__(self) -> None:
        self._filters: dict[int, OneEuro] = {}

    def pose(self, person: Person, time_s: float | None) -> Pose:
        if time_s is None:
            return person.pose
        keypoints = person.pose.keypoints.copy()
        one_euro = self._filters.setdefault(person.number, OneEuro())
        keypoints[:, :2] = one_euro.smooth(keypoints[:, :2].astype(np.float64), time_s)
        return replace(person.pose, keypoints=keypoints)


class _Picture:
    def __init__(self, path: Path, file: BinaryIO, _fps: float) -> None:
        self._file = file

    def write(self, drawn: Uint8, _time_s: float) -> None:
        self._file.write(png(drawn))

    def finish(self) -> None:
        """Finish the picture."""


class _Video:
    """MPEG-4: what OpenCV's own build can encode everywhere."""

    def __init__(self, path: Path, file: BinaryIO, fps: float) -> None:
        self._path = path
        self._file = file
        self._fps = fps
        self._writer: cv2.VideoWriter | None = None
        self._size = (0, 0)
        self._began_s = 0.0
        self._written = 0

    def write(self, drawn: Uint8, time_s: float) -> None:
        if self._writer is None:
            self._size, self._began_s = (drawn.shape[1], drawn.shape[0]), time_s
            self._writer = self._opened()
        elif (drawn.shape[1], drawn.shape[0]) != self._size:
            drawn = np.asarray(cv2.resize(drawn, self._size), np.uint8)
        due = round((time_s - self._began_s) * self._fps) + 1
        for _ in range(min(due - self._written, round(_LONGEST_STILL_S * self._fps))):
            self._writer.write(drawn)
            self._written += 1
        self._written = max(self._written, due)

    def _opened(self) -> cv2.VideoWriter:
        """FFmpeg takes the format from the suffix, and no name that is not UTF-8: it gets a link to
        the file that `output` has opened."""
        with tempfile.TemporaryDirectory(prefix="posture-overlay-") as folder:
            link = Path(folder) / "overlay.mp4"
            link.symlink_to(Path(self._file.name).absolute())
            fourcc = cv2.VideoWriter.fourcc(*"mp4v")
            writer = cv2.VideoWriter(str(link), cv2.CAP_FFMPEG, fourcc, self._fps, self._size)
        if not writer.isOpened():
            raise OutputFailed(
                f"{self._path} cannot be written as a video of {self._size[0]} x {self._size[1]}.",
                "Draw single pictures of it into a folder, or make the video smaller.",
            )
        return writer

    def finish(self) -> None:
        if self._writer is None:
            return
        self._writer.release()
        # What FFmpeg could not write it does not tell; a file without its end has no frames.
        written = cv2.VideoCapture(f"/dev/fd/{self._file.fileno()}", cv2.CAP_FFMPEG)
        whole = written.isOpened() and written.get(cv2.CAP_PROP_FRAME_COUNT) > 0
        written.release()
        if not whole:
            raise OutputFailed(
                f"{self._path} could not be written to its end.",
                "Make room, or name another place.",
            )
        self._file.seek(0, 2)
        mark = MARK.encode()
        self._file.write(struct.pack(">I", 8 + len(mark)) + b"free" + mark)


class _Gif:
    """Small and slow on purpose: a GIF is for a page or a message."""

    def __init__(self, path: Path, file: BinaryIO, fps: float) -> None:
        self._path = path
        self._file = file
        self._fps = fps
        self._frames: list[Uint8] = []
        self._times_s: list[float] = []

    def write(self, drawn: Uint8, time_s: float) -> None:
        step_s = 1.0 / min(self._fps, _GIF_FPS)
        if self._times_s and time_s - self._times_s[-1] < step_s - 0.5 / self._fps:
            return
        if len(self._frames) == _GIF_FRAMES:
            raise OutputRefused(
                f"{self._path}: the video is longer than the {_GIF_FRAMES * step_s:.0f} s that a "
                "GIF may last.",
                "Write an .mp4 instead.",
            )
        scale = min(1.0, _GIF_SIDE_PX / max(drawn.shape[:2]))
        small = cv2.resize(drawn, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        self._frames.append(np.asarray(small, np.uint8))
        self._times_s.append(time_s)

    def finish(self) -> None:
        if not self._frames:
            return
        ends_s = [*self._times_s[1:], self._times_s[-1] + 1.0 / self._fps]
        gaps = zip(self._times_s, ends_s, strict=True)
        animation = cv2.Animation()
        animation.frames = self._frames
        animation.durations = [max(10, round(1e3 * (end - began))) for began, end in gaps]
        with tempfile.TemporaryDirectory(prefix="posture-overlay-") as folder:
            path = Path(folder) / "overlay.gif"
            if not cv2.imwriteanimation(str(path), animation):
                raise OutputFailed(f"{self._path} cannot be encoded as a GIF.", "Write an .mp4.")
            self._file.write(
                path.read_bytes() + MARK.encode()
            )  # behind its end, which viewers skip

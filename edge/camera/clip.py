"""A video file through FFmpeg: upright pictures with square pixels, at the times that it tells."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import cv2
import numpy as np

from edge.camera.boxes import MovieFacts, movie_facts
from edge.camera.disk import open_file
from edge.camera.kinds import HEAD_BYTES, Kind, described, kind_of
from edge.camera.quiet import quieten
from edge.camera.turn import QUARTERS, Turn, squared, turned
from edge.errors import ImageUnreadable
from edge.records import Uint8

_DEFAULT_FPS = 25.0  # what a file that does not say is taken for
_MOST_FPS = 1000.0  # some write their clock's rate there
_MOST_FRAMES = 1e9
# How much of a video may be missing before it counts as broken off: decoders leave a few frames
# out at an open beginning, and a container that tells one length of sound and picture together
# says nothing exact of either.
_SLACK_FRAMES, _SLACK_SHARE = 2, 0.01
_LOOSE_SLACK_S, _LOOSE_SLACK_SHARE = 0.5, 0.05
_CODECS = {"AV01": "AV1", "HEV1": "H.265", "HVC1": "H.265", "HEVC": "H.265", "VVC1": "H.266"}
_CONVERT = "Convert it to H.264 in MP4: `ffmpeg -i OLD -c:v libx264 NEW.mp4`."


@dataclass(frozen=True, slots=True)
class Grabbed:
    """A frame that is decoded and not yet converted. number : from 0. time_s : from the first."""

    number: int
    time_s: float


class Clip:
    """An opened video file; its first frame has been decoded.

    frame_count : as the file says, 0 where it does not. fps : frames a second, on average.

    Raises
    ------
    SourceInvalid : there is no such file.
    ImageUnreadable : no video, none that can be decoded here, or turned by less than a quarter.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        with open_file(path) as file:
            self._kind = kind_of(file.read(HEAD_BYTES))
            self._facts = _facts(path, file)
            capture = _capture(file)
        if capture is None:
            raise ImageUnreadable(_no_video(path, self._kind), _CONVERT)
        self._capture = capture
        count = capture.get(cv2.CAP_PROP_FRAME_COUNT)
        self.frame_count = int(count) if 0 < count < _MOST_FRAMES else 0
        fps = capture.get(cv2.CAP_PROP_FPS)
        self.fps = fps if 0 < fps <= _MOST_FPS else _DEFAULT_FPS
        self._aspect = _aspect(capture)
        self._turn = self._upright()
        self._first_ms: float | None = None
        self._last: Grabbed | None = None
        self._waiting = self._grab()
        if self._waiting is None:
            codec = _codec(capture)
            capture.release()
            raise ImageUnreadable(
                f"{path}: no frame of it can be decoded here (its codec is {codec}).",
                f"{_CONVERT} If that fails too, the file is damaged.",
            )

    def grab(self) -> Grabbed | None:
        """The next frame; None at the end.

        Raises
        ------
        ImageUnreadable : the file says that more should come.
        """
        grabbed, self._waiting = self._waiting or self._grab(), None
        if grabbed is None:
            self._check_whole()
        return grabbed

    def picture(self) -> Uint8:
        """The frame grabbed last, uint8 (H, W, 3), BGR. Raises ImageUnreadable."""
        try:
            read, image = self._capture.retrieve()
        except cv2.error as error:
            raise self._damaged() from error
        if not read or image is None:
            raise self._damaged()
        return turned(squared(np.asarray(image, np.uint8), self._aspect), self._turn)

    def close(self) -> None:
        self._capture.release()

    def _grab(self) -> Grabbed | None:
        if not self._capture.grab():
            return None
        now_ms = self._capture.get(cv2.CAP_PROP_POS_MSEC)
        if self._last is None:
            self._first_ms = now_ms
            self._last = Grabbed(0, 0.0)
            return self._last
        time_s = (now_ms - (self._first_ms or 0.0)) / 1e3
        if not time_s > self._last.time_s:  # a frame without a time of its own
            time_s = self._last.time_s + 1.0 / self.fps
        self._last = Grabbed(self._last.number + 1, time_s)
        return self._last

    def _upright(self) -> Turn:
        """OpenCV turns and does not mirror, and mends pixels of no picture that it has turned."""
        quarters = round(self._capture.get(cv2.CAP_PROP_ORIENTATION_META) / 90.0)  # with the clock
        self._capture.set(cv2.CAP_PROP_ORIENTATION_AUTO, 0)
        if self._facts is not None:
            return self._facts.turn
        return QUARTERS[-quarters % 4]

    def _check_whole(self) -> None:
        if self._last is None or not self.frame_count:
            return
        there = self._last.number + 1
        there_s = self._last.time_s + 1.0 / self.fps
        said_s = self.frame_count / self.fps
        exact = self._facts is not None or self._kind.name == "AVI"
        if self._facts is not None and self._facts.shown_s is not None:
            said_s = min(said_s, self._facts.shown_s)
            short = said_s - there_s > _SLACK_FRAMES / self.fps + _SLACK_SHARE * said_s
        elif exact:
            missing = self.frame_count - there
            short = missing > _SLACK_FRAMES + _SLACK_SHARE * self.frame_count
        else:
            short = said_s - there_s > _LOOSE_SLACK_S + _LOOSE_SLACK_SHARE * said_s
        if short:
            of = f"{there} of {self.frame_count} frames" if exact else f"{there} frames"
            raise ImageUnreadable(
                f"{self._path} breaks off: {of}, {there_s:.2f} of {said_s:.2f} s, are there.",
                "What is there was measured. Copy the whole file, or record it again.",
            )

    def _damaged(self) -> ImageUnreadable:
        number = 0 if self._last is None else self._last.number
        return ImageUnreadable(
            f"{self._path} is damaged: frame {number} cannot be decoded.", _CONVERT
        )


def is_video(path: Path) -> bool:
    """Whether FFmpeg finds pictures in a file. Raises as `open_file`."""
    with open_file(path) as file:
        capture = _capture(file)
    if capture is None:
        return False
    capture.release()
    return True


def _capture(file: BinaryIO) -> cv2.VideoCapture | None:
    """OpenCV's reader of an opened file, passed as a descriptor: OpenCV takes no name that is not
    UTF-8, and FFmpeg would read some names as addresses or patterns."""
    quieten()
    try:
        capture = cv2.VideoCapture(f"/dev/fd/{file.fileno()}", cv2.CAP_FFMPEG)
    except cv2.error:
        return None
    return capture if capture.isOpened() else None


def _facts(path: Path, file: BinaryIO) -> MovieFacts | None:
    try:
        return movie_facts(file, os.fstat(file.fileno()).st_size)
    except ValueError as error:
        raise ImageUnreadable(f"{path}: {error}.", f"Turn it upright. {_CONVERT}") from error


def _aspect(capture: cv2.VideoCapture) -> float:
    """Width of a stored pixel over its height; 1 where the file does not say, or nonsense."""
    wide, high = capture.get(cv2.CAP_PROP_SAR_NUM), capture.get(cv2.CAP_PROP_SAR_DEN)
    aspect = wide / high if wide > 0 and high > 0 else 1.0
    return aspect if 0.1 < aspect < 10.0 else 1.0


def _codec(capture: cv2.VideoCapture) -> str:
    code = int(capture.get(cv2.CAP_PROP_FOURCC)) & 0xFFFFFFFF
    letters = code.to_bytes(4, "little").decode("latin-1").strip("\0 ")
    return _CODECS.get(letters.upper(), letters) if letters.isprintable() and letters else "unknown"


def _no_video(path: Path, kind: Kind) -> str:
    if kind.name in ("MP4", "AVI"):
        return f"{path} {described(kind)} without pictures, or too damaged to find them."
    return f"{path} {described(kind)}{', no video' if not kind.reader else ''}."

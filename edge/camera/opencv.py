"""Video files through OpenCV."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from edge.camera.slot import CaptureThread, FrameSlot
from edge.errors import ImageUnreadable, SourceInvalid
from edge.records import Frame, Origin

_DEFAULT_FPS = 25.0  # what a file that does not say is taken for
VIDEO_SUFFIXES = frozenset({".mp4", ".avi", ".mov", ".mkv", ".webm", ".m4v", ".mpg", ".mjpeg"})


class VideoFileCamera:
    """A recorded video; `fast` reads every frame, otherwise frames come at their own pace.

    interval : of so many frames one is decoded, the last: 3 gives the third, the sixth, the ninth.
        frame_count and fps are of these.
    """

    origin: Origin = "file"

    def __init__(self, path: Path, *, fast: bool, stall_s: float, interval: int = 1) -> None:
        self.name = str(path)
        self._path = path
        self._fast = fast
        self._interval = interval
        self._stall_s = stall_s
        self._thread: CaptureThread | None = None
        self.frame_count = 0
        self.fps = 0.0

    def open(self) -> None:
        if not self._path.is_file():
            raise SourceInvalid(f"there is no video {self._path}.", "Check the path.")
        capture = cv2.VideoCapture(str(self._path))
        if not capture.isOpened():
            raise ImageUnreadable(
                f"{self._path} is not a video that can be decoded.", "Convert it to H.264 in MP4."
            )
        self.frame_count = max(0, int(capture.get(cv2.CAP_PROP_FRAME_COUNT))) // self._interval
        file_fps = capture.get(cv2.CAP_PROP_FPS) or _DEFAULT_FPS
        self.fps = file_fps / self._interval
        self._thread = CaptureThread(
            self.name,
            lambda slot: self._frames(capture, file_fps, slot),
            overwrite=not self._fast,
            stall_s=self._stall_s,
        )
        self._thread.start()

    def _frames(
        self, capture: cv2.VideoCapture, file_fps: float, slot: FrameSlot
    ) -> Iterator[Frame]:
        began_s = time.monotonic()
        frame_id = -1
        try:
            while not slot.closed and capture.grab():
                frame_id += 1
                if (frame_id + 1) % self._interval:
                    continue
                read, image = capture.retrieve()
                if not read:
                    break
                media_s = frame_id / file_fps
                if not self._fast:
                    time.sleep(max(0.0, began_s + media_s - time.monotonic()))
                yield Frame(
                    np.asarray(image, np.uint8), frame_id, int(media_s * 1e9), name=self.name
                )
            if frame_id < 0 and not slot.closed:
                raise ImageUnreadable(f"{self.name} holds no frame.", "Record it again.")
        finally:
            capture.release()

    def read(self) -> Frame | None:
        return None if self._thread is None else self._thread.take()

    def pace(self, _most_fps: float) -> None:
        """Each frame is read."""

    def close(self) -> None:
        if self._thread is not None:
            self._thread.close()

    @property
    def dropped(self) -> int:
        return 0 if self._thread is None else self._thread.dropped

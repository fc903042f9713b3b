"""Video files, V4L2 devices and RTSP streams through OpenCV."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import cv2
import numpy as np

from edge.camera.slot import CaptureThread, FrameSlot
from edge.errors import CameraLost, ImageUnreadable, SourceInvalid
from edge.records import Frame

VIDEO_SUFFIXES = frozenset({".mp4", ".avi", ".mov", ".mkv", ".webm", ".m4v", ".mpg", ".mjpeg"})


class VideoFileCamera:
    """A recorded video; `fast` reads every frame, otherwise frames come at their own pace."""

    def __init__(self, path: Path, *, fast: bool, stall_s: float) -> None:
        self.name = str(path)
        self._path = path
        self._fast = fast
        self._stall_s = stall_s
        self._thread: CaptureThread | None = None
        self.frame_count = 0
        self.fps = 25.0  # what a file that does not say is taken for

    def open(self) -> None:
        if not self._path.is_file():
            raise SourceInvalid(f"there is no video {self._path}.", "Check the path.")
        capture = cv2.VideoCapture(str(self._path))
        if not capture.isOpened():
            raise ImageUnreadable(
                f"{self._path} is not a video that can be decoded.", "Convert it to H.264 in MP4."
            )
        self.frame_count = max(0, int(capture.get(cv2.CAP_PROP_FRAME_COUNT)))
        self.fps = capture.get(cv2.CAP_PROP_FPS) or self.fps
        self._thread = CaptureThread(
            self.name,
            lambda slot: self._frames(capture, slot),
            overwrite=not self._fast,
            stall_s=self._stall_s,
        )
        self._thread.start()

    def _frames(self, capture: cv2.VideoCapture, slot: FrameSlot) -> Iterator[Frame]:
        began_s = time.monotonic()
        frame_id = 0
        try:
            while not slot.closed:
                read, image = capture.read()
                if not read:
                    if frame_id == 0:
                        raise ImageUnreadable(f"{self.name} holds no frame.", "Record it again.")
                    return
                media_s = frame_id / self.fps
                if not self._fast:
                    time.sleep(max(0.0, began_s + media_s - time.monotonic()))
                yield Frame(
                    np.asarray(image, np.uint8), frame_id, int(media_s * 1e9), name=self.name
                )
                frame_id += 1
        finally:
            capture.release()

    def read(self) -> Frame | None:
        return None if self._thread is None else self._thread.take()

    def close(self) -> None:
        if self._thread is not None:
            self._thread.close()

    @property
    def dropped(self) -> int:
        return 0 if self._thread is None else self._thread.dropped


class LiveCamera:
    """A V4L2 device (`/dev/video0`) or an RTSP stream. The newest frame wins."""

    def __init__(
        self, address: str, size_px: tuple[int, int], *, fps: float, stall_s: float
    ) -> None:
        self._address = address
        self._size_px = size_px  # width, height
        self._fps = fps
        self._stall_s = stall_s
        self._is_stream = "://" in address
        self.name = _without_password(address) if self._is_stream else address
        self._thread: CaptureThread | None = None

    def open(self) -> None:
        if not self._is_stream and not Path(self._address).exists():
            raise CameraLost(
                f"there is no camera {self._address}.", "Plug it in; `v4l2-ctl --list-devices`."
            )
        self._thread = CaptureThread(self.name, self._frames, overwrite=True, stall_s=self._stall_s)
        self._thread.start()

    def _capture(self) -> cv2.VideoCapture:
        if self._is_stream:
            limit_ms = int(self._stall_s * 1000)
            limits = [
                *(cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, limit_ms),
                *(cv2.CAP_PROP_READ_TIMEOUT_MSEC, limit_ms),
            ]
            return cv2.VideoCapture(self._address, cv2.CAP_FFMPEG, limits)
        capture = cv2.VideoCapture(self._address, cv2.CAP_V4L2)
        # MJPG first: raw formats at full size do not fit through USB 2 at a useful rate.
        capture.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG"))
        capture.set(cv2.CAP_PROP_FRAME_WIDTH, self._size_px[0])
        capture.set(cv2.CAP_PROP_FRAME_HEIGHT, self._size_px[1])
        capture.set(cv2.CAP_PROP_FPS, self._fps)
        capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)
        return capture

    def _frames(self, slot: FrameSlot) -> Iterator[Frame]:
        capture = self._capture()
        try:
            if not capture.isOpened():
                raise CameraLost(
                    f"{self.name} cannot be opened.",
                    "Is it plugged in, used by nobody else, and is the user in the group video?",
                )
            frame_id = 0
            while not slot.closed:
                grabbed = capture.grab()
                captured_ns = time.monotonic_ns()
                read, image = capture.retrieve() if grabbed else (False, None)
                if not read or image is None:
                    raise CameraLost(f"{self.name} went away.", "Check cable, power and network.")
                yield Frame(np.asarray(image, np.uint8), frame_id, captured_ns, name=self.name)
                frame_id += 1
        finally:
            capture.release()

    def read(self) -> Frame | None:
        return None if self._thread is None else self._thread.take()

    def close(self) -> None:
        if self._thread is not None:
            self._thread.close()

    @property
    def dropped(self) -> int:
        return 0 if self._thread is None else self._thread.dropped


def _without_password(address: str) -> str:
    parts = urlsplit(address)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()

"""A device or stream that OpenCV reads, whatever it is connected by. The newest frame wins."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import cv2
import numpy as np

from edge.camera.slot import CaptureThread, FrameSlot
from edge.errors import CameraLost
from edge.records import Frame, Origin, Uint8

Connect = Callable[[], cv2.VideoCapture]


class LiveCamera:
    """Frames of a device until it goes away; opened anew as often as wanted.

    name : for people; without a password.
    connect : opens the device (`edge.camera.connect`); runs in the capture thread, for it may hang.
    stall_s : how long a reader waits for a frame. start_s : how much longer for the first.
    """

    origin: Origin = "camera"

    def __init__(
        self, name: str, connect: Connect, *, stall_s: float, start_s: float = 0.0
    ) -> None:
        self.name = name
        self._connect = connect
        self._stall_s = stall_s
        self._start_s = start_s
        self._least_gap_ns = 0
        self._thread: CaptureThread | None = None
        self._left_out = 0
        self.format = ""  # what the device gives, as it says: "MJPG 1920 x 1080, 15 fps"

    def open(self) -> None:
        self._thread = CaptureThread(
            self.name, self._frames, overwrite=True, stall_s=self._stall_s, start_s=self._start_s
        )
        self._thread.start()

    def _frames(self, slot: FrameSlot) -> Iterator[Frame]:
        capture = self._connect()
        try:
            self.format = _format(capture)
            frame_id, due_ns = -1, 0
            while not slot.closed:
                grabbed = capture.grab()
                captured_ns = time.monotonic_ns()
                frame_id += 1
                if grabbed and captured_ns < due_ns:  # not decoded: that is most of the work
                    self._left_out += 1
                    continue
                due_ns = captured_ns + self._least_gap_ns
                read, image = capture.retrieve() if grabbed else (False, None)
                if not read or image is None:
                    raise CameraLost(f"{self.name} went away.", "Check cable, power and network.")
                yield Frame(self._colour(image), frame_id, captured_ns, name=self.name)
        finally:
            capture.release()

    def _colour(self, image: cv2.typing.MatLike) -> Uint8:
        if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3:
            raise CameraLost(
                f"{self.name} gives {image.dtype} pictures of shape {image.shape}, no colours of "
                "8 bits.",
                "Choose a camera, or a mode of it, with MJPG, YUYV or H.264.",
                reason="format",
            )
        return np.asarray(image, np.uint8)

    def read(self) -> Frame | None:
        return None if self._thread is None else self._thread.take()

    def pace(self, most_fps: float) -> None:
        self._least_gap_ns = round(1e9 / most_fps)

    def close(self) -> None:
        if self._thread is not None:
            self._thread.close()

    @property
    def dropped(self) -> int:
        overwritten = 0 if self._thread is None else self._thread.dropped
        return overwritten + self._left_out


def _format(capture: cv2.VideoCapture) -> str:
    code = int(capture.get(cv2.CAP_PROP_FOURCC))
    letters = "".join(chr(code >> shift & 0xFF) for shift in (0, 8, 16, 24))
    width_px, height_px = (
        int(capture.get(side)) for side in (cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FRAME_HEIGHT)
    )
    fps = capture.get(cv2.CAP_PROP_FPS)
    name = letters if letters.isprintable() and letters.strip() else "?"
    return f"{name} {width_px} x {height_px}, {fps:g} fps"

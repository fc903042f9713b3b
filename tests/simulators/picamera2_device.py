"""A stand-in for the picamera2 package: requests of two streams, with faults on demand.

It keeps what the real one does that matters here: `capture_request(wait=seconds)` raises
TimeoutError, and `stop` must not be called after it, for it might never return; `lores` arrays are
YUV 4:2:0 with padded rows; and a request must be released before its buffer can be used again (four
buffers).
"""

from __future__ import annotations

import threading
from types import ModuleType
from typing import Any, ClassVar

import numpy as np

BUFFERS = 4
ROW_ALIGNMENT = 64


class Request:
    def __init__(self, device: Picamera2, timestamp_ns: int) -> None:
        self._device = device
        self._timestamp_ns = timestamp_ns

    def make_array(self, stream: str) -> np.ndarray:
        width, height = self._device.streams[stream]["size"]
        if stream == "main":
            picture = np.full((height, width, 3), (10, 20, 30), np.uint8)
            # No two frames of a sensor are alike.
            picture[0, 0] = self._timestamp_ns // 1000 % 256
            return picture
        stride = -(-width // ROW_ALIGNMENT) * ROW_ALIGNMENT
        yuv = np.zeros((height * 3 // 2, stride), np.uint8)
        yuv[:height, :width] = 200  # the padding stays black
        yuv[height:] = 128
        return yuv

    def get_metadata(self) -> dict[str, int]:
        return {"SensorTimestamp": self._timestamp_ns}

    def release(self) -> None:
        self._device.out -= 1


class Picamera2:
    skip_after: int | None = None  # the sensor produces frames nobody asked for
    hang_after: int | None = None
    opened: ClassVar[list[Picamera2]] = []

    def __init__(self) -> None:
        self.streams: dict[str, dict[str, Any]] = {}
        self.out = 0
        self._captured = 0
        self._hung = False
        self.hangs = False
        self.stopped = False
        type(self).opened.append(self)

    def create_video_configuration(self, **streams: Any) -> dict[str, Any]:
        return streams

    def configure(self, configuration: dict[str, Any]) -> None:
        self.streams = configuration
        self._frame_ns = int(1e9 / configuration["controls"]["FrameRate"])

    def start(self) -> None:
        self.stopped = False

    def capture_request(self, wait: float) -> Request:
        if self.hangs or self._captured == type(self).hang_after:
            threading.Event().wait(wait)
            self._hung = True
            raise TimeoutError
        assert self.out < BUFFERS, "a request was not released"
        if self._captured == type(self).skip_after:
            self._captured += 3
        self.out += 1
        self._captured += 1
        return Request(self, 1_000 + self._captured * self._frame_ns)

    def stop(self) -> None:
        assert not self._hung, "the real one would block for ever"
        self.stopped = True

    def close(self) -> None:
        assert self.stopped


def module(**faults: int) -> ModuleType:
    """The package as `import picamera2` would find it; `opened` lists the cameras made of it."""
    package = ModuleType("picamera2")
    opened: list[Picamera2] = []
    made = type("Picamera2", (Picamera2,), {"opened": opened, **faults})
    package.Picamera2, package.opened = made, opened  # type: ignore[attr-defined]
    return package

"""A V4L2 device as the operating system and OpenCV show it, with faults to switch on and off.

The pictures are the mannequin's, with a sensor's noise. Only `os.open` of the device's node and
`cv2.VideoCapture` are replaced; everything above them is the station's own.
"""

from __future__ import annotations

import errno
import itertools
import os
import threading
import time
from typing import Any, Literal

import cv2
import numpy as np
import pytest
from posture_tools.mannequin import Faults, MannequinCamera, degrade

Fault = Literal[
    "", "unplugged", "stalled", "hung", "frozen", "black", "permission", "busy", "format", "size"
]
NODE = "/dev/video-simulated"
_GONE: dict[str, int] = {"unplugged": errno.ENOENT, "permission": errno.EACCES, "busy": errno.EBUSY}


class FaultyCamera:
    """One device. Set `fault`; every capture of it obeys at its next frame."""

    def __init__(self, fps: float) -> None:
        self.fault: Fault = ""
        self.fps = fps
        self.let_go = threading.Event()  # ends the simulated hang when all is over
        mannequin = MannequinCamera("mannequin:?view=front&width=96&height=128&noise=0&fps=1")
        mannequin.open()
        self._pictures = itertools.cycle([mannequin.rendered(t).image for t in (4.0, 5.0, 6.0)])
        self._rng = np.random.default_rng(5)

    def picture(self) -> np.ndarray:
        dark = -10.0 if self.fault == "black" else 0.0
        picture = degrade(next(self._pictures), Faults(noise=2.0, exposure_stops=dark), self._rng)
        if self.fault == "format":
            return picture[:, :, 0]
        return picture[::2, ::2] if self.fault == "size" else picture

    def install(self, patch: pytest.MonkeyPatch) -> None:
        really_open = os.open

        def open_node(path: Any, *args: Any, **options: Any) -> int:
            if path != NODE:
                return really_open(path, *args, **options)
            if self.fault in _GONE:
                code = _GONE[self.fault]
                raise OSError(code, os.strerror(code), path)
            return really_open(os.devnull, os.O_RDWR)

        patch.setattr(os, "open", open_node)
        patch.setattr(cv2, "VideoCapture", lambda *_: _Capture(self))


class _Capture:
    """cv2.VideoCapture: a driver that stalls makes `grab` fail after a while, as V4L2's does."""

    def __init__(self, device: FaultyCamera) -> None:
        self._device = device
        self._last: np.ndarray | None = None

    def isOpened(self) -> bool:
        return True

    def set(self, _property: int, _value: float) -> bool:
        return True

    def get(self, asked: int) -> float:
        return {cv2.CAP_PROP_FOURCC: float(cv2.VideoWriter.fourcc(*"MJPG"))}.get(asked, 0.0)

    def grab(self) -> bool:
        device = self._device
        time.sleep(1 / device.fps)
        if device.fault == "hung":
            device.let_go.wait()
        while device.fault == "stalled":
            time.sleep(0.01)
        return device.fault not in _GONE

    def retrieve(self) -> tuple[bool, np.ndarray | None]:
        if self._device.fault != "frozen" or self._last is None:
            self._last = self._device.picture()
        return True, self._last

    def release(self) -> None:
        self._last = None

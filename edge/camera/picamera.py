"""The Raspberry Pi camera through picamera2. Nothing else imports picamera2 or libcamera.

Two streams of one request show the same instant: `main` at full resolution, where keypoints are
placed, and `lores`, where people are found. One request is out at a time, and copied at once: the
sensor has four buffers, and a kept one costs frames. The camera is opened once and its mode never
changed (issue 1102: each change takes memory until a reboot). One that has hung is not stopped
either (issues 1264 and 962: `stop` can block for ever): the process ends and systemd starts it
anew.
"""

from __future__ import annotations

import time
from typing import Any

import cv2
import numpy as np

from edge.errors import CameraHung, CameraLost, PartMissing
from edge.records import Frame, Origin, Uint8

_LORES_SHORT_SIDE_PX = 384


def _lores_size(width_px: int, height_px: int) -> tuple[int, int]:
    """Same shape as `main`, short side 384 px or less, even numbers as YUV 4:2:0 wants."""
    scale = min(1.0, _LORES_SHORT_SIDE_PX / min(width_px, height_px))
    return int(width_px * scale) // 2 * 2, int(height_px * scale) // 2 * 2


def _controls(fps: float, exposure_us: int, gain: float) -> dict[str, float]:
    """libcamera's controls; it goes on adjusting of exposure and gain what is not given."""
    fixed = {"ExposureTime": exposure_us, "AnalogueGain": gain}
    return {"FrameRate": fps} | {control: value for control, value in fixed.items() if value}


class PiCamera:
    """One camera opened once, one request at a time.

    exposure_us, gain : fixed; 0 leaves it to the camera.
    """

    name = "picamera2"
    origin: Origin = "camera"

    def __init__(
        self,
        size_px: tuple[int, int],
        *,
        fps: float,
        stall_s: float,
        exposure_us: int = 0,
        gain: float = 0.0,
    ) -> None:
        self._size_px = size_px  # width, height
        self._fps = fps
        self._stall_s = stall_s
        self._controls = _controls(fps, exposure_us, gain)
        self._least_gap_s = 0.0
        self._due_s = 0.0
        self._device: Any = None
        self._frame_ns = round(1e9 / fps)
        self._first_ns = 0
        self._delivered = 0
        self._last_id = -1

    def open(self) -> None:
        try:
            from picamera2 import Picamera2
        except (ImportError, ValueError) as error:
            # ValueError: "numpy.dtype size changed", simplejpeg built against another numpy.
            raise PartMissing(
                f"picamera2 cannot be imported: {error}.",
                "apt install python3-picamera2, a venv with --system-site-packages, and "
                "pip install 'simplejpeg>=1.8' in it.",
            ) from error
        try:
            self._device = Picamera2()
            self._device.configure(
                self._device.create_video_configuration(
                    main={"size": self._size_px, "format": "RGB888"},
                    lores={"size": _lores_size(*self._size_px), "format": "YUV420"},
                    controls=self._controls,
                    buffer_count=4,
                )
            )
            self._device.start()
        except (RuntimeError, IndexError) as error:
            raise CameraLost(
                f"the Pi camera cannot be opened: {error}.",
                "Check the ribbon cable; `rpicam-hello --list-cameras` must show it.",
                reason="absent",
            ) from error

    def read(self) -> Frame | None:
        if self._device is None:
            return None
        time.sleep(max(0.0, self._due_s - time.monotonic()))
        try:
            request = self._device.capture_request(wait=self._stall_s)
        except TimeoutError as error:
            self._device = None  # never stopped: `stop` may block for ever
            raise CameraHung(
                f"the Pi camera delivered no frame within {self._stall_s:g} s.",
                "Check the ribbon cable; systemd starts the station anew by itself.",
            ) from error
        self._due_s = time.monotonic() + self._least_gap_s
        try:
            image = request.make_array("main")  # "RGB888" is B, G, R in memory
            lores = self._lores_bgr(request)
            captured_ns = int(request.get_metadata()["SensorTimestamp"])
        finally:
            request.release()
        if self._last_id < 0:
            self._first_ns = captured_ns
        # The sensor's clock tells how many frames passed, also those that nobody asked for.
        counted = round((captured_ns - self._first_ns) / self._frame_ns)
        self._last_id = max(self._last_id + 1, counted)
        self._delivered += 1
        return Frame(image, self._last_id, captured_ns, name=self.name, lores=lores)

    def _lores_bgr(self, request: Any) -> Uint8:
        width_px, height_px = _lores_size(*self._size_px)
        # The array is (h * 3 / 2, stride): padding to the right of the picture is cut after colour.
        padded = cv2.cvtColor(request.make_array("lores"), cv2.COLOR_YUV420p2BGR)
        return np.asarray(padded[:height_px, :width_px], np.uint8)

    def pace(self, most_fps: float) -> None:
        """The sensor goes on at its own rate; frames between are neither asked for nor copied."""
        self._least_gap_s = 1.0 / most_fps

    def close(self) -> None:
        if self._device is not None:
            self._device.stop()
            self._device.close()
            self._device = None

    @property
    def dropped(self) -> int:
        return self._last_id + 1 - self._delivered

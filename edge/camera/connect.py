"""How OpenCV opens a live camera: V4L2, RTSP, and the Jetson's CSI port through GStreamer.

Each says by a code why a camera cannot be opened: `absent`, `permission`, `busy`, `refused`.
"""

from __future__ import annotations

import errno
import os
from pathlib import Path

import cv2

from edge.camera.quiet import quieten
from edge.errors import CameraLost, PartMissing
from edge.shown import shown_address

# Network cameras that wake up, or send a whole picture every few seconds only, take this long to
# begin. Less than `slot.LETS_GO_S`: whoever stops the station meanwhile need not end its process.
STREAM_START_S = 10.0
_GROUP = "Add the user to the group video: `usermod -aG video NAME`, then start anew."


def open_v4l2(path: str, size_px: tuple[int, int], fps: float) -> cv2.VideoCapture:
    """A V4L2 device by its node or link (`/dev/video0`, `/dev/v4l/by-id/...`).

    size_px : asked of the device, which answers with the nearest it has. USB cameras lie on their
    side: the longer one is asked as the width, for a portrait wish would get a smaller mode.

    Raises
    ------
    CameraLost : not there, not allowed, or used by another program.
    """
    quieten()
    _try_node(path)
    capture = cv2.VideoCapture(path, cv2.CAP_V4L2)
    if not capture.isOpened():
        raise CameraLost(
            f"{path} is used by another program, or is no camera.",
            f"`fuser -v {path}` shows by which; a camera often has a second node without pictures.",
            reason="busy",
        )
    # MJPG first: raw formats at full size do not fit through USB 2 at a useful rate.
    capture.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG"))
    capture.set(cv2.CAP_PROP_FRAME_WIDTH, max(size_px))
    capture.set(cv2.CAP_PROP_FRAME_HEIGHT, min(size_px))
    capture.set(cv2.CAP_PROP_FPS, fps)
    capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)
    return capture


def _try_node(path: str) -> None:
    """The kernel tells why a device cannot be opened; OpenCV does not."""
    try:
        os.close(os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC))
    except PermissionError as error:
        raise CameraLost(f"{path} may not be used.", _GROUP, reason="permission") from error
    except OSError as error:
        if error.errno == errno.EBUSY:
            raise CameraLost(
                f"{path} is used by another program.", f"`fuser -v {path}`.", reason="busy"
            ) from error
        raise CameraLost(
            f"there is no camera {path}: {error.strerror}.",
            "Plug it in; `v4l2-ctl --list-devices` must show it.",
            reason="absent",
        ) from error


def open_stream(address: str, stall_s: float) -> cv2.VideoCapture:
    """An RTSP stream; opening gives up after STREAM_START_S, each read after `stall_s`.

    Raises
    ------
    CameraLost : it does not answer, or not with pictures.
    """
    quieten()
    limits = [
        *(cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, int(STREAM_START_S * 1000)),
        *(cv2.CAP_PROP_READ_TIMEOUT_MSEC, int(stall_s * 1000)),
    ]
    capture = cv2.VideoCapture(address, cv2.CAP_FFMPEG, limits)
    if not capture.isOpened():
        raise CameraLost(
            f"{shown_address(address)} does not answer as an RTSP camera.",
            "Check power, network, path, user and password.",
            reason="refused",
        )
    return capture


def open_csi(sensor: int, size_px: tuple[int, int], fps: float) -> cv2.VideoCapture:
    """The camera at a Jetson's CSI port, through NVIDIA's Argus and GStreamer.

    Raises
    ------
    PartMissing : this OpenCV was built without GStreamer, as all wheels of PyPI are.
    CameraLost : Argus shows no such sensor, or has hung.
    """
    if not cv2.videoio_registry.hasBackend(cv2.CAP_GSTREAMER):
        raise PartMissing(
            f"OpenCV {cv2.__version__} from {Path(cv2.__file__).parent} has no GStreamer, "
            "which a CSI camera needs.",
            "Use JetPack's own OpenCV: a venv with --system-site-packages, and "
            "`pip uninstall opencv-python-headless` in it; or a USB camera.",
        )
    quieten()
    capture = cv2.VideoCapture(csi_pipeline(sensor, size_px, fps), cv2.CAP_GSTREAMER)
    if not capture.isOpened():
        raise CameraLost(
            f"the CSI camera {sensor} cannot be opened.",
            "Check the ribbon cable; `sudo systemctl restart nvargus-daemon` frees a hung one.",
            reason="refused",
        )
    return capture


def csi_pipeline(sensor: int, size_px: tuple[int, int], fps: float) -> str:
    """Sensor to BGR in memory; the newest frame wins."""
    width_px, height_px = size_px
    return (
        f"nvarguscamerasrc sensor-id={sensor} ! "
        f"video/x-raw(memory:NVMM), width={width_px}, height={height_px}, "
        f"framerate={round(fps * 1000)}/1000 ! "
        "nvvidconv ! video/x-raw, format=BGRx ! videoconvert ! video/x-raw, format=BGR ! "
        "appsink drop=true max-buffers=1 sync=false"
    )

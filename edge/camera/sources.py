"""Which camera a source URI means.

PATH                    a photograph, a folder of photographs or a video
v4l2:/dev/video0        a USB or other V4L2 camera; /dev/video0 alone means the same.
                        /dev/v4l/by-id/... names one that comes back under another number
csi:0                   the camera at a Jetson's CSI port
rtsp://host/stream      a network camera
picamera2:              the Raspberry Pi camera
NAME:...                one that another package brings

Another package brings a camera by an entry point of the group `posture_station.cameras`: its name
is the scheme, and it is called with `CameraSettings` and returns a `Camera`, not yet opened. The
cameras of the station itself stand here, for they must not depend on how it was installed.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path

from edge.camera import connect
from edge.camera.base import Camera
from edge.camera.live import LiveCamera
from edge.camera.opencv import VIDEO_SUFFIXES, VideoFileCamera
from edge.camera.photos import PhotoCamera
from edge.camera.picamera import PiCamera
from edge.errors import PartMissing, SourceInvalid
from edge.settings import CameraSettings

GROUP = "posture_station.cameras"
NO_CAMERA = (
    "No camera is set: name one with --source, or as source under [camera] of the settings or of"
    " posture.toml."
)
_NODES = ("/dev/video", "/dev/v4l/")


def camera_for(settings: CameraSettings) -> Camera:
    """The camera that `settings.source` names, not yet opened.

    Raises
    ------
    SourceInvalid : none is named, or nobody knows it; says which there are.
    PartMissing : the package that brings it cannot be used.
    """
    source = settings.source
    if not source:
        raise SourceInvalid(NO_CAMERA)
    scheme = "v4l2" if source.startswith(_NODES) else source.partition(":")[0]
    if scheme in _OWN:
        return _OWN[scheme](settings)
    path = Path(source).expanduser()
    if path.is_file() and path.suffix.lower() in VIDEO_SUFFIXES:
        return VideoFileCamera(
            path,
            fast=settings.pace == "fast",
            stall_s=settings.stall_s,
            interval=settings.interval,
        )
    if path.exists():
        return PhotoCamera(path)
    brought = {point.name: point for point in entry_points(group=GROUP)}
    if scheme in brought and ":" in source:
        return _brought(brought[scheme], settings)
    known = (f"{name}:" for name in (*_OWN, *sorted(brought)))
    raise SourceInvalid(
        f"the source {source} is neither a file, a folder nor a known camera.",
        f"Give a path or one of {', '.join(known)}.",
    )


def _size_px(settings: CameraSettings) -> tuple[int, int]:
    return settings.width_px, settings.height_px


def _v4l2(settings: CameraSettings) -> Camera:
    node = settings.source.removeprefix("v4l2:")
    connecting = partial(connect.open_v4l2, node, _size_px(settings), settings.fps)
    return LiveCamera(node, connecting, stall_s=settings.stall_s)


def _rtsp(settings: CameraSettings) -> Camera:
    connecting = partial(connect.open_stream, settings.source, settings.stall_s)
    name = connect.without_password(settings.source)
    return LiveCamera(name, connecting, stall_s=settings.stall_s)


def _csi(settings: CameraSettings) -> Camera:
    sensor = settings.source.removeprefix("csi:")
    if not sensor.isdigit():
        raise SourceInvalid(f"{settings.source} names no sensor.", "Write csi:0 or csi:1.")
    connecting = partial(connect.open_csi, int(sensor), _size_px(settings), settings.fps)
    return LiveCamera(settings.source, connecting, stall_s=settings.stall_s)


def _picamera2(settings: CameraSettings) -> Camera:
    return PiCamera(
        _size_px(settings),
        fps=settings.fps,
        stall_s=settings.stall_s,
        exposure_us=settings.exposure_us,
        gain=settings.gain,
    )


_OWN: dict[str, Callable[[CameraSettings], Camera]] = {
    "v4l2": _v4l2,
    "csi": _csi,
    "rtsp": _rtsp,
    "rtsps": _rtsp,
    "picamera2": _picamera2,
}


def _brought(point: EntryPoint, settings: CameraSettings) -> Camera:
    try:
        build: Callable[[CameraSettings], Camera] = point.load()
    except (ImportError, AttributeError) as error:
        raise PartMissing(
            f"the camera {point.name}: cannot be used: {error}.",
            f"Install the package that brings {point.value} again, or name another source.",
        ) from error
    return build(settings)

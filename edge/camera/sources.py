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
from importlib.metadata import entry_points
from pathlib import Path

from edge.camera import connect
from edge.camera.address import check_address
from edge.camera.base import Camera
from edge.camera.disk import is_folder, kind_on_disk
from edge.camera.live import LiveCamera
from edge.camera.photo_camera import PhotoCamera
from edge.camera.picamera import PiCamera
from edge.camera.video import VideoFileCamera
from edge.errors import ImageUnreadable, PartMissing, SourceInvalid
from edge.settings import CameraSettings
from edge.shown import shown, shown_address

GROUP = "posture_station.cameras"
NO_CAMERA = (
    "No camera is set: name one with --source, or as source under [camera] of the settings or of"
    " posture.toml."
)
_NODES = ("/dev/video", "/dev/v4l/")


def shown_source(source: str) -> str:
    """A source as people may see it: of a network camera scheme, host and port."""
    return shown_address(source) if "://" in source else shown(source)


def camera_for(settings: CameraSettings) -> Camera:
    """The camera that `settings.source` names, not yet opened.

    Raises
    ------
    SourceInvalid : none is named, or nobody knows it; says which there are.
    PartMissing : the package that brings it cannot be used.

    Examples
    --------
    >>> camera_for(CameraSettings(source="v4l2:/dev/video0")).name
    '/dev/video0'
    >>> camera_for(CameraSettings(source="csi:left"))
    Traceback (most recent call last):
        ...
    edge.errors.SourceInvalid: csi:left names no sensor. Write csi:0 or csi:1.
    """
    source = settings.source
    if not source:
        raise SourceInvalid(NO_CAMERA)
    scheme = "v4l2" if source.startswith(_NODES) else _scheme(source)
    if scheme in _OWN:
        return _OWN[scheme](settings)
    path = Path(source).expanduser()
    if is_folder(path):
        return PhotoCamera(path)
    try:
        kind = kind_on_disk(path)
    except ImageUnreadable:
        return PhotoCamera(path)  # opening it says why it cannot be read
    except SourceInvalid as absent:
        return _brought(scheme, settings, absent)
    if kind.reader == "video":
        return VideoFileCamera(
            path,
            fast=settings.pace == "fast",
            stall_s=settings.stall_s,
            interval=settings.interval,
        )
    return PhotoCamera(path)


def _scheme(source: str) -> str:
    name, colon, _ = source.partition(":")
    return name.lower() if colon else ""


def _size_px(settings: CameraSettings) -> tuple[int, int]:
    return settings.width_px, settings.height_px


def _v4l2(settings: CameraSettings) -> Camera:
    node = settings.source[5:] if _scheme(settings.source) == "v4l2" else settings.source
    connecting = partial(connect.open_v4l2, node, _size_px(settings), settings.fps)
    return LiveCamera(node, connecting, stall_s=settings.stall_s)


def _rtsp(settings: CameraSettings) -> Camera:
    check_address(settings.source)
    connecting = partial(connect.open_stream, settings.source, settings.stall_s)
    return LiveCamera(
        shown_address(settings.source),
        connecting,
        stall_s=settings.stall_s,
        start_s=connect.STREAM_START_S,
    )


def _csi(settings: CameraSettings) -> Camera:
    sensor = settings.source.partition(":")[2]
    if not (sensor.isascii() and sensor.isdecimal()):
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


def _brought(scheme: str, settings: CameraSettings, absent: SourceInvalid) -> Camera:
    """One that another package brings; `absent` says why the source is no file."""
    brought = {point.name: point for point in entry_points(group=GROUP)}
    if scheme not in brought:
        known = ", ".join(f"{name}:" for name in (*_OWN, *sorted(brought)))
        problem = (
            f"the source {shown_address(settings.source)} is no camera that is known."
            if "://" in settings.source
            else f"{absent.problem.rstrip('.')}, and no camera is called so."
        )
        raise SourceInvalid(problem, f"Give a path or one of {known}.") from absent
    point = brought[scheme]
    try:
        build: Callable[[CameraSettings], Camera] = point.load()
    except (ImportError, AttributeError) as error:
        raise PartMissing(
            f"the camera {point.name}: cannot be used: {error}.",
            f"Install the package that brings {point.value} again, or name another source.",
        ) from error
    return build(settings)

"""Which camera a source URI means.

PATH                    a photograph, a folder of photographs or a video
v4l2:/dev/video0        a USB or other V4L2 camera; /dev/video0 alone means the same.
                        /dev/v4l/by-id/... names one that comes back under another number
csi:0                   the camera at a Jetson's CSI port
rtsp://host/stream      a network camera
picamera2:              the Raspberry Pi camera
mannequin:?view=front   a rendered person with known angles
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

from edge.camera import connect
from edge.camera.address import check_address, shown_address
from edge.camera.base import Camera
from edge.camera.disk import is_folder, kind_on_disk
from edge.camera.live import LiveCamera
from edge.camera.photo_camera import PhotoCamera
from edge.camera.picamera import PiCamera
from edge.camera.video import VideoFileCamera
from edge.errors import ImageUnreadable, SourceInvalid
from edge.settings import CameraSettings
from edge.shown import shown

_STREAMS = ("rtsp://", "rtsps://")
_NODES = ("v4l2:", "/dev/video", "/dev/v4l/")
_LIVE = (*_NODES, *_STREAMS, "csi:", "picamera2:")
SCHEMES = ("v4l2:", *_STREAMS, "csi:", "picamera2:", "mannequin:")


def is_live(source: str) -> bool:
    """Whether no two pictures of the source can be equal to the bit, for a sensor makes them."""
    return source.lower().startswith(_LIVE)


def shown_source(source: str) -> str:
    """A source as people may see it: of a network camera scheme, host and port."""
    return shown_address(source) if "://" in source else shown(source)


def camera_for(settings: CameraSettings) -> Camera:
    """The camera that `settings.source` names, not yet opened.

    Raises
    ------
    SourceInvalid : a scheme that nobody knows; says which there are.
    """
    source = settings.source
    size_px = (settings.width_px, settings.height_px)
    fps, stall_s = settings.fps, settings.stall_s
    if source.startswith("mannequin:"):
        from edge.camera.mannequin import MannequinCamera  # kernels that no real camera needs

        return MannequinCamera(source)
    if source.startswith("picamera2:"):
        return PiCamera(
            size_px, fps=fps, stall_s=stall_s, exposure_us=settings.exposure_us, gain=settings.gain
        )
    if source.startswith(_NODES):
        node = source.removeprefix("v4l2:")
        return LiveCamera(node, partial(connect.open_v4l2, node, size_px, fps), stall_s=stall_s)
    if source.lower().startswith(_STREAMS):
        check_address(source)
        return LiveCamera(
            shown_address(source),
            partial(connect.open_stream, source, stall_s),
            stall_s=stall_s,
            start_s=connect.STREAM_START_S,
        )
    if source.startswith("csi:"):
        sensor = source.removeprefix("csi:")
        if not (sensor.isascii() and sensor.isdecimal()):
            raise SourceInvalid(f"{source} names no sensor.", "Write csi:0 or csi:1.")
        return LiveCamera(
            source, partial(connect.open_csi, int(sensor), size_px, fps), stall_s=stall_s
        )
    if "://" in source:
        raise SourceInvalid(
            f"the source {shown_source(source)} is no camera that is known.",
            f"Give a path or one of {', '.join(SCHEMES)}.",
        )
    return _recorded(Path(source).expanduser(), settings)


def _recorded(path: Path, settings: CameraSettings) -> Camera:
    if is_folder(path):
        return PhotoCamera(path)
    try:
        kind = kind_on_disk(path)
    except ImageUnreadable:
        return PhotoCamera(path)  # opening it says why it cannot be read
    except SourceInvalid as error:
        raise SourceInvalid(
            f"{error.problem.rstrip('.')}, and no camera is called so.",
            f"Give a path or one of {', '.join(SCHEMES)}.",
        ) from error
    if kind.reader == "video":
        return VideoFileCamera(
            path,
            fast=settings.pace == "fast",
            stall_s=settings.stall_s,
            interval=settings.interval,
        )
    return PhotoCamera(path)

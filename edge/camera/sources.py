"""Which camera a source URI means.

PATH                    a photograph, a folder of photographs or a video
v4l2:/dev/video0        a USB or other V4L2 camera; /dev/video0 alone means the same
rtsp://host/stream      a network camera
picamera2:              the Raspberry Pi camera
mannequin:?view=front   a rendered person with known angles
"""

from __future__ import annotations

from pathlib import Path

from edge.camera.base import Camera
from edge.camera.mannequin import MannequinCamera
from edge.camera.opencv import VIDEO_SUFFIXES, LiveCamera, VideoFileCamera
from edge.camera.photos import PhotoCamera
from edge.camera.picamera import PiCamera
from edge.errors import SourceInvalid
from edge.settings import CameraSettings

SCHEMES = ("v4l2:", "rtsp://", "rtsps://", "picamera2:", "mannequin:")


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
        return MannequinCamera(source)
    if source.startswith("picamera2:"):
        return PiCamera(size_px, fps=fps, stall_s=stall_s)
    if source.startswith("v4l2:"):
        return LiveCamera(source.removeprefix("v4l2:"), size_px, fps=fps, stall_s=stall_s)
    if source.startswith(("/dev/video", "rtsp://", "rtsps://")):
        return LiveCamera(source, size_px, fps=fps, stall_s=stall_s)
    path = Path(source).expanduser()
    if path.is_file() and path.suffix.lower() in VIDEO_SUFFIXES:
        return VideoFileCamera(path, fast=settings.pace == "fast", stall_s=stall_s)
    if path.exists():
        return PhotoCamera(path)
    raise SourceInvalid(
        f"the source {source} is neither a file, a folder nor a known camera.",
        f"Give a path or one of {', '.join(SCHEMES)}.",
    )

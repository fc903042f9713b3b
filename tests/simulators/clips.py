"""Videos as other programs write them, made by FFmpeg through PyAV: OpenCV's own are too tame."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

FPS = 30
SIZE = (160, 120)  # width, height


def picture(number: int, size: tuple[int, int] = SIZE) -> np.ndarray:
    """RGB: a bright corner at the top left, so that a turn shows, and a bar that moves."""
    image = np.full((size[1], size[0], 3), 40, np.uint8)
    image[: size[1] // 3, : size[0] // 4] = (230, 60, 60)
    left = 50 + number % 60
    image[70:100, left : left + 12] = (240, 240, 90)
    return image


def write_clip(
    path: Path,
    codec: str = "libx264",
    *,
    frames: int = 45,
    container: str | None = None,
    times_ms: Sequence[int] | None = None,
    hidden_s: int = 0,
    aspect: Fraction | None = None,
    options: dict[str, str] | None = None,
) -> Path:
    """One clip.

    times_ms : of each frame; evenly without. hidden_s : so much of the beginning lies before the
    time 0, and an edit list hides it. aspect : of a stored pixel, width over height.
    """
    said = dict(options or {})
    if hidden_s:
        said |= {"avoid_negative_ts": "disabled", "use_editlist": "1"}
    with av.open(str(path), "w", format=container, options=said) as file:
        stream = file.add_stream(codec, rate=FPS)
        stream.width, stream.height = SIZE
        stream.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
        if aspect is not None:
            stream.codec_context.sample_aspect_ratio = aspect
        tick = Fraction(1, FPS) if times_ms is None else Fraction(1, 1000)
        if times_ms is not None:
            stream.codec_context.time_base = tick
        packets = []
        for number in range(frames):
            frame = av.VideoFrame.from_ndarray(picture(number), format="rgb24")
            frame.pts = number if times_ms is None else times_ms[number]
            frame.time_base = tick
            packets += stream.encode(frame)
        for packet in packets + stream.encode(None):
            if hidden_s:
                shift = int(hidden_s / packet.time_base)
                packet.pts, packet.dts = packet.pts - shift, packet.dts - shift
            file.mux(packet)
    return path


def cut(path: Path, share: float) -> Path:
    """The beginning of a file, as a copy that broke off left it."""
    data = path.read_bytes()
    short = path.with_name(f"cut_{path.name}")
    short.write_bytes(data[: int(len(data) * share)])
    return short


def set_matrix(path: Path, a: int, b: int, c: int, d: int) -> Path:
    """Write a display matrix into the first track header of an MP4; 1 is a whole."""
    data = bytearray(path.read_bytes())
    at = data.index(b"tkhd") + 4 + 40
    for place, value in zip((0, 4, 12, 16), (a, b, c, d), strict=True):
        data[at + place : at + place + 4] = (value << 16).to_bytes(4, "big", signed=True)
    path.write_bytes(data)
    return path

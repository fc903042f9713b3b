"""Pictures as files, marked as ours; by bytes, for OpenCV takes no name that is not UTF-8."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import cv2

from edge.errors import OutputRefused
from edge.output import MARK, write_output
from edge.records import Uint8


def png(image: Uint8) -> bytes:
    """A picture, uint8 (H, W, 3) or (H, W), as a PNG with our mark in it."""
    _, data = cv2.imencode(".png", image)
    encoded = data.tobytes()
    text = b"tEXtSoftware\0" + MARK.encode()
    mark = struct.pack(">I", len(text) - 4) + text + struct.pack(">I", zlib.crc32(text))
    end = len(encoded) - 12  # the last chunk, IEND, has no content
    return encoded[:end] + mark + encoded[end:]


def jpeg(image: Uint8) -> bytes:
    """A picture as a JPEG with our mark as its comment."""
    _, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 95])
    encoded = data.tobytes()
    comment = b"\xff\xfe" + struct.pack(">H", 2 + len(MARK)) + MARK.encode()
    return encoded[:2] + comment + encoded[2:]


def encoder(path: Path) -> Callable[[Uint8], bytes]:
    """The encoder for the suffix of a name. Raises OutputRefused for anything but PNG and JPEG."""
    encode = {".png": png, ".jpg": jpeg, ".jpeg": jpeg}.get(path.suffix.lower())
    if encode is None:
        raise OutputRefused(f"{path} names no kind of picture.", "Name a .png or a .jpg.")
    return encode


def write_picture(path: Path, image: Uint8) -> None:
    """Write a picture. Raises OutputFailed where it cannot be written, OutputRefused for anything
    but PNG and JPEG."""
    write_output(path, encoder(path)(image))

"""Photographs: upright, in colour, 8 bits, whatever they were stored as."""

from __future__ import annotations

import io
import os
from pathlib import Path

import cv2
import numpy as np

from edge.camera.boxes import avif_facts
from edge.camera.disk import not_readable, open_file
from edge.camera.header import size_px
from edge.camera.heif import read_heif
from edge.camera.kinds import HEAD_BYTES, Kind, described, kind_of
from edge.camera.quiet import quieten
from edge.camera.turn import QUARTERS, Turn, over_white, turned
from edge.errors import ImageUnreadable
from edge.machine import free_memory_bytes
from edge.records import Uint8

MOST_PX = 256_000_000  # today's largest telephone takes 200 million
_MOST_BYTES = 1 << 30
# Decoded, turned, and laid out once more by what looks at it; with alpha in 16 bits before that.
_BYTES_A_PX = {"JPEG": 10, "BMP": 10}
_BYTES_A_PX_WITH_ALPHA = 18
_WITH_ALPHA = frozenset({"PNG", "WebP", "TIFF", "GIF", "JPEG 2000", "AVIF"})
_MIRRORED = tuple((-a, -b, c, d) for a, b, c, d in QUARTERS)
_SAVE = "Open it in a picture program and save it as JPEG or PNG."


def read_photo(path: Path) -> Uint8:
    """One photograph as uint8 (H, W, 3), BGR, turned upright as it says; what is transparent is
    white.

    Raises
    ------
    SourceInvalid : there is no such file.
    ImageUnreadable : not a photograph, damaged, or larger than MOST_PX or the memory that is free.
    """
    with open_file(path) as file:
        try:
            head = file.read(HEAD_BYTES)
            kind = kind_of(head)
            if not kind.is_photo:
                raise ImageUnreadable(f"{path} {described(kind)}.", _SAVE)
            data = head + file.read(min(_MOST_BYTES, os.fstat(file.fileno()).st_size))
        except OSError as error:
            raise not_readable(path, error) from error
        except MemoryError as error:
            raise _too_large(path, "has more bytes than there is memory") from error
    if len(data) >= _MOST_BYTES:
        raise _too_large(path, f"has more than {_MOST_BYTES >> 20} MB")
    _check_size(path, data, kind)
    try:
        image = _decoded(data, kind, str(path))
    except (MemoryError, cv2.error) as error:
        if isinstance(error, cv2.error) and error.code != cv2.Error.StsNoMem:
            raise _undecodable(path, kind) from error
        raise _too_large(path, "needs more memory than there is") from error
    if image is None or image.size == 0:
        raise _undecodable(path, kind)
    return image


def _check_size(path: Path, data: bytes, kind: Kind) -> None:
    size = size_px(data, kind)
    if size is None:
        return  # the decoder has limits of its own
    pixels = size[0] * size[1]
    said = f"says that it is {size[0]} x {size[1]} pixels"
    if pixels > MOST_PX:
        raise _too_large(path, f"{said}; {MOST_PX // 10**6} million are read at most")
    needed = pixels * _BYTES_A_PX.get(kind.name, _BYTES_A_PX_WITH_ALPHA)
    if needed > free_memory_bytes():
        raise _too_large(path, f"{said}, which take {needed / 1e6:.0f} MB, more than are free")


def _decoded(data: bytes, kind: Kind, name: str) -> Uint8 | None:
    if kind.reader == "heif":
        return read_heif(data, name)
    quieten()
    stored = np.frombuffer(data, np.uint8)
    if kind.name == "AVIF":
        # OpenCV obeys its EXIF, which the standard says not to do, and not its own turning.
        image = cv2.imdecode(stored, cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION)
    else:
        image = cv2.imdecode(stored, cv2.IMREAD_COLOR)
    if image is None:
        return None
    colours = np.asarray(image, np.uint8)
    if kind.name in _WITH_ALPHA:
        colours = _without_alpha(colours, cv2.imdecode(stored, cv2.IMREAD_UNCHANGED))
    if kind.name == "AVIF" and (facts := avif_facts(io.BytesIO(data), len(data))) is not None:
        colours = turned(colours, facts.turn)
    return colours


def _without_alpha(image: Uint8, stored: cv2.typing.MatLike | None) -> Uint8:
    """An upright picture over white, by the alpha of the same picture as it was stored.

    OpenCV gives alpha only without turning: the turn is the one that makes both alike.
    """
    if stored is None or stored.ndim != 3 or stored.shape[2] != 4:
        return image
    if stored.dtype != np.uint8:
        stored = cv2.convertScaleAbs(stored, alpha=255.0 / 65535.0)
    raw = np.asarray(stored, np.uint8)
    if not raw[:, :, 3].any() or (raw[:, :, 3] == 255).all():
        return image  # some programs write an alpha of 0 and mean none
    turn = min((*QUARTERS, *_MIRRORED), key=lambda turn: _difference(image, raw, turn))
    return over_white(image, turned(raw[:, :, 3], turn))


def _difference(image: Uint8, raw: Uint8, turn: Turn) -> float:
    colours = turned(raw[:, :, :3], turn)
    if colours.shape != image.shape:
        return np.inf
    some = (slice(None, None, 8), slice(None, None, 8))
    return float(np.abs(colours[some].astype(np.float32) - image[some]).mean())


def _undecodable(path: Path, kind: Kind) -> ImageUnreadable:
    return ImageUnreadable(
        f"{path} begins as a {kind.name} picture, and cannot be decoded: it is damaged or cut off.",
        f"Copy it again from where it came. {_SAVE}",
    )


def _too_large(path: Path, why: str) -> ImageUnreadable:
    return ImageUnreadable(f"{path} {why}.", "Make it smaller, and measure that.")

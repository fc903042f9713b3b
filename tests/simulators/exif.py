"""Photographs whose camera wrote down when it took them."""

from __future__ import annotations

import struct

import cv2
import numpy as np

_ASCII, _LONG = 2, 4


def _directory(entries: list[tuple[int, int, bytes]], start: int) -> bytes:
    """A directory of TIFF (tag, type, value), its long values behind it."""
    table, values = b"", b""
    behind = start + 2 + 12 * len(entries) + 4
    for tag, kind, value in entries:
        count = len(value) if kind == _ASCII else 1
        if len(value) <= 4:
            field = value.ljust(4, b"\0")
        else:
            field = struct.pack("<I", behind + len(values))
            values += value
        table += struct.pack("<HHI", tag, kind, count) + field
    return struct.pack("<H", len(entries)) + table + struct.pack("<I", 0) + values


def jpeg_taken(image: np.ndarray, date: str, offset: str = "") -> bytes:
    """date : `2026:11:27 09:10:00`. offset : `+09:00`; none where the camera did not know it."""
    taken = [(0x9003, _ASCII, date.encode() + b"\0")]
    if offset:
        taken.append((0x9011, _ASCII, offset.encode() + b"\0"))
    first = _directory([(0x8769, _LONG, struct.pack("<I", 26))], 8)
    block = b"II*\0" + struct.pack("<I", 8) + first
    assert len(block) == 26
    block += _directory(taken, 26)
    segment = b"Exif\0\0" + block
    encoded = cv2.imencode(".jpg", image)[1].tobytes()
    return encoded[:2] + b"\xff\xe1" + struct.pack(">H", len(segment) + 2) + segment + encoded[2:]

"""The little of an ONNX file that must be read before a runtime may parse it.

An ONNX file is a protobuf message; its metadata are entries of field 14 (key 1, value 2) of the
outermost level (onnx.proto, ModelProto). Reading them here needs neither the onnx package, which
devices lack, nor a first session that parses a file of which nothing is known yet.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

_METADATA_PROPS = 14
_KEY, _VALUE = 1, 2


def metadata(data: bytes) -> dict[str, str]:
    """Metadata of an ONNX file's bytes.

    Raises
    ------
    ValueError : not a protobuf message, cut off, or a key that stands there twice.
    """
    found: dict[str, str] = {}
    for number, entry in _fields(data):
        if number == _METADATA_PROPS:
            parts = dict(_fields(entry))
            key = parts.get(_KEY, b"").decode("utf-8")
            if key in found:
                raise ValueError(f"metadata key {key} stands there twice")
            found[key] = parts.get(_VALUE, b"").decode("utf-8")
    return found


def content_digest(data: bytes, seal: str) -> str:
    """sha256, hex, of a file's bytes with the 64 digits of its own seal set to zero."""
    return hashlib.sha256(data.replace(seal.encode(), b"0" * 64)).hexdigest()


def _fields(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Numbers and contents of a message's length-delimited fields, the others skipped."""
    at = 0
    while at < len(data):
        tag, at = _varint(data, at)
        match tag & 7:
            case 0:
                _, at = _varint(data, at)
            case 1:
                at += 8
            case 2:
                length, at = _varint(data, at)
                if at + length > len(data):
                    raise ValueError("the file is cut off")
                yield tag >> 3, data[at : at + length]
                at += length
            case 5:
                at += 4
            case _:
                raise ValueError("this is not an ONNX file")


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 64, 7):
        if at >= len(data):
            raise ValueError("the file is cut off")
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
    raise ValueError("this is not an ONNX file")

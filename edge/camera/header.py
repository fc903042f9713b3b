"""How large a photograph says it is, before memory is asked for its pixels."""

from __future__ import annotations

import io
import re
import struct

import imagesize

from edge.camera.boxes import avif_facts
from edge.camera.kinds import HEAD_BYTES, Kind

_RADIANCE = re.compile(rb"\n[-+][XY] +(\d+) +[-+][XY] +(\d+)\s*\n")


def size_px(data: bytes, kind: Kind) -> tuple[int, int] | None:
    """Width and height as stored; None where the header does not say so plainly."""
    if kind.name in ("AVIF", "HEIC"):
        facts = avif_facts(io.BytesIO(data), len(data))
        return None if facts is None else facts.size_px
    if kind.name == "Radiance HDR":
        said = _RADIANCE.search(data[:HEAD_BYTES])
        return None if said is None else (int(said[2]), int(said[1]))
    try:
        width, height = imagesize.get(io.BytesIO(data))
    except (ValueError, IndexError, KeyError, OverflowError, struct.error):
        return None
    return None if min(width, height) < 1 else (int(width), int(height))

"""Which part of the fleet a station belongs to while a file is rolled out: both ends must agree."""

from __future__ import annotations

import hashlib


def bucket(station: str, sha256: str) -> int:
    """0..99. A station keeps its bucket of a file, so that a ring that grows only adds stations."""
    digest = hashlib.sha256(f"{station}\0{sha256}".encode()).digest()
    return int.from_bytes(digest[:8], "big") % 100

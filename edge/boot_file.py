"""Small files that are of one boot: what a process leaves for the next, or for another one.

They are replaced in one step and not flushed: after a power cut they are of another boot, and void.
"""

from __future__ import annotations

from pathlib import Path

import msgspec


def write_boot_file(path: Path, content: msgspec.Struct) -> None:
    """Replace the file. On a full disk the old one stays."""
    beside = path.with_suffix(".new")
    try:
        beside.write_bytes(msgspec.json.encode(content))
        beside.replace(path)
    except OSError:
        beside.unlink(missing_ok=True)

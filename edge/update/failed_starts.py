"""Starts of confirmed files that did not come through, in a row and within one boot.

A file that was confirmed may kill its process all the same, once a driver or a kernel was changed.
What ends the process before it has loaded its files, or in their first picture, is put down to
them; a camera that takes the process with it ends it elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import msgspec

from edge.errors import NOT_JSON
from edge.files import write_for_this_boot
from edge.wire.clock import boot_id

FILE_NAME = "starts.json"
MAX_STARTS = 3


class _Kept(msgspec.Struct):
    """files : slot -> sha256. open : begun, and not come through."""

    boot_id: str
    files: dict[str, str]
    open: int


class FailedStarts:
    """Kept in a file of this boot."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE_NAME

    def open(self, files: Mapping[str, str]) -> int:
        """How many starts of just these files were begun and did not come through."""
        try:
            kept = msgspec.json.decode(self._path.read_bytes(), type=_Kept)
        except (OSError, *NOT_JSON):
            return 0
        return kept.open if (kept.boot_id, kept.files) == (boot_id(), dict(files)) else 0

    def count(self, files: Mapping[str, str], by: int) -> None:
        """Count a start of these files. Without files the shipped ones serve, and nothing is
        counted, for there is nothing to fall back to."""
        if not files:
            return
        kept = _Kept(boot_id(), dict(files), max(0, self.open(files) + by))
        write_for_this_boot(self._path, kept)  # on a full disk a start is not counted

    def came_through(self) -> None:
        """The files have answered: the row is broken."""
        self._path.unlink(missing_ok=True)

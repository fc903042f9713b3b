"""Files by content: store/<sha256>.onnx, complete and verified, or not there."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from pathlib import Path

from edge.errors import UpdateRefused
from edge.files import make_folder, move_durably, sync_folder


class Store:
    """folder : of the store; `incoming` holds what is still on the way. suffix : of its files."""

    def __init__(self, folder: Path, suffix: str = ".onnx") -> None:
        self._suffix = suffix
        self._files = folder / "store"
        self.incoming = folder / "incoming"
        make_folder(self._files)
        make_folder(self.incoming)

    def path(self, sha256: str) -> Path:
        return self._files / f"{sha256}{self._suffix}"

    def holds(self, sha256: str) -> bool:
        """Whether the file is there and undamaged; reads all of it."""
        path = self.path(sha256)
        return path.is_file() and digest(path) == sha256

    def admit(self, part: Path, sha256: str, size_bytes: int) -> Path:
        """Take in a complete download.

        Raises
        ------
        UpdateRefused : mismatch; the part is removed, since more of it cannot make it right.
        """
        if part.stat().st_size != size_bytes or digest(part) != sha256:
            part.unlink()
            raise UpdateRefused(
                "mismatch",
                f"the downloaded bytes are not the signed file {sha256[:12]}.",
                "The server or the way to it changed them; nothing was installed.",
            )
        move_durably(part, self.path(sha256))
        sync_folder(self.incoming)
        return self.path(sha256)

    def collect(self, in_use: Collection[str], arriving: Collection[str] = ()) -> list[str]:
        """Remove every file that nothing names. Returns the sha256 of what went.

        Call it with the lock held of the file that names them: nothing may come into use meanwhile.
        """
        gone = []
        for path in self._files.iterdir():
            if path.stem not in in_use:
                path.unlink()
                gone.append(path.stem)
        for path in self.incoming.iterdir():
            if path.stem not in arriving:
                path.unlink()
        return gone


def digest(path: Path) -> str:
    """sha256 of a file, hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()

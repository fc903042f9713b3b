"""Whether words still stand in any byte of files: what a command called erased must be gone."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

_PIECE_BYTES = 1 << 20


def holding(files: Iterable[Path], words: Iterable[str]) -> tuple[Path, ...]:
    """Those files of which some byte sequence is one of the words.

    A file that is gone meanwhile, or that this process may not read, holds nothing that it could
    have written.
    """
    wanted = [word.encode() for word in words if word]
    return tuple(path for path in files if wanted and path.is_file() and _holds(path, wanted))


def _holds(path: Path, wanted: list[bytes]) -> bool:
    overlap = max(map(len, wanted)) - 1
    before = b""
    try:
        with path.open("rb") as file:
            while piece := file.read(_PIECE_BYTES):
                piece = before + piece
                if any(word in piece for word in wanted):
                    return True
                before = piece[len(piece) - overlap :] if overlap else b""
    except OSError:
        return False
    return False

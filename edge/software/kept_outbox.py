"""An outbox that a newer release has brought up to date, when an older one serves again.

The older release cannot read it, and its undelivered results must not be lost. So the file is set
aside whole, and the older release begins an outbox of its own, with numbers of its own.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from edge.files import make_folder, sync_folder

_NAME = "outbox.db"
_PARTS = ("", "-wal", "-shm")


def set_aside_newer(state: Path, readable_version: int) -> Path | None:
    """Move outbox.db of a version above `readable_version` into a folder of its own.

    state : the state folder; nothing may have the outbox open. Returns the folder, or None where
    there was nothing to do. A folder that exists is left alone and another is made.
    """
    outbox = state / _NAME
    if outbox.is_symlink() or not outbox.is_file():
        return None
    version = _version(outbox)
    if version is None or version <= readable_version:
        return None
    taken = 1
    while (folder := state / f"outbox-kept-{taken}").exists():
        taken += 1
    make_folder(folder)
    folder.chmod(0o2770)
    for part in reversed(_PARTS):  # the file itself last: without it nothing was moved yet
        path = outbox.with_name(_NAME + part)
        if path.exists():
            path.rename(folder / path.name)
    sync_folder(folder)
    sync_folder(state)
    return folder


def _version(path: Path) -> int | None:
    """Version of the outbox's tables; None where the file is no database, which is not for us to
    mend."""
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=rw", uri=True)) as db:
            return int(db.execute("PRAGMA user_version").fetchone()[0])
    except sqlite3.Error:
        return None

"""An outbox file that the disk has damaged: what can still be read goes along into a new one.

The damaged file is kept beside it. The new one is complete before it takes the name, so a power cut
at any moment leaves one or the other.
"""

from __future__ import annotations

import logging
import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from edge.files import sync_folder
from edge.results.chain import Chain
from edge.results.renewal import FIELDS, carry_over, start_epoch
from edge.wire.database import Database
from edge.wire.messages import NewEpoch

log = logging.getLogger(__name__)

_DAMAGE = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_KEPT = 3
_EPOCH = re.compile("[0-9a-f]{24}")


def is_damaged(path: Path) -> bool:
    """Whether SQLite can read all of the file. Takes as long as the file is large."""
    if not path.exists():
        return False
    try:
        with closing(sqlite3.connect(path, timeout=30.0)) as db:
            return bool(db.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok")
    except sqlite3.DatabaseError as error:
        return (getattr(error, "sqlite_errorcode", 0) & 0xFF) in _DAMAGE


def finish(path: Path) -> None:
    """Give the new file its name, where a power cut came between."""
    beside = _beside(path)
    if beside.exists() and not path.exists():
        beside.rename(path)
        sync_folder(path.parent)


def salvage(path: Path, begin: Callable[[Path], tuple[Database, Chain]]) -> None:
    """Replace the damaged file by a new one.

    begin : opens an empty outbox at a path, and says whose it is.
    """
    beside = _beside(path)
    for old in (beside, *_companions(beside)):
        old.unlink(missing_ok=True)
    database, chain = begin(beside)
    try:
        with closing(sqlite3.connect(path)) as damaged:
            said = _said(damaged)
            rows = sorted(_readable(damaged))
        with database.transaction() as db:
            started = start_epoch(db, chain, said)
            carry_over(db, started, said.was_epoch or "0" * 24, rows)
        database.truncate_log()
    finally:
        database.close()
    kept = _next_name(path)
    for part in _companions(path):
        if part.exists():
            part.rename(part.with_name(part.name.replace(path.name, kept.name)))
    path.rename(kept)
    finish(path)
    log.error("%s was damaged: %d messages were read from it, it is kept as %s",
              path, len(rows), kept)  # fmt: skip
    for old in sorted(path.parent.glob(f"{path.stem}.damaged-*{path.suffix}"))[:-_KEPT]:
        for part in (old, *_companions(old)):
            part.unlink(missing_ok=True)


def _beside(path: Path) -> Path:
    return path.with_name(f"{path.stem}.new{path.suffix}")


def _companions(path: Path) -> list[Path]:
    return [path.with_name(path.name + end) for end in ("-wal", "-shm")]


def _next_name(path: Path) -> Path:
    taken = path.parent.glob(f"{path.stem}.damaged-*{path.suffix}")
    newest = max((int(each.stem.rpartition("-")[2]) for each in taken), default=0)
    return path.with_name(f"{path.stem}.damaged-{newest + 1:04d}{path.suffix}")


def _said(damaged: sqlite3.Connection) -> NewEpoch:
    """Which epoch ended, where the file still says so."""
    try:
        epoch, next_seq = damaged.execute("SELECT epoch, next_seq FROM self").fetchone()
    except (sqlite3.Error, TypeError):
        return NewEpoch("damaged")
    if not isinstance(epoch, str) or not _EPOCH.fullmatch(epoch):
        return NewEpoch("damaged")
    return NewEpoch("damaged", epoch, next_seq if isinstance(next_seq, int) else 0)


def _readable(damaged: sqlite3.Connection) -> Iterator[tuple[Any, ...]]:
    """The rows that SQLite still gives, by number from both ends: a bad page stops a walk."""
    seen: set[int] = set()
    for order in ("ASC", "DESC"):
        try:
            for row in damaged.execute(f"SELECT {FIELDS} FROM message ORDER BY seq {order}"):  # noqa: S608
                if row[0] in seen:
                    break
                seen.add(row[0])
                yield row
        except sqlite3.Error:
            continue

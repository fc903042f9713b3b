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
from edge.results.outbox_file import is_damage
from edge.results.renewal import FIELDS, carry_over, start_epoch
from edge.wire.database import Database
from edge.wire.event import NewEpoch
from edge.wire.fields import MOST

log = logging.getLogger(__name__)

_UNREADABLE = (sqlite3.Error, UnicodeDecodeError)
_KEPT = 3
_EPOCH = re.compile("[0-9a-f]{24}")
_SHA256 = re.compile("[0-9a-f]{64}")


def is_damaged(path: Path) -> bool:
    """Whether SQLite can read all of the file, its indices too (a row that one of them misses can
    never be deleted), and it still knows whose it is and how far it is. Takes as long as the file
    is large."""
    if not path.exists():
        return False
    try:
        with closing(_reader(path)) as db:
            if db.execute("PRAGMA integrity_check(1)").fetchone()[0] != "ok":
                return True
            return bool(db.execute("PRAGMA user_version").fetchone()[0]) and not _knows_itself(db)
    except UnicodeDecodeError:  # not even what SQLite complains of can be read
        return True
    except sqlite3.DatabaseError as error:
        return is_damage(error)


def _reader(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(path, timeout=30.0)
    db.text_factory = lambda raw: raw.decode(errors="replace")
    return db


def _knows_itself(db: sqlite3.Connection) -> bool:
    """A number given twice, or a chain that hangs on no hash, would be of our own making."""
    row = db.execute(
        "SELECT epoch, next_seq, prev_sha256, newest_utc_ns, quarantined, dropped,"
        " (SELECT MAX(seq) FROM message) FROM self"
    ).fetchone()
    if row is None:  # made and not yet claimed
        return True
    epoch, next_seq, prev_sha256, *numbers, newest = row
    return (
        _EPOCH.fullmatch(str(epoch)) is not None
        and _SHA256.fullmatch(str(prev_sha256)) is not None
        and all(isinstance(number, int) for number in (next_seq, *numbers))
        and max(0, newest or 0) < next_seq <= MOST
    )


def finish(path: Path) -> None:
    """Give the new file its name, where a power cut came between."""
    beside = _beside(path)
    if beside.exists() and not path.exists():
        for part in _companions(path):  # the damaged file's, never to be the new one's
            part.unlink(missing_ok=True)
        beside.rename(path)
        sync_folder(path.parent)


def salvage(path: Path, begin: Callable[[Path], tuple[Database, Chain]]) -> None:
    """Replace the damaged file by a new one.

    begin : opens an empty outbox at a path, and says whose it is.
    """
    beside = _beside(path)
    for old in (beside, *_companions(beside)):
        old.unlink(missing_ok=True)
    with closing(_reader(path)) as damaged:
        _keep_others_from_writing(damaged)
        database, chain = begin(beside)
        try:
            said = _said(damaged)
            rows = sorted(_readable(damaged))
            with database.transaction() as db:
                started = start_epoch(db, chain, said)
                db.executemany("INSERT OR REPLACE INTO grant_floor VALUES (?, ?)", _floors(damaged))
                db.executemany(
                    "INSERT OR REPLACE INTO command VALUES (?, ?, ?)", _commands(damaged)
                )
                carry_over(db, started, said.was_epoch or "0" * 24, rows)
            database.truncate_log()
        finally:
            database.close()
        kept = _next_name(path)
        path.rename(kept)  # first: without its log a file is an older one
        for part in _companions(path):
            if part.exists():
                part.rename(part.with_name(part.name.replace(path.name, kept.name)))
        finish(path)
    log.error("%s was damaged: %d messages were read from it, it is kept as %s",
              path, len(rows), kept)  # fmt: skip
    for old in list(_kept_before(path).values())[:-_KEPT]:
        for part in (old, *_companions(old)):
            part.unlink(missing_ok=True)


def _keep_others_from_writing(damaged: sqlite3.Connection) -> None:
    """Another process may have the file open: what it commits while this one reads would be lost.
    Once it gets the lock, it sees that the file was moved (`Database.transaction`)."""
    try:
        damaged.execute("BEGIN IMMEDIATE")
    except sqlite3.DatabaseError as error:
        if not is_damage(error):  # then nobody else can write it either
            raise


def _beside(path: Path) -> Path:
    return path.with_name(f"{path.stem}.new{path.suffix}")


def _companions(path: Path) -> list[Path]:
    return [path.with_name(path.name + end) for end in ("-wal", "-shm")]


def _kept_before(path: Path) -> dict[int, Path]:
    """Damaged files by number, oldest first. Others beside them are somebody's: a copy, say."""
    found = path.parent.glob(f"{path.stem}.damaged-*{path.suffix}")
    numbered = {int(n): each for each in found if (n := each.stem.rpartition("-")[2]).isdecimal()}
    return dict(sorted(numbered.items()))


def _next_name(path: Path) -> Path:
    newest = max(_kept_before(path), default=0)
    return path.with_name(f"{path.stem}.damaged-{newest + 1:04d}{path.suffix}")


def _said(damaged: sqlite3.Connection) -> NewEpoch:
    """The epoch that ended, as far as the file still says it."""
    try:
        epoch, next_seq = damaged.execute("SELECT epoch, next_seq FROM self").fetchone()
    except (*_UNREADABLE, TypeError):
        return NewEpoch("damaged")
    if not isinstance(epoch, str) or not _EPOCH.fullmatch(epoch):
        return NewEpoch("damaged")
    known = isinstance(next_seq, int) and 0 <= next_seq <= MOST
    return NewEpoch("damaged", epoch, next_seq if known else 0)


def _floors(damaged: sqlite3.Connection) -> list[tuple[str, int]]:
    """The serials below which keys were retired. Where the file does not say it any more, the next
    grant does."""
    try:
        rows = damaged.execute("SELECT role, serial FROM grant_floor").fetchall()
    except _UNREADABLE:
        return []
    return [(role, serial) for role, serial in rows if role in ("receipt", "command")]


def _commands(damaged: sqlite3.Connection) -> list[tuple[int, str, bytes]]:
    try:
        return damaged.execute("SELECT number, sha256, answer FROM command").fetchall()
    except _UNREADABLE:
        return []


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
        except _UNREADABLE:
            continue

"""The outbox's file: whose it is, and SQLite's errors in our words."""

from __future__ import annotations

import json
import secrets
import sqlite3
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from edge.errors import OutboxFull, OutboxUnusable
from edge.wire.database import Database
from edge.wire.envelope import GENESIS
from edge.wire.keys import Signer

_DAMAGE = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def claim(database: Database, path: Path, site: str, station: str, signer: Signer | None) -> None:
    """Make the file this station's: a new one, or an emptied one of another name, starts anew.

    A file that once had a key keeps its name: without that key nothing in it is sealed any more.
    signer : of who holds the station's key; its public half then stands in the file.

    Raises
    ------
    OutboxUnusable : undelivered messages of another station are in it.
    """
    with database.transaction() as db:
        owner = db.execute("SELECT site, station FROM self").fetchone()
        if owner != (site, station):
            (waiting,) = db.execute("SELECT COUNT(*) FROM message").fetchone()
            if waiting:
                raise OutboxUnusable(
                    f"{path} holds {waiting} undelivered messages of {owner[0]}/{owner[1]},"
                    f" and this station is now {site}/{station}.",
                    "Set the old names again until all are delivered, or move the file away.",
                )
            db.execute("DELETE FROM quarantine")
            db.execute(
                "INSERT OR REPLACE INTO self VALUES (1, ?, ?, ?, 1, ?, 0, '', 0, 0, '', '')",
                (site, station, new_epoch(), GENESIS),
            )
        if signer is not None:
            show_key(db, signer)


def show_key(db: sqlite3.Connection, signer: Signer) -> None:
    """Seal again, as `late`, what waits under another key or unsigned."""
    public = signer.public.hex()
    if db.execute("UPDATE self SET key = ?1 WHERE key <> ?1", (public,)).rowcount:
        db.execute("UPDATE message SET seal = x''")


def new_epoch() -> str:
    """24 hex digits that no other life of an outbox has."""
    return secrets.token_hex(12)


def delete(db: sqlite3.Connection, table: str, seqs: Collection[int]) -> None:
    db.execute(
        f"DELETE FROM {table} WHERE seq IN (SELECT value FROM json_each(?))",  # noqa: S608
        (json.dumps(list(seqs)),),
    )


def is_damage(error: sqlite3.Error) -> bool:
    """Whether the disk has changed the file, as far as SQLite can tell."""
    return (getattr(error, "sqlite_errorcode", 0) & 0xFF) in _DAMAGE


@contextmanager
def usable(path: Path | None = None, mark: Path | None = None) -> Iterator[None]:
    """SQLite's errors in our words. mark : made where the file turns out to be damaged."""
    try:
        yield
    except sqlite3.Error as error:
        name = path or "The outbox"
        if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL:
            raise OutboxFull(
                f"{name} cannot grow: {error}.", "Free space on its disk, or raise outbox.limit_mb."
            ) from error
        if mark is not None and is_damage(error):
            with suppress(OSError):
                mark.touch(mode=0o660)
        raise OutboxUnusable(
            f"{name} cannot be used: {error}.",
            "Check its folder's rights and disk; a damaged file is kept, and what can be read of it"
            " goes on in a new one.",
        ) from error

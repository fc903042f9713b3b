"""The outbox's file: whose it is, and SQLite's errors in our words."""

from __future__ import annotations

import json
import secrets
import sqlite3
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from edge.errors import OutboxFull, OutboxUnusable
from edge.wire.database import Database
from edge.wire.messages import GENESIS

# Of the file's tables, as `Database` counts it: what an older release cannot read.
VERSION = 1


def claim(database: Database, path: Path, site: str, station: str) -> None:
    """Make the file this station's: a new one, or an emptied one of another name, starts anew."""
    with database.transaction() as db:
        owner = db.execute("SELECT site, station FROM self").fetchone()
        if owner == (site, station):
            return
        (waiting,) = db.execute("SELECT COUNT(*) FROM message").fetchone()
        if waiting:
            raise OutboxUnusable(
                f"{path} holds {waiting} undelivered messages of {owner[0]}/{owner[1]},"
                f" and this station is now {site}/{station}.",
                "Set the old names again until all are delivered, or move the file away.",
            )
        db.execute("DELETE FROM quarantine")
        db.execute(
            "INSERT OR REPLACE INTO self VALUES (1, ?, ?, ?, 1, ?, 0, '', 0, 0)",
            (site, station, secrets.token_hex(12), GENESIS),
        )


def delete(db: sqlite3.Connection, table: str, seqs: Collection[int]) -> None:
    db.execute(
        f"DELETE FROM {table} WHERE seq IN (SELECT value FROM json_each(?))",  # noqa: S608
        (json.dumps(list(seqs)),),
    )


@contextmanager
def usable(path: Path | None = None) -> Iterator[None]:
    """SQLite's errors in our words."""
    try:
        yield
    except sqlite3.Error as error:
        name = path or "The outbox"
        if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL:
            raise OutboxFull(
                f"{name} cannot grow: {error}.", "Free space on its disk, or raise outbox.limit_mb."
            ) from error
        raise OutboxUnusable(
            f"{name} cannot be used: {error}.",
            "Check its folder's rights and disk; a damaged file may be moved away (keep it: it"
            " may hold results), then the station starts a new one.",
        ) from error

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
from edge.wire.keys import Signer
from edge.wire.messages import GENESIS


def claim(database: Database, path: Path, site: str, station: str, signer: Signer | None) -> None:
    """Make the file this station's: a new one, or an emptied one of another name, starts anew.

    A file that once had a key keeps its name: without that key nothing in it is sealed any more.
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
        (key,) = db.execute("SELECT key FROM self").fetchone()
        if signer is not None and key != signer.key:
            db.execute("UPDATE self SET key = ?", (signer.key,))
            db.execute("UPDATE message SET seal = x''")  # what waited unsigned is signed, late


def new_epoch() -> str:
    """24 hex digits that no other life of an outbox has."""
    return secrets.token_hex(12)


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
            "Check its folder's rights and disk; a damaged file is saved and begun anew when the"
            " station starts again.",
        ) from error

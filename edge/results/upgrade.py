"""Outbox files of older versions, brought up to date where they lie."""

from __future__ import annotations

import sqlite3

import msgspec

from edge.errors import MessageRefused
from edge.wire.codec import decode
from edge.wire.envelope import GENESIS
from edge.wire.fields import Sha256
from edge.wire.seal import digest


class _Chained(msgspec.Struct):
    prev_sha256: Sha256


def _with_hashes(db: sqlite3.Connection) -> None:
    """Version 2: hash and seal beside each body. A body that 0.1 kept may be damaged already, and
    nothing can tell; what waits is sealed by the next that opens the file."""
    db.execute("ALTER TABLE self ADD COLUMN key TEXT NOT NULL DEFAULT ''")
    db.execute("ALTER TABLE self ADD COLUMN renew TEXT NOT NULL DEFAULT ''")
    known = "seq, channel, session, utc_ns, boot_id, boottime_ns, body"
    waiting = db.execute(f"SELECT {known} FROM message").fetchall()  # noqa: S608
    rejected = db.execute(f"SELECT {known}, code FROM quarantine").fetchall()  # noqa: S608
    # Both tables are made anew, for their columns must stand in the order of outbox.sql.
    db.execute("DROP TABLE message")
    db.execute("DROP TABLE quarantine")
    columns = (
        "channel TEXT NOT NULL, session TEXT NOT NULL, utc_ns INTEGER NOT NULL,"
        " boot_id TEXT NOT NULL, boottime_ns INTEGER NOT NULL, sha256 TEXT NOT NULL,"
        " prev_sha256 TEXT NOT NULL, body BLOB NOT NULL, seal BLOB NOT NULL"
    )
    db.execute(f"CREATE TABLE message (seq INTEGER PRIMARY KEY, {columns}) STRICT")
    db.execute(
        f"CREATE TABLE quarantine (epoch TEXT NOT NULL, seq INTEGER NOT NULL, {columns},"
        " code TEXT NOT NULL, PRIMARY KEY (epoch, seq)) STRICT"
    )
    db.executemany(
        "INSERT INTO message VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, x'')",
        ((*about, digest(body), _previous(body), body) for *about, body in waiting),
    )
    db.executemany(
        "INSERT INTO quarantine"
        " VALUES ((SELECT epoch FROM self), ?, ?, ?, ?, ?, ?, ?, ?, ?, x'', ?)",
        ((*about, digest(body), _previous(body), body, code) for *about, body, code in rejected),
    )
    db.execute(
        "CREATE TABLE grant_floor (role TEXT PRIMARY KEY, serial INTEGER NOT NULL)"
        " STRICT, WITHOUT ROWID"
    )
    db.execute(
        "CREATE TABLE command (number INTEGER PRIMARY KEY, sha256 TEXT NOT NULL,"
        " answer BLOB NOT NULL) STRICT"
    )
    db.execute("CREATE INDEX message_session ON message (session)")
    db.execute("CREATE INDEX message_unsealed ON message (seq) WHERE seal = x''")


def _previous(body: bytes) -> str:
    try:
        return decode(body, _Chained).prev_sha256
    except MessageRefused:
        return GENESIS


UPGRADES = (_with_hashes,)
# Of the newest tables, as `Database` counts: what an older release cannot read.
VERSION = 1 + len(UPGRADES)

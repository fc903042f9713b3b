"""The store: one SQLite file. A batch is one transaction, and its receipts are read from it.

Everything here may be repeated: a message that comes twice is counted, not stored twice, and a
receipt is computed from the tables, so it can be sent again at any time.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path
from typing import Any, Literal

import msgspec
from posture_tools.collector.intake import Bad, Good, Key

from edge.errors import StoreUnusable
from edge.wire.clock import utc_ns_of
from edge.wire.database import Database, DatabaseOwner
from edge.wire.messages import Erase, Event, Gap, Receipt, Reject, RejectCode, Result
from edge.wire.ranges import compress

LastMessage = Literal["state", "birth", "health", "desired"]
_ERASE_AT_MOST = 100_000  # numbers one event may name: a slip must not empty a table


@dataclass(slots=True)
class Outcome:
    """What became of a batch. receipts : to send, by (site, station), after this returned."""

    receipts: list[tuple[str, str, Receipt]] = field(default_factory=list)
    stored: list[Good] = field(default_factory=list)
    duplicates: int = 0
    conflicts: int = 0
    dead: int = 0


class Store(DatabaseOwner):
    """See the module. Several collectors may share the file.

    Raises
    ------
    StoreUnusable : the file cannot be opened, is damaged, or is of a newer collector. An older one
        is brought up to date, and its results stay.
    """

    def __init__(self, path: Path) -> None:
        schema = resources.files("posture_tools.collector").joinpath("store.sql")
        try:
            super().__init__(Database(path, schema.read_text("utf-8"), upgrades=_UPGRADES))
        except (OSError, sqlite3.Error) as error:
            raise StoreUnusable(
                f"{path} cannot be used: {error}.",
                "Check its folder's rights and disk; a newer collector's file needs that version.",
            ) from error

    def ingest(self, batch: Sequence[Good | Bad]) -> Outcome:
        """Commit a batch; when this returns, its receipts are true.

        Raises
        ------
        sqlite3.Error : nothing was stored; the messages must not be acknowledged.
        """
        outcome = Outcome()
        seqs: dict[tuple[str, str, str], list[int]] = {}
        rejects: dict[tuple[str, str, str], list[Reject]] = {}
        with self._database.transaction() as db:
            received_at = _now()
            for item in batch:
                _see(db, item.address.site, item.address.station, received_at, online=True)
                if isinstance(item, Bad):
                    outcome.dead += 1
                    _bury(db, item, received_at)
                if item.key is None:
                    continue
                source = (item.address.site, item.key.station, item.key.epoch)
                seqs.setdefault(source, []).append(item.key.seq)
                code = _take(db, item, item.key, received_at, outcome)
                if code is not None:
                    rejects.setdefault(source, []).append(Reject(item.key.seq, code))
            for (site, station, epoch), asked in seqs.items():
                receipt = _receipt(
                    db, station, epoch, asked, rejects.get((site, station, epoch), ())
                )
                outcome.receipts.append((site, station, receipt))
        return outcome

    def note(
        self, site: str, station: str, kind: LastMessage, body: bytes, online: bool | None = None
    ) -> None:
        """Remember the last state, birth or health of a station, or what is desired of it.

        online : what the message says of that; None where it may be an old, retained one.
        """
        with self._database.transaction() as db:
            if online is None:
                db.execute(
                    "INSERT OR IGNORE INTO station VALUES (?, ?, ?, 0, x'', x'', x'', x'')",
                    (station, site, _now()),
                )
            else:
                _see(db, site, station, _now(), online)
            db.execute(f"UPDATE station SET {kind} = ? WHERE station = ?", (body, station))  # noqa: S608

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """For reports."""
        return self._database.rows(sql, values)


def _with_desired(db: sqlite3.Connection) -> None:
    """Version 2: what an operator wants of a station. Some files of version 1 have it already."""
    if "desired" not in {column for _, column, *_ in db.execute("PRAGMA table_info(station)")}:
        db.execute("ALTER TABLE station ADD COLUMN desired BLOB NOT NULL DEFAULT x''")


_UPGRADES = (_with_desired,)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _see(db: sqlite3.Connection, site: str, station: str, at: str, online: bool) -> None:
    db.execute(
        "INSERT INTO station VALUES (?, ?, ?, ?, x'', x'', x'', x'') ON CONFLICT (station)"
        " DO UPDATE SET site = excluded.site, seen_at = excluded.seen_at,"
        " online = excluded.online",
        (station, site, at, online),
    )


def _take(
    db: sqlite3.Connection, item: Good | Bad, key: Key, at: str, outcome: Outcome
) -> RejectCode | None:
    """Decide about one message that says who it is; the code with which to reject it, or None."""
    known = db.execute(
        "SELECT fate, body_sha256 FROM ingest_key WHERE station = ? AND epoch = ? AND seq = ?",
        _values(key),
    ).fetchone()
    if isinstance(item, Bad):
        if known is None:
            _fate(db, key, "rejected", item.body_sha256, at)
        return item.code if known is None or known[0] == "rejected" else None
    if known is None or known[0] == "rejected":  # a rejected one may come again, mended
        _fate(db, key, "stored", item.body_sha256, at)
        _insert(db, item)
        outcome.stored.append(item)
        return None
    if known[0] == "erased" or known[1] == item.body_sha256:
        outcome.duplicates += 1
        return None
    outcome.conflicts += 1
    db.execute(
        "INSERT OR IGNORE INTO ingest_conflict VALUES (?, ?, ?, ?, ?, ?)",
        (*_values(key), item.body_sha256, item.body, at),
    )
    return "conflict"


def _values(key: Key) -> tuple[str, str, int]:
    return key.station, key.epoch, key.seq


def _fate(db: sqlite3.Connection, key: Key, fate: str, body_sha256: str, at: str) -> None:
    db.execute(
        "INSERT OR REPLACE INTO ingest_key VALUES (?, ?, ?, ?, ?, ?)",
        (*_values(key), fate, body_sha256, at),
    )


def _bury(db: sqlite3.Connection, item: Bad, at: str) -> None:
    key = _values(item.key) if item.key else ("", "", 0)
    db.execute(
        "INSERT OR IGNORE INTO dead_letter VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (item.incoming.topic, item.body_sha256, *key, item.code, item.problem,
         item.incoming.body, at),
    )  # fmt: skip


def _insert(db: sqlite3.Connection, item: Good) -> None:
    message = item.message
    when = (utc_ns_of(message.t.utc), message.t.state, message.t.boot_id, message.t.boottime_ns)
    if isinstance(message, Result):
        db.execute(
            "INSERT INTO result VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (*_values(item.key), message.site, message.kind, message.session, message.view,
             *when, item.body),
        )  # fmt: skip
        return
    db.execute(
        "INSERT INTO event VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (*_values(item.key), message.kind, *when, item.body),
    )
    _apply(db, item.key, message)


def _apply(db: sqlite3.Connection, key: Key, event: Event) -> None:
    """What an event does to the tables."""
    if event.kind == "gap":
        db.executemany(
            "INSERT OR IGNORE INTO gap VALUES (?, ?, ?, ?)",
            [(key.station, key.epoch, *pair) for pair in msgspec.convert(event.data, Gap).ranges],
        )
    elif event.kind == "erase":
        _erase(db, key, msgspec.convert(event.data, Erase))


def _erase(db: sqlite3.Connection, key: Key, erase: Erase) -> None:
    """Leave a tombstone under each named key, come or to come, and no body anywhere.

    By session it reaches every epoch of the station: results that it delivered before its card
    was changed are its results too.
    """
    named = {
        (key.epoch, seq)
        for first, last in erase.ranges
        for seq in range(first, min(last, first + _ERASE_AT_MOST) + 1)
    }
    if erase.session:
        named |= set(
            db.execute(
                "SELECT epoch, seq FROM result WHERE station = ? AND session = ?",
                (key.station, erase.session),
            )
        )
    for epoch, seq in named:
        where = (key.station, epoch, seq)
        is_event = "SELECT 1 FROM event WHERE station = ? AND epoch = ? AND seq = ?"
        if db.execute(is_event, where).fetchone():
            continue
        for table in ("result", "ingest_conflict", "dead_letter"):
            db.execute(f"DELETE FROM {table} WHERE station = ? AND epoch = ? AND seq = ?", where)  # noqa: S608
        _fate(db, Key(*where), "erased", "", _now())


def _receipt(
    db: sqlite3.Connection,
    station: str,
    epoch: str,
    asked: Iterable[int],
    rejects: Iterable[Reject],
) -> Receipt:
    upto = _advance(db, station, epoch)
    have = db.execute(
        "SELECT seq FROM ingest_key WHERE station = ? AND epoch = ? AND seq > ?"
        " AND fate <> 'rejected' AND seq IN (SELECT value FROM json_each(?))",
        (station, epoch, upto, json.dumps(list(asked))),
    )
    return Receipt(epoch, upto, compress(seq for (seq,) in have), tuple(rejects))


def _advance(db: sqlite3.Connection, station: str, epoch: str) -> int:
    """Move `upto` over what has come without a hole since; return it."""
    row = db.execute(
        "SELECT upto FROM progress WHERE station = ? AND epoch = ?", (station, epoch)
    ).fetchone()
    was = upto = int(row[0]) if row else 0
    while True:
        before = upto
        come = db.execute(
            "SELECT seq FROM ingest_key WHERE station = ? AND epoch = ? AND seq > ? ORDER BY seq",
            (station, epoch, upto),
        )
        for (seq,) in come:
            if seq != upto + 1:
                break
            upto = seq
        (dropped,) = db.execute(
            "SELECT MAX(last) FROM gap WHERE station = ? AND epoch = ? AND first <= ?",
            (station, epoch, upto + 1),
        ).fetchone()
        upto = max(upto, dropped or 0)
        if upto == before:
            break
    if upto != was or row is None:
        db.execute("INSERT OR REPLACE INTO progress VALUES (?, ?, ?)", (station, epoch, upto))
    return upto

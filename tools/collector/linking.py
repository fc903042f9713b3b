"""The hash chain, judged as soon as both neighbours are there. A break is marked, never refused."""

from __future__ import annotations

from posture_tools.collector.intake import Key
from posture_tools.collector.sql import Sql

from edge.wire.envelope import GENESIS
from edge.wire.event import Link

_OF_EPOCH = "site = ? AND station = ? AND epoch = ?"


def judge_around(db: Sql, key: Key) -> None:
    """A message has come: judge its link to the one before, and the next one's to it."""
    judge(db, key)
    judge(db, Key(key.site, key.station, key.epoch, key.seq + 1))


def add_link(db: Sql, key: Key, link: Link) -> None:
    """A run is gone at the station: keep its ends, and judge who follows it.

    key : of the event that says so.
    """
    db.execute(
        "INSERT INTO chain_end VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        (key.site, key.station, key.epoch, link.first, link.last, link.prev_sha256, link.sha256),
    )
    judge(db, Key(key.site, key.station, key.epoch, link.last + 1))


def judge(db: Sql, key: Key) -> None:
    """Compare what a message says of the one before with that one's hash, where both are known."""
    epoch = (key.site, key.station, key.epoch)
    row = db.execute(
        f"SELECT prev_sha256, link FROM ingest_key WHERE {_OF_EPOCH} AND seq = ?",  # noqa: S608
        (*epoch, key.seq),
    ).fetchone()
    if row is None or not row[0]:
        return
    before = _sha256_of(db, epoch, key.seq - 1)
    if not before:
        return
    link = "ok" if before == row[0] else "broken"
    if link != row[1]:
        db.execute(
            f"UPDATE ingest_key SET link = ? WHERE {_OF_EPOCH} AND seq = ?",  # noqa: S608
            (link, *epoch, key.seq),
        )


def _sha256_of(db: Sql, epoch: tuple[str, str, str], seq: int) -> str:
    if seq == 0:
        return GENESIS
    row = db.execute(
        f"SELECT body_sha256 FROM ingest_key WHERE {_OF_EPOCH} AND seq = ?"  # noqa: S608
        " AND body_sha256 <> ''",
        (*epoch, seq),
    ).fetchone()
    if row is None:
        row = db.execute(
            f"SELECT sha256 FROM chain_end WHERE {_OF_EPOCH} AND last = ?",  # noqa: S608
            (*epoch, seq),
        ).fetchone()
    return str(row[0]) if row else ""

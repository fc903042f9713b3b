"""Messages set aside: what the collector rejected, and what this disk damaged.

They stay until they are sent again, erased, or their disk is thrown away; they count against the
outbox's limit, so that nothing is forgotten without a word.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import Any

import msgspec

from edge.results.chain import Chain
from edge.results.links import links_of
from edge.results.outbox_file import delete
from edge.results.renewal import FIELDS, carry_over
from edge.wire.event import Gap
from edge.wire.ranges import Ranges, compress


def set_aside(db: sqlite3.Connection, seq: int, code: str) -> None:
    """Move a waiting message here."""
    db.execute(
        f"INSERT OR REPLACE INTO quarantine SELECT (SELECT epoch FROM self), {FIELDS}, ?"  # noqa: S608
        " FROM message WHERE seq = ?",
        (code, seq),
    )
    delete(db, "message", [seq])
    db.execute("UPDATE self SET quarantined = quarantined + 1")


def set_damaged_aside(db: sqlite3.Connection, chain: Chain, seq: int, problem: str) -> None:
    """Move a waiting message here that is no more what was committed; two events say so."""
    row = db.execute(
        "SELECT seq, sha256, prev_sha256 FROM message WHERE seq = ?", (seq,)
    ).fetchone()
    if row is None:
        return
    set_aside(db, seq, "damaged")
    gap = Gap(((seq, seq),), "damaged", links_of([row]))
    chain.append_event(db, "gap", msgspec.to_builtins(gap))
    fault = {"part": "outbox", "state": "set_aside", "seq": seq, "sha256": row[1]}
    chain.append_event(db, "fault", fault | {"problem": problem[:500]})


def set_aside_bytes(rows: Callable[[str], list[tuple[Any, ...]]]) -> int:
    """Bytes that the bodies in quarantine take."""
    return int(rows("SELECT COALESCE(SUM(LENGTH(body)), 0) FROM quarantine")[0][0])


def requeue(db: sqlite3.Connection, chain: Chain, first: int, last: int) -> Ranges:
    """Put rejected messages back in line; damaged ones stay in quarantine.

    Returns which of first..last now wait; those of an earlier epoch are among them under the new
    numbers that they get.
    """
    chosen = "WHERE code <> 'damaged' AND seq BETWEEN ? AND ?"
    db.execute(
        f"INSERT OR IGNORE INTO message SELECT {FIELDS} FROM quarantine {chosen} AND epoch = ?",  # noqa: S608
        (first, last, chain.epoch),
    )
    earlier = db.execute(
        f"SELECT epoch, {FIELDS} FROM quarantine {chosen} AND epoch <> ? ORDER BY epoch, seq",  # noqa: S608
        (first, last, chain.epoch),
    ).fetchall()
    db.execute(f"DELETE FROM quarantine {chosen}", (first, last))  # noqa: S608
    (next_seq,) = db.execute("SELECT next_seq FROM self").fetchone()
    for epoch, *row in earlier:
        carry_over(db, chain, epoch, [tuple(row)])
    rows = db.execute(
        "SELECT seq FROM message WHERE seq BETWEEN ? AND ? OR seq >= ?", (first, last, next_seq)
    )
    return compress(seq for (seq,) in rows)

"""What could not be taken in: kept, bounded, so that nobody fills the disk with it.

What a station vouches for is never evicted: it is a result of its. The rest may come from anybody;
the oldest go first, and are counted.
"""

from __future__ import annotations

import sqlite3

from posture_tools.collector.intake import Bad

MOST_UNVOUCHED_BYTES = 64 * 1024 * 1024
_MOST_EACH_BYTES = 64 * 1024
EVICTED = "dead letters evicted"


def bury(db: sqlite3.Connection, item: Bad, at: str) -> None:
    """Keep one, the first 64 KiB of it, once for each body."""
    key = item.key
    place = (item.address.site, item.address.station)
    db.execute(
        "INSERT OR IGNORE INTO dead_letter VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (item.incoming.topic, item.body_sha256, *place, key.epoch if key else "",
         key.seq if key else 0, key is not None, item.code, item.problem[:1000],
         item.incoming.payload[:_MOST_EACH_BYTES], at),
    )  # fmt: skip


def evict(db: sqlite3.Connection, most_bytes: int = MOST_UNVOUCHED_BYTES) -> None:
    """Forget the oldest that nobody vouches for until the rest fit."""
    (held,) = db.execute(
        "SELECT COALESCE(SUM(LENGTH(body)), 0) FROM dead_letter WHERE NOT vouched"
    ).fetchone()
    if held <= most_bytes:
        return
    goal = most_bytes - most_bytes // 8
    gone = []
    for rowid, size in db.execute(
        "SELECT rowid, LENGTH(body) FROM dead_letter WHERE NOT vouched ORDER BY received_at, rowid"
    ):
        if held <= goal:
            break
        gone.append((rowid,))
        held -= size
    db.executemany("DELETE FROM dead_letter WHERE rowid = ?", gone)
    count(db, EVICTED, len(gone))


def count(db: sqlite3.Connection, name: str, by: int = 1) -> None:
    """Add to a tally."""
    db.execute(
        "INSERT INTO tally VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET count = count + ?",
        (name, by, by),
    )

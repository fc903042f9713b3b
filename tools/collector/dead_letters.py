"""What could not be taken in: kept, bounded, so that nobody fills the disk with it.

What a station vouches for is never evicted: it is a result of its. The rest may come from anybody;
the oldest go first, and are counted.
"""

from __future__ import annotations

from posture_tools.collector.intake import Bad
from posture_tools.collector.sql import Sql

MOST_UNVOUCHED_BYTES = 64 * 1024 * 1024
_MOST_EACH_BYTES = 64 * 1024
EVICTED = "dead letters evicted"


def bury(db: Sql, item: Bad, at: str) -> None:
    """Keep one, the first 64 KiB of it, once for each body."""
    key = item.key
    place = (item.address.site, item.address.station)
    db.execute(
        "INSERT INTO dead_letter (topic, body_sha256, site, station, epoch, seq, vouched, code,"
        " problem, body, received_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT DO NOTHING",
        (item.incoming.topic, item.body_sha256, *place, key.epoch if key else "",
         key.seq if key else 0, int(key is not None), item.code, item.problem[:1000],
         item.incoming.payload[:_MOST_EACH_BYTES], at),
    )  # fmt: skip


def evict(db: Sql, most_bytes: int = MOST_UNVOUCHED_BYTES) -> None:
    """Forget the oldest that nobody vouches for until the rest fit."""
    (held,) = db.execute(
        "SELECT COALESCE(SUM(LENGTH(body)), 0) FROM dead_letter WHERE vouched = 0"
    ).fetchone()
    if held <= most_bytes:
        return
    goal = most_bytes - most_bytes // 8
    gone = []
    for number, size in db.execute(
        "SELECT number, LENGTH(body) FROM dead_letter WHERE vouched = 0 ORDER BY number"
    ).fetchall():
        if held <= goal:
            break
        gone.append((number,))
        held -= size
    db.executemany("DELETE FROM dead_letter WHERE number = ?", gone)
    count(db, EVICTED, len(gone))


def count(db: Sql, name: str, by: int = 1) -> None:
    """Add to a count that the store keeps by name."""
    db.execute(
        "INSERT INTO tally VALUES (?, ?) ON CONFLICT (name)"
        " DO UPDATE SET count = tally.count + excluded.count",
        (name, by),
    )

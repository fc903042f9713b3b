"""Room at the stated limit, where the settings prefer new results: the oldest go, and it is said.

Nothing is lost silently: a gap event names every number that went.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

import msgspec

from edge.results.chain import Chain
from edge.results.outbox_file import delete
from edge.wire.messages import Event, Gap, decode
from edge.wire.ranges import merge


def drop_oldest(
    db: sqlite3.Connection,
    chain: Chain,
    used_bytes: Callable[[], int],
    goal_bytes: int,
    newest_seq: int,
) -> None:
    """Drop messages older than newest_seq until goal_bytes are used, then say which are gone.

    A gap event may go too, for the new one repeats what it said; erase events never go.
    """
    gone: list[tuple[int, int]] = []
    while used_bytes() > goal_bytes:
        oldest = db.execute(
            "SELECT seq, channel, body FROM message WHERE channel <> 'event/erase'"
            " AND seq < ? ORDER BY seq LIMIT 16",
            (newest_seq,),
        ).fetchall()
        if not oldest:
            break
        for seq, channel, body in oldest:
            gone.append((seq, seq))
            if channel == "event/gap":
                told = decode(body, Event)
                gone.extend(msgspec.convert(told.data, Gap).ranges)
        delete(db, "message", [row[0] for row in oldest])
        db.execute("UPDATE self SET dropped = dropped + ?", (len(oldest),))
    if gone:
        alive = [seq for (seq,) in db.execute("SELECT seq FROM message")]
        chain.append_event(db, "gap", msgspec.to_builtins(Gap(merge(gone, alive))))

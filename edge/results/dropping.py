"""Room at the stated limit, where the settings prefer new results: the oldest go, and it is said.

Nothing is lost silently: a gap event names every number that went.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

import msgspec

from edge.errors import MessageRefused
from edge.results.chain import Chain
from edge.results.links import MOST_LINKS, links_of
from edge.results.outbox_file import delete
from edge.wire.codec import decode
from edge.wire.event import Event, Gap, Link
from edge.wire.ranges import merge


def drop_oldest(
    db: sqlite3.Connection,
    chain: Chain,
    used_bytes: Callable[[], int],
    goal_bytes: int,
    newest_seq: int,
) -> None:
    """Drop messages older than newest_seq until goal_bytes are used, then say which are gone.

    A gap event may go too, for the new one repeats what it said; erase and epoch events never go.
    """
    gone: list[tuple[int, int]] = []
    hashes: list[tuple[int, str, str]] = []
    repeated: list[Link] = []
    while used_bytes() > goal_bytes:
        oldest = db.execute(
            "SELECT seq, sha256, prev_sha256, channel, body FROM message"
            " WHERE channel NOT IN ('event/erase', 'event/epoch')"
            " AND seq < ? ORDER BY seq LIMIT 16",
            (newest_seq,),
        ).fetchall()
        if not oldest:
            break
        for seq, sha256, prev_sha256, channel, body in oldest:
            gone.append((seq, seq))
            hashes.append((seq, sha256, prev_sha256))
            if channel == "event/gap":
                told = _gap(body)
                gone.extend(told.ranges)
                repeated.extend(told.links)
        delete(db, "message", [row[0] for row in oldest])
        db.execute("UPDATE self SET dropped = dropped + ?", (len(oldest),))
    if gone:
        alive = [seq for (seq,) in db.execute("SELECT seq FROM message")]
        runs = links_of(hashes)
        links = (*runs, *repeated)[:MOST_LINKS]
        told = Gap(merge(gone, alive), links=links)
        chain.append_event(db, "gap", msgspec.to_builtins(told))


def _gap(body: bytes) -> Gap:
    """What a gap event says; nothing, where the disk has damaged it."""
    try:
        return msgspec.convert(decode(body, Event).data, Gap)
    except MessageRefused:
        return Gap(())

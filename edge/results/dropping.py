"""Room at the stated limit. Where the settings prefer new results the oldest go, and it is said.

Nothing is lost silently: a gap event names every number that went.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

import msgspec

from edge.errors import MessageRefused, OutboxFull
from edge.results.chain import Chain
from edge.results.links import MOST_LINKS, links_of
from edge.results.outbox_file import delete
from edge.results.quarantine import set_aside_bytes
from edge.wire.codec import decode
from edge.wire.database import Database
from edge.wire.event import Event, Gap, Link
from edge.wire.presence import AtLimit
from edge.wire.ranges import merge

# Dropping makes this share of the limit free at once, so that gap events stay few.
_DROP_SHARE = 16


def keep_limit(
    database: Database,
    db: sqlite3.Connection,
    chain: Chain,
    *,
    limit_bytes: int,
    at_limit: AtLimit,
    newest_seq: int,
) -> None:
    """Make room for the message just written, as the settings allow.

    database, db : the file, and the caller's transaction in it. newest_seq : of that message,
    which never goes.

    Raises
    ------
    OutboxFull : there is none; the transaction must not be committed.
    """
    if database.used_bytes() <= limit_bytes:
        return
    if at_limit == "drop-oldest":
        goal_bytes = limit_bytes - limit_bytes // _DROP_SHARE
        drop_oldest(db, chain, database.used_bytes, goal_bytes, newest_seq)
    if database.used_bytes() > limit_bytes:
        raise _full(limit_bytes, set_aside_bytes(database.rows))


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


def _full(limit_bytes: int, aside_bytes: int) -> OutboxFull:
    limit_mb, aside_mb = limit_bytes / 2**20, aside_bytes / 2**20
    if aside_bytes * 2 > limit_bytes:
        return OutboxFull(
            f"The outbox is at its limit of {limit_mb:.3g} MiB, and {aside_mb:.3g} MiB of it are"
            " results that the collector rejected or this disk damaged.",
            "See `posture-collector dead-letters` for the reason, mend it and let them be sent"
            " again with `resend`, or erase them.",
        )
    return OutboxFull(
        f"The outbox holds {limit_mb:.3g} MiB of undelivered results, its limit.",
        "Bring the network or the collector back, or raise outbox.limit_mb.",
    )

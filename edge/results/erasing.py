"""Forgetting results on the station, whether they wait or were set aside."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection

import msgspec

from edge.results.chain import Chain
from edge.results.links import links_of
from edge.results.outbox_file import delete
from edge.wire.messages import Erase
from edge.wire.ranges import Ranges, compress


def erase(db: sqlite3.Connection, chain: Chain, session: str, seqs: Collection[int]) -> Ranges:
    """Delete results of a session, or with these numbers of the present epoch, and say so.

    Returns the numbers the event names: those found here and those asked for. The event takes a
    number of its own, so no receipt under way for an erased result can settle it.
    """
    (next_seq,) = db.execute("SELECT next_seq FROM self").fetchone()
    asked = {seq for seq in seqs if seq < next_seq}
    events = {
        seq for (seq,) in db.execute("SELECT seq FROM message WHERE channel NOT LIKE 'result/%'")
    }
    waiting = _chosen(db, "message", chain.epoch, session, asked)
    aside = _chosen(db, "quarantine", chain.epoch, session, asked)
    delete(db, "message", [seq for _, seq, *_ in waiting])
    db.executemany("DELETE FROM quarantine WHERE epoch = ? AND seq = ?", [row[:2] for row in aside])
    here = [row[1:] for row in (*waiting, *aside) if row[0] == chain.epoch]
    ranges = compress((asked - events) | {seq for seq, *_ in here})
    chain.append_event(db, "erase", msgspec.to_builtins(Erase(session, ranges, links_of(here))))
    return ranges


def _chosen(
    db: sqlite3.Connection, table: str, epoch: str, session: str, asked: Collection[int]
) -> list[tuple[str, int, str, str]]:
    """epoch, seq, sha256 and prev_sha256 of the results meant."""
    of_epoch = "epoch" if table == "quarantine" else "?1"
    rows = db.execute(
        f"SELECT {of_epoch}, seq, sha256, prev_sha256, session FROM {table}"  # noqa: S608
        " WHERE channel LIKE 'result/%' AND ?1 = ?1",
        (epoch,),
    )
    return [
        (of, seq, sha256, prev_sha256)
        for of, seq, sha256, prev_sha256, in_session in rows
        if (session and in_session == session) or (of == epoch and seq in asked)
    ]

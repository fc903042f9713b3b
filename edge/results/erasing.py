"""Forgetting results on the station, whether they wait or were set aside.

The event that says so names the session by a hash: what was erased must not stand in the event.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import msgspec

from edge.errors import MessageRefused
from edge.results.chain import Chain
from edge.results.links import links_of
from edge.results.outbox_file import delete
from edge.wire.codec import decode
from edge.wire.event import Erase, Event
from edge.wire.forgotten import forgotten_name
from edge.wire.ranges import Ranges, compress

_MOST_LEFT = 32


@dataclass(frozen=True, slots=True)
class _Row:
    """A message that is meant. table : where it stands."""

    table: str
    epoch: str
    seq: int
    sha256: str
    prev_sha256: str
    consent: dict[str, Any] | None  # what a consent event says


def erase(db: sqlite3.Connection, chain: Chain, session: str, seqs: Collection[int]) -> Ranges:
    """Delete results of a session, or with these numbers of the present epoch, and say so.

    Returns the numbers the event names: those found here and those asked for. The event takes a
    number of its own, so no receipt under way for an erased result can settle it. What a person
    told when the session was consented to goes too; that there was consent is told again.
    """
    (next_seq,) = db.execute("SELECT next_seq FROM self").fetchone()
    asked = {seq for seq in seqs if seq < next_seq}
    events = {
        seq for (seq,) in db.execute("SELECT seq FROM message WHERE channel NOT LIKE 'result/%'")
    }
    chosen = [
        *_results(db, "message", chain.epoch, session, asked),
        *_results(db, "quarantine", chain.epoch, session, asked),
        *(row for row in _consents(db, chain.epoch) if session and row.consent is not None
          and row.consent.get("session") == session),
    ]  # fmt: skip
    delete(db, "message", [row.seq for row in chosen if row.table == "message"])
    db.executemany(
        "DELETE FROM quarantine WHERE epoch = ? AND seq = ?",
        [(row.epoch, row.seq) for row in chosen if row.table == "quarantine"],
    )
    here = [(row.seq, row.sha256, row.prev_sha256) for row in chosen if row.epoch == chain.epoch]
    ranges = compress((asked - events) | {seq for seq, *_ in here})
    name = forgotten_name(chain.site, "session", session) if session else ""
    said = Erase(ranges=ranges, links=links_of(here), session_sha256=name)
    chain.append_event(db, "erase", msgspec.to_builtins(said))
    for row in chosen:
        if row.consent is not None:
            kept = {key: row.consent[key] for key in ("version", "by") if key in row.consent}
            chain.append_event(db, "consent", kept | {"erased": True})
    return ranges


def prove(
    db: sqlite3.Connection, chain: Chain, session: str, code: str, left: tuple[str, ...]
) -> None:
    """Say what a search found after an erasure. left : files in which a word of it still stands."""
    said = Erase(
        ranges=(),
        session_sha256=forgotten_name(chain.site, "session", session) if session else "",
        code_sha256=forgotten_name(chain.site, "code", code) if code else "",
        left=left[:_MOST_LEFT],
    )
    chain.append_event(db, "erase", msgspec.to_builtins(said))


def sessions_of(db: sqlite3.Connection, epoch: str, code: str) -> tuple[str, ...]:
    """The sessions whose consent event is still here and names this code."""
    said = [row.consent for row in _consents(db, epoch) if row.consent is not None]
    found = (each.get("session") for each in said if each.get("code") == code)
    return tuple(dict.fromkeys(each for each in found if isinstance(each, str) and each))


def _results(
    db: sqlite3.Connection, table: str, epoch: str, session: str, asked: Collection[int]
) -> list[_Row]:
    of_epoch = "epoch" if table == "quarantine" else "?1"
    rows = db.execute(
        f"SELECT {of_epoch}, seq, sha256, prev_sha256, session FROM {table}"  # noqa: S608
        " WHERE channel LIKE 'result/%' AND ?1 = ?1",
        (epoch,),
    )
    return [
        _Row(table, of, seq, sha256, prev_sha256, None)
        for of, seq, sha256, prev_sha256, in_session in rows
        if (session and in_session == session) or (of == epoch and seq in asked)
    ]


def _consents(db: sqlite3.Connection, epoch: str) -> list[_Row]:
    """All consent events that are still here; one that the disk has damaged says nothing."""
    found = []
    for table in ("message", "quarantine"):
        of_epoch = "epoch" if table == "quarantine" else "?1"
        for of, seq, sha256, prev_sha256, body in db.execute(
            f"SELECT {of_epoch}, seq, sha256, prev_sha256, COALESCE(CAST(body AS BLOB), x'')"  # noqa: S608
            f" FROM {table} WHERE channel = 'event/consent' AND ?1 = ?1",
            (epoch,),
        ).fetchall():
            try:
                said = decode(body, Event).data
            except MessageRefused:
                said = None
            found.append(_Row(table, of, seq, sha256, prev_sha256, said))
    return found

"""A new epoch: what still waits goes along under new numbers, its old names inside.

The bodies stay what they were but for their envelope, so that a result is the same result; the
collector knows it by its earlier names and takes it once.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import replace
from typing import Any, Literal

import msgspec

from edge.results.chain import Chain
from edge.results.compose import NAMES_BYTES
from edge.results.intact import Pending
from edge.results.outbox_file import new_epoch
from edge.wire.codec import BODY_LIMIT_BYTES, decode_message
from edge.wire.envelope import GENESIS, Was, identity
from edge.wire.event import NewEpoch

Reason = Literal["behind", "damaged"]
_MOST_NAMES = 16
# A disk may have changed what kind of value a column holds, and STRICT looks only at writing.
FIELDS = ", ".join(
    ["seq"]
    + [
        f"COALESCE(CAST({name} AS {kind}), {empty})"
        for name, kind, empty in (
            ("channel", "TEXT", "''"),
            ("session", "TEXT", "''"),
            ("utc_ns", "INTEGER", "0"),
            ("boot_id", "TEXT", "''"),
            ("boottime_ns", "INTEGER", "0"),
            ("sha256", "TEXT", "''"),
            ("prev_sha256", "TEXT", "''"),
            ("body", "BLOB", "x''"),
            ("seal", "BLOB", "x''"),
        )
    ]
)


def begin_epoch(db: sqlite3.Connection, chain: Chain, reason: Reason) -> None:
    """End the chain's epoch and begin another, inside the caller's transaction.

    What the disk has damaged goes to quarantine, and the new epoch says so in a `fault` event.
    """
    (next_seq,) = db.execute("SELECT next_seq FROM self").fetchone()
    rows = db.execute(f"SELECT {FIELDS} FROM message ORDER BY seq").fetchall()  # noqa: S608
    db.execute("DELETE FROM message")
    started = start_epoch(db, chain, NewEpoch(reason, chain.epoch, next_seq))
    carry_over(db, started, chain.epoch, rows)


def start_epoch(db: sqlite3.Connection, chain: Chain, said: NewEpoch) -> Chain:
    """Number from 1 again; the first message says why."""
    started = replace(chain, epoch=new_epoch())
    db.execute(
        "UPDATE self SET epoch = ?, next_seq = 1, prev_sha256 = ?, renew = ''",
        (started.epoch, GENESIS),
    )
    started.append_event(db, "epoch", msgspec.to_builtins(said))
    return started


def carry_over(
    db: sqlite3.Connection, chain: Chain, epoch: str, rows: Iterable[tuple[Any, ...]]
) -> None:
    """Append rows of an earlier epoch, in their order; what is damaged goes to quarantine."""
    damaged: list[dict[str, Any]] = []
    for row in rows:
        seq, channel, session, utc_ns, boot_id, boottime_ns, sha256, _, body, seal = row
        pending = Pending(seq, channel, sha256, body, seal)
        if problem := pending.damage or _cannot_move(chain, body):
            db.execute(
                f"INSERT OR REPLACE INTO quarantine VALUES ({'?, ' * 11}'damaged')",  # noqa: S608
                (epoch, *row),
            )
            db.execute("UPDATE self SET quarantined = quarantined + 1")
            damaged.append({"seq": seq, "sha256": sha256, "problem": problem[:200]})
            continue
        new_seq, new_prev = db.execute("SELECT next_seq, prev_sha256 FROM self").fetchone()
        about = (new_seq, channel, session, utc_ns, boot_id, boottime_ns)
        renamed = _renamed(chain, body, sha256, new_seq, new_prev)
        chain.insert(db, about, new_prev, renamed, chain.role_of(channel, seal))
    for part in (damaged[i : i + 16] for i in range(0, len(damaged), 16)):
        chain.append_event(db, "fault", {"part": "outbox", "state": "set_aside", "messages": part})


def _renamed(chain: Chain, body: bytes, sha256: str, seq: int, prev_sha256: str) -> bytes:
    """The body with another envelope; every other field stays, known to us or not."""
    old = decode_message(body)
    was = (*old.was, Was(old.epoch, old.seq, sha256))[-_MOST_NAMES:]
    fields: dict[str, Any] = msgspec.json.decode(body)
    return msgspec.json.encode(
        fields
        | {
            "id": identity(chain.station, chain.epoch, seq),
            "epoch": chain.epoch,
            "seq": seq,
            "prev_sha256": prev_sha256,
            "was": [msgspec.to_builtins(each) for each in was],
        }
    )


def _cannot_move(chain: Chain, body: bytes) -> str:
    """Why a body that is whole cannot go along. Version 0.1 left no room for earlier names."""
    if len(body) + NAMES_BYTES > BODY_LIMIT_BYTES:
        return f"{len(body)} bytes leave no room for its earlier name"
    said = decode_message(body)
    if (said.site, said.station) != (chain.site, chain.station):
        return f"it is of {said.site}/{said.station}"
    return ""

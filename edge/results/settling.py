"""What a receipt settles: the collector has stored it, or will never take it."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection
from dataclasses import dataclass

from edge.results.outbox_file import delete
from edge.results.quarantine import set_aside
from edge.wire.receipt import Receipt


@dataclass(frozen=True, slots=True)
class Settled:
    """What a receipt took out of the outbox. behind : it knows numbers that this outbox never
    gave, so a new epoch begins."""

    stored: tuple[int, ...] = ()
    rejected: tuple[int, ...] = ()
    behind: bool = False


def settle(db: sqlite3.Connection, receipt: Receipt) -> Settled:
    """Delete what the collector has stored; quarantine what it rejected.

    Only a message whose hash as committed is the one named: a card restored from an old copy
    gives its numbers a second time, and a receipt for their first life must not delete a
    message that never left. Such a card is known by that, and wants a new epoch.
    """
    epoch, next_seq = db.execute("SELECT epoch, next_seq FROM self").fetchone()
    if receipt.epoch != epoch:
        return Settled()
    named = [*(seq for seq, _ in receipt.settled), *(r.seq for r in receipt.reject)]
    waiting = _hashes(db, named)
    stored = [seq for seq, sha256 in receipt.settled if waiting.get(seq) == sha256]
    codes = {r.seq: r.code for r in receipt.reject if waiting.get(r.seq) == r.sha256}
    again = [seq for seq, code in codes.items() if code == "conflict"]
    rejected = [seq for seq, code in codes.items() if code != "conflict"]
    for seq in rejected:
        set_aside(db, seq, codes[seq])
    delete(db, "message", stored)
    behind = bool(again) or receipt.newest >= next_seq
    if behind:
        db.execute("UPDATE self SET renew = 'behind'")
    return Settled(tuple(stored), tuple(rejected), behind)


def _hashes(db: sqlite3.Connection, seqs: Collection[int]) -> dict[int, str]:
    """Hashes of the named messages that wait, as committed."""
    sql = "SELECT seq, sha256 FROM message WHERE seq IN (SELECT value FROM json_each(?))"
    return dict(db.execute(sql, (json.dumps(list(seqs)),)).fetchall())

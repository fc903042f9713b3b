"""The messages of one epoch: numbered without holes, each naming the hash of the one before."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from edge.results import compose
from edge.wire import clock
from edge.wire.messages import Envelope, EventKind, Time, identity

Write = Callable[[dict[str, Any]], Envelope]


@dataclass(frozen=True, slots=True)
class Chain:
    """Whose messages these are. Everything happens inside the caller's transaction."""

    site: str
    station: str
    epoch: str

    def append(self, db: sqlite3.Connection, channel: str, session: str, write: Write) -> int:
        """Number a message, fix its bytes, insert it; returns its number.

        write : completes the envelope that it is given.
        """
        seq, prev_sha256, newest_utc_ns = db.execute(
            "SELECT next_seq, prev_sha256, newest_utc_ns FROM self"
        ).fetchone()
        instant = clock.read_clock(newest_utc_ns)
        body = compose.body_of(
            write(
                {
                    "id": identity(self.station, self.epoch, seq),
                    "station": self.station,
                    "site": self.site,
                    "epoch": self.epoch,
                    "seq": seq,
                    "t": Time.of(instant),
                    "prev_sha256": prev_sha256,
                }
            )
        )
        db.execute(
            "INSERT INTO message (seq, channel, session, utc_ns, boot_id, boottime_ns, body)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            (seq, channel, session, instant.utc_ns, instant.boot_id, instant.boottime_ns, body),
        )
        db.execute(
            "UPDATE self SET next_seq = ?, prev_sha256 = ?",
            (seq + 1, hashlib.sha256(body).hexdigest()),
        )
        if instant.state == "synced":
            db.execute("UPDATE self SET newest_utc_ns = ?", (instant.utc_ns,))
        else:
            db.execute("UPDATE self SET undated_boot_id = ?", (instant.boot_id,))
        return int(seq)

    def append_event(self, db: sqlite3.Connection, kind: EventKind, data: dict[str, Any]) -> int:
        """An event, in the same sequence."""

        def write(envelope: dict[str, Any]) -> Envelope:
            return compose.event(envelope, kind, data)

        return self.append(db, f"event/{kind}", "", write)

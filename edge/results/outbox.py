"""The outbox: from the moment `accept` returns, a result cannot be lost.

Its bytes, number and hash chain are fixed in one commit. It leaves the file only when a receipt
names it, when an erase command does (an `erase` event says so), or, where the settings allow it,
at the stated limit (a `gap` event says so). Engine and uplink each open the file.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any, Self

import msgspec

from edge.errors import OutboxFull
from edge.records import Assessment
from edge.results import compose
from edge.results.chain import Chain
from edge.results.dropping import drop_oldest
from edge.results.outbox_file import claim, delete, usable
from edge.wire import clock
from edge.wire.database import Database, DatabaseOwner
from edge.wire.messages import AtLimit, Consent, Envelope, Erase, EventKind, Receipt
from edge.wire.ranges import Ranges, compress

SMALLEST_LIMIT_BYTES = 128 * 1024
# Room above the limit for what must be written even then: gap and erase events.
_RESERVE_BYTES = 1024 * 1024
# Dropping makes this share of the limit free at once, so that gap events stay few.
_DROP_SHARE = 16
_QUARANTINE_LIMIT = 256

_FIELDS = "seq, channel, session, utc_ns, boot_id, boottime_ns, body"


@dataclass(frozen=True, slots=True)
class Pending:
    """A message that waits. body : the bytes as committed."""

    seq: int
    channel: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Counts:
    """What the outbox holds. Counts are of this epoch; oldest_age_s is 0 when nothing waits."""

    epoch: str
    accepted: int
    waiting: int
    oldest_seq: int
    oldest_age_s: float
    quarantined: int
    dropped: int
    used_bytes: int
    limit_bytes: int


@dataclass(frozen=True, slots=True)
class Settled:
    """What a receipt took out of the outbox."""

    stored: tuple[int, ...] = ()
    rejected: tuple[int, ...] = ()


class Outbox(DatabaseOwner):
    """See the module. Create with `Outbox.open`."""

    def __init__(
        self, database: Database, *, limit_bytes: int, at_limit: AtLimit, cfg_sha256: str
    ) -> None:
        super().__init__(database)
        self._limit_bytes = limit_bytes
        self._at_limit = at_limit
        self.cfg_sha256 = cfg_sha256
        self._chain = Chain(*database.rows("SELECT site, station, epoch FROM self")[0])

    @property
    def site(self) -> str:
        return self._chain.site

    @property
    def station(self) -> str:
        return self._chain.station

    @property
    def epoch(self) -> str:
        """Random, new with each new outbox file."""
        return self._chain.epoch

    @classmethod
    def open(
        cls,
        path: Path,
        *,
        site: str,
        station: str,
        limit_bytes: int,
        at_limit: AtLimit,
        cfg_sha256: str = "",
    ) -> Self:
        """Open the file, or create it with a new random epoch.

        limit_bytes : undelivered work above this is refused or dropped, as `at_limit` says; the
        file never exceeds it by more than 1 MiB (and 4 MiB of write-ahead log).
        cfg_sha256 : hash of the settings, repeated in every result.

        Raises
        ------
        OutboxUnusable : damaged, not writable, or holding another station's undelivered results.
        """
        schema = resources.files("edge.results").joinpath("outbox.sql").read_text("utf-8")
        limit_bytes = max(limit_bytes, SMALLEST_LIMIT_BYTES)
        with usable(path):
            database = Database(path, schema, limit_bytes + _RESERVE_BYTES)
            try:
                claim(database, path, site, station)
                return cls(
                    database, limit_bytes=limit_bytes, at_limit=at_limit, cfg_sha256=cfg_sha256
                )
            except BaseException:
                database.close()
                raise

    def accept(self, assessment: Assessment, consent: Consent | None = None) -> int:
        """Commit one screening and return its sequence number. When this returns, it is saved.

        Raises
        ------
        MessageRefused : the assessment cannot be sent (a value that is no number, over 16 KiB).
        OutboxFull : the stated limit of undelivered results is reached; nothing was written.
        OutboxUnusable : the file cannot be written.
        """

        def write(envelope: dict[str, Any]) -> Envelope:
            return compose.result(envelope, assessment, consent, self.cfg_sha256)

        with self._transaction() as db:
            seq = self._chain.append(db, f"result/{assessment.kind}", assessment.session, write)
            self._keep_limit(db, seq)
            return seq

    def accept_event(self, kind: EventKind, data: dict[str, Any]) -> int:
        """Commit an event; it shares the sequence of the results. Raises as `accept`."""
        if kind in ("gap", "erase"):
            raise ValueError(f"{kind} events are written by the outbox itself")
        with self._transaction() as db:
            seq = self._chain.append_event(db, kind, data)
            self._keep_limit(db, seq)
            return seq

    def accept_clock(self) -> int:
        """Commit the clock event that dates this boot's earlier results. Raises as `accept`."""
        with self._transaction() as db:
            db.execute("UPDATE self SET undated_boot_id = ''")
            seq = self._chain.append_event(db, "clock", {})
            self._keep_limit(db, seq)
            return seq

    def pending(
        self, limit: int, *, after: int = 0, newest_first: bool = False
    ) -> tuple[Pending, ...]:
        """Up to `limit` waiting messages with seq > after, oldest first unless told otherwise."""
        order = "DESC" if newest_first else "ASC"
        sql = f"SELECT seq, channel, body FROM message WHERE seq > ? ORDER BY seq {order} LIMIT ?"  # noqa: S608
        with usable():
            return tuple(Pending(*row) for row in self._database.rows(sql, (after, limit)))

    def waiting(self, seq: int) -> Pending | None:
        """One message, if it still waits."""
        with usable():
            rows = self._database.rows(
                "SELECT seq, channel, body FROM message WHERE seq = ?", (seq,)
            )
        return Pending(*rows[0]) if rows else None

    def settle(self, receipt: Receipt, sent: Collection[int]) -> Settled:
        """Delete what the collector has stored; quarantine what it rejected.

        sent : the numbers that this caller has sent. A receipt settles only those: a card restored
        from an old copy takes numbers a second time, and a receipt for their first life must not
        delete a message that never left.
        """
        if receipt.epoch != self.epoch:
            return Settled()
        codes = {r.seq: r.code for r in receipt.reject if r.seq in sent}
        stored = [seq for seq in sent if seq not in codes and receipt.covers(seq)]
        if not codes and not stored:
            return Settled()
        with self._transaction() as db:
            for seq, code in codes.items():
                moved = db.execute(
                    f"INSERT OR REPLACE INTO quarantine SELECT {_FIELDS}, ? FROM message"  # noqa: S608
                    " WHERE seq = ?",
                    (code, seq),
                )
                db.execute("UPDATE self SET quarantined = quarantined + ?", (moved.rowcount,))
            delete(db, "message", (*stored, *codes))
            db.execute(
                "DELETE FROM quarantine WHERE seq NOT IN"
                " (SELECT seq FROM quarantine ORDER BY seq DESC LIMIT ?)",
                (_QUARANTINE_LIMIT,),
            )
        return Settled(tuple(stored), tuple(codes))

    def requeue(self, first: int, last: int) -> Ranges:
        """Put quarantined messages back in line; return which of first..last now wait."""
        with self._transaction() as db:
            db.execute(
                f"INSERT OR IGNORE INTO message SELECT {_FIELDS} FROM quarantine"  # noqa: S608
                " WHERE seq BETWEEN ? AND ?",
                (first, last),
            )
            db.execute("DELETE FROM quarantine WHERE seq BETWEEN ? AND ?", (first, last))
            rows = db.execute("SELECT seq FROM message WHERE seq BETWEEN ? AND ?", (first, last))
            return compress(seq for (seq,) in rows)

    def erase(self, session: str = "", seqs: Collection[int] = ()) -> Ranges:
        """Forget results by session or by number, here and, through an erase event, there.

        Returns the numbers the event names: those found here and those asked for. The event takes
        a number of its own, so no receipt under way for an erased result can settle it.
        """
        with self._transaction() as db:
            (next_seq,) = db.execute("SELECT next_seq FROM self").fetchone()
            named = {seq for seq in seqs if seq < next_seq}
            for table in ("message", "quarantine"):
                rows = db.execute(f"SELECT seq, channel, session FROM {table}").fetchall()  # noqa: S608
                for seq, channel, of_session in rows:
                    if not channel.startswith("result/"):
                        named.discard(seq)
                    elif session and of_session == session:
                        named.add(seq)
                delete(db, table, named)
            ranges = compress(named)
            self._chain.append_event(db, "erase", msgspec.to_builtins(Erase(session, ranges)))
            return ranges

    def counts(self) -> Counts:
        """What is there now, for people and for health messages."""
        with usable():
            [(next_seq, quarantined, dropped)] = self._database.rows(
                "SELECT next_seq, quarantined, dropped FROM self"
            )
            waiting = self.depth()
            oldest = self._database.rows(
                "SELECT seq, utc_ns, boot_id, boottime_ns FROM message ORDER BY seq LIMIT 1"
            )
            used_bytes = self._database.used_bytes()
        return Counts(
            epoch=self.epoch,
            accepted=next_seq - 1,
            waiting=waiting,
            oldest_seq=oldest[0][0] if oldest else 0,
            oldest_age_s=_age_s(*oldest[0][1:]) if oldest else 0.0,
            quarantined=quarantined,
            dropped=dropped,
            used_bytes=used_bytes,
            limit_bytes=self._limit_bytes,
        )

    def depth(self) -> int:
        """How many messages wait for a receipt."""
        with usable():
            return int(self._database.rows("SELECT COUNT(*) FROM message")[0][0])

    def oldest_age_s(self) -> float:
        """How long the oldest of them has waited; 0 when nothing waits."""
        return self.counts().oldest_age_s

    def undated(self) -> bool:
        """Whether results of this boot were committed before its clock was right."""
        with usable():
            [(of_boot_id,)] = self._database.rows("SELECT undated_boot_id FROM self")
        return bool(of_boot_id == clock.boot_id())

    def now(self) -> clock.Instant:
        """The time, judged against the latest that this outbox ever trusted."""
        with usable():
            [(newest_utc_ns,)] = self._database.rows("SELECT newest_utc_ns FROM self")
        return clock.read_clock(newest_utc_ns)

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with usable(), self._database.transaction() as db:
            yield db

    def _keep_limit(self, db: sqlite3.Connection, newest_seq: int) -> None:
        if self._database.used_bytes() <= self._limit_bytes:
            return
        if self._at_limit == "drop-oldest":
            goal_bytes = self._limit_bytes - self._limit_bytes // _DROP_SHARE
            drop_oldest(db, self._chain, self._database.used_bytes, goal_bytes, newest_seq)
        if self._database.used_bytes() > self._limit_bytes:
            raise _full(self._limit_bytes)


def _age_s(utc_ns: int, boot_id: str, boottime_ns: int) -> float:
    """Seconds since a message was committed, by the clock that did not jump, where there is one."""
    instant = clock.read_clock()
    if boot_id == instant.boot_id:
        return max(0, instant.boottime_ns - boottime_ns) / 1e9
    return max(0, instant.utc_ns - utc_ns) / 1e9


def _full(limit_bytes: int) -> OutboxFull:
    return OutboxFull(
        f"The outbox holds {limit_bytes / 2**20:.3g} MiB of undelivered results, its limit.",
        "Bring the network or the collector back, or raise outbox.limit_mb.",
    )

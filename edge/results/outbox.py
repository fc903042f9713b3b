"""The outbox: from the moment `accept` returns, a result cannot be lost.

Its bytes, number, hash and chain are fixed in one commit. It leaves the file only when a receipt
names it and its hash, when an erase command does (an `erase` event says so), or, where the settings
allow it, at the stated limit (a `gap` event says so). Engine and uplink each open the file.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from importlib import resources
from pathlib import Path
from typing import Any, Self

import msgspec

from edge.errors import OutboxFull
from edge.files import locked
from edge.records import Assessment
from edge.results import commanded, compose
from edge.results.chain import Chain
from edge.results.counts import Counts, counts_of
from edge.results.dropping import drop_oldest
from edge.results.erasing import erase, sessions_of
from edge.results.intact import Pending
from edge.results.links import links_of
from edge.results.outbox_file import claim, delete, show_key, usable
from edge.results.quarantine import requeue, set_aside, set_aside_bytes
from edge.results.renewal import begin_epoch
from edge.results.salvage import finish, is_damaged, salvage
from edge.results.steady_clock import SteadyClock
from edge.results.upgrade import UPGRADES
from edge.wire import clock
from edge.wire.database import Database, DatabaseOwner
from edge.wire.envelope import Envelope
from edge.wire.event import Erase, EventKind, Gap
from edge.wire.forgotten import forgotten_name
from edge.wire.grant import Granted
from edge.wire.keys import Signer
from edge.wire.presence import AtLimit
from edge.wire.ranges import Ranges
from edge.wire.receipt import Receipt
from edge.wire.result import Consent

SMALLEST_LIMIT_BYTES = 128 * 1024
# Room above the limit for what must be written even then: gap and erase events.
_RESERVE_BYTES = 1024 * 1024
# Dropping makes this share of the limit free at once, so that gap events stay few.
_DROP_SHARE = 16
_MOST_LEFT = 32
_WAITING = (
    "seq, COALESCE(CAST(channel AS TEXT), ''), COALESCE(CAST(sha256 AS TEXT), ''),"
    " COALESCE(CAST(body AS BLOB), x''), COALESCE(CAST(seal AS BLOB), x'')"
)


@dataclass(frozen=True, slots=True)
class Settled:
    """What a receipt took out of the outbox. behind : it knows numbers that this outbox never
    gave, so a new epoch begins."""

    stored: tuple[int, ...] = ()
    rejected: tuple[int, ...] = ()
    behind: bool = False


class Outbox(DatabaseOwner):
    """See the module. Create with `Outbox.open`."""

    def __init__(
        self,
        database: Database,
        path: Path,
        *,
        limit_bytes: int,
        at_limit: AtLimit,
        cfg_sha256: str,
        signer: Signer | None,
    ) -> None:
        super().__init__(database)
        self._path = path
        self._mark = path.with_suffix(".mark")  # somebody met damage
        self._limit_bytes = limit_bytes
        self._at_limit = at_limit
        self._signer = signer
        self._clock = SteadyClock()
        self.cfg_sha256 = cfg_sha256
        self.site, self.station, key = database.rows("SELECT site, station, key FROM self")[0]
        self._keyed = bool(key)

    @property
    def epoch(self) -> str:
        """Random; one life of this outbox. Another process may have begun it."""
        with self._usable():
            return str(self._database.rows("SELECT epoch FROM self")[0][0])

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
        signer: Signer | None = None,
    ) -> Self:
        """Open the file, or create it with a new random epoch.

        limit_bytes : undelivered work above this is refused or dropped, as `at_limit` says; the
        file never exceeds it by more than 1 MiB (and 4 MiB of write-ahead log).
        cfg_sha256 : hash of the settings, repeated in every result.
        signer : the station's key, for the engine; what others write waits until it is sealed.

        Raises
        ------
        OutboxUnusable : not writable, or holding another station's undelivered results.
        """
        limit_bytes = max(limit_bytes, SMALLEST_LIMIT_BYTES)
        path.parent.mkdir(parents=True, exist_ok=True)

        begin = partial(_begin, limit_bytes, site, station, signer)
        with usable(path):
            with locked(path.with_suffix(".lock")):
                finish(path)
                if is_damaged(path):
                    salvage(path, begin)
                path.with_suffix(".mark").unlink(missing_ok=True)
                database, _ = begin(path)
            outbox = cls(
                database,
                path,
                limit_bytes=limit_bytes,
                at_limit=at_limit,
                cfg_sha256=cfg_sha256,
                signer=signer,
            )
            outbox.tend()
            return outbox

    def accept(self, assessment: Assessment, consent: Consent | None = None) -> int:
        """Commit one screening and return its sequence number. When this returns, it is saved.

        Raises
        ------
        MessageRefused : the assessment cannot be sent (a value that is no number, over 16 KiB).
        OutboxFull : the stated limit of undelivered results is reached; nothing was written.
        OutboxUnusable : the file cannot be written.

        Examples
        --------
        >>> import tempfile
        >>> from edge.records import Measure, Quality
        >>> tilt = Measure("shoulder_tilt", 4.0, "deg", 2.0, 45.0, Quality.OK, view="front")
        >>> seen = Assessment("posture", "5f1c9a2b", "front", "camera", 0, (tilt,), 45, 60, 0.6)
        >>> folder = tempfile.TemporaryDirectory()
        >>> with Outbox.open(
        ...     Path(folder.name, "outbox.db"), site="north", station="hall-1",
        ...     limit_bytes=10_000_000, at_limit="refuse",
        ... ) as outbox:
        ...     outbox.accept(seen), outbox.accept(seen), outbox.depth()
        (1, 2, 2)
        >>> folder.cleanup()
        """

        def write(envelope: dict[str, Any]) -> Envelope:
            return compose.result(envelope, assessment, consent, self.cfg_sha256)

        with self._transaction() as db:
            seq = self._chain(db).append(db, f"result/{assessment.kind}", assessment.session, write)
            self._keep_limit(db, seq)
            return seq

    def accept_event(self, kind: EventKind, data: dict[str, Any]) -> int:
        """Commit an event; it shares the sequence of the results. Raises as `accept`."""
        if kind in ("gap", "erase", "epoch"):
            raise ValueError(f"{kind} events are written by the outbox itself")
        with self._transaction() as db:
            seq = self._chain(db).append_event(db, kind, data)
            self._keep_limit(db, seq)
            return seq

    def accept_clock(self) -> int:
        """Commit the clock event that dates this boot's earlier results. Raises as `accept`."""
        with self._transaction() as db:
            db.execute("UPDATE self SET undated_boot_id = ''")
            seq = self._chain(db).append_event(db, "clock", {})
            self._keep_limit(db, seq)
            return seq

    def pending(
        self, limit: int, *, after: int = 0, newest_first: bool = False
    ) -> tuple[Pending, ...]:
        """Up to `limit` waiting messages with seq > after, oldest first unless told otherwise."""
        order = "DESC" if newest_first else "ASC"
        sql = f"SELECT {_WAITING} FROM message WHERE seq > ? ORDER BY seq {order} LIMIT ?"  # noqa: S608
        with self._usable():
            return tuple(Pending(*row) for row in self._database.rows(sql, (after, limit)))

    def waiting(self, seq: int) -> Pending | None:
        """One message, if it still waits."""
        sql = f"SELECT {_WAITING} FROM message WHERE seq = ?"  # noqa: S608
        with self._usable():
            rows = self._database.rows(sql, (seq,))
        return Pending(*rows[0]) if rows else None

    def tend(self) -> None:
        """Seal what another process wrote or an older version left, begin a new epoch where one is
        wanted, and a new file where somebody met damage: all of it needs the station's key, where
        it has one. Cheap when nothing is to do.
        """
        if self._mark.exists():
            self._mend()
        with self._usable():
            [(renew, key, unsealed)] = self._database.rows(
                "SELECT renew, key, EXISTS (SELECT 1 FROM message WHERE seal = x'') FROM self"
            )
        self._keyed = self._keyed or bool(key)
        strange = self._signer is not None and key != self._signer.public.hex()
        if not (renew or unsealed or strange):
            return
        with self._transaction() as db:
            if self._signer is not None:
                show_key(db, self._signer)
            chain = self._chain(db)
            if not chain.can_seal:
                return
            if renew:
                begin_epoch(db, chain, "behind")
                return
            rows = db.execute(f"SELECT {_WAITING} FROM message WHERE seal = x''")  # noqa: S608
            for pending in [Pending(*row) for row in rows]:
                if not pending.damage:
                    seal = chain.seal("late", pending.channel, pending.seq, pending.body)
                    db.execute("UPDATE message SET seal = ? WHERE seq = ?", (seal, pending.seq))

    def _mend(self) -> None:
        """What can be read of a damaged file goes on in a new one; whoever else has it open follows
        at its next step."""
        if self._keyed and self._signer is None:
            return
        begin = partial(_begin, self._limit_bytes, self.site, self.station, self._signer)
        with usable(), locked(self._path.with_suffix(".lock")):
            if is_damaged(self._path):
                salvage(self._path, begin)
            self._mark.unlink(missing_ok=True)

    def is_sealed(self, message: Pending) -> bool:
        """Whether its seal is still good; if not, `unseal` it."""
        with self._transaction() as db:
            return self._chain(db).is_sealed(message)

    def settle(self, receipt: Receipt) -> Settled:
        """Delete what the collector has stored; quarantine what it rejected.

        Only a message whose hash as committed is the one named: a card restored from an old copy
        gives its numbers a second time, and a receipt for their first life must not delete a
        message that never left. Such a card is known by that, and begins a new epoch.
        """
        if (receipt.site, receipt.station) != (self.site, self.station):
            return Settled()
        with self._transaction() as db:
            epoch, next_seq = db.execute("SELECT epoch, next_seq FROM self").fetchone()
            if receipt.epoch != epoch:
                return Settled()
            waiting = _hashes(
                db, [*(seq for seq, _ in receipt.settled), *(r.seq for r in receipt.reject)]
            )
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
        if behind:
            self.tend()
        return Settled(tuple(stored), tuple(rejected), behind)

    def set_aside(self, seq: int, problem: str) -> None:
        """Take a damaged message out of the queue; a gap event names it, and the rest goes on."""
        with self._transaction() as db:
            row = db.execute(
                "SELECT seq, sha256, prev_sha256 FROM message WHERE seq = ?", (seq,)
            ).fetchone()
            if row is None:
                return
            set_aside(db, seq, "damaged")
            chain = self._chain(db)
            gap = Gap(((seq, seq),), "damaged", links_of([row]))
            chain.append_event(db, "gap", msgspec.to_builtins(gap))
            fault = {"part": "outbox", "state": "set_aside", "seq": seq, "sha256": row[1]}
            chain.append_event(db, "fault", fault | {"problem": problem[:500]})

    def unseal(self, seq: int) -> None:
        """Its seal was damaged: the next `tend` of the key's holder seals it again."""
        with self._transaction() as db:
            db.execute("UPDATE message SET seal = x'' WHERE seq = ?", (seq,))
        self.tend()

    def requeue(self, first: int, last: int) -> Ranges:
        """Put rejected messages back in line; return which of first..last now wait.

        Those of an earlier epoch get new numbers, and are among the ranges under these.
        """
        with self._transaction() as db:
            return requeue(db, self._chain(db), first, last)

    def erase(self, session: str = "", seqs: Collection[int] = ()) -> Ranges:
        """Forget results by session or by number, here and, through an erase event, there.

        Returns the numbers the event names: those found here and those asked for.
        """
        with self._transaction() as db:
            ranges = erase(db, self._chain(db), session, seqs)
        with self._usable():
            self._database.truncate_log()
        return ranges

    def sessions_of(self, code: str) -> tuple[str, ...]:
        """Sessions that were consented to under this code, as far as that is still here."""
        with self._transaction() as db:
            return sessions_of(db, self._chain(db).epoch, code)

    def prove(self, session: str, code: str, left: tuple[str, ...]) -> None:
        """Tell the collector what a search found after an erasure."""
        said = Erase(
            ranges=(),
            session_sha256=forgotten_name(self.site, "session", session) if session else "",
            code_sha256=forgotten_name(self.site, "code", code) if code else "",
            left=left[:_MOST_LEFT],
        )
        with self._transaction() as db:
            self._chain(db).append_event(db, "erase", msgspec.to_builtins(said))

    def begin_command(self, number: int, sha256: str, *, again: bool = False) -> bytes | None:
        """As `commanded.begin`."""
        with self._transaction() as db:
            return commanded.begin(db, number, sha256, again=again)

    def end_command(self, number: int, answer: bytes) -> None:
        """Keep the answer that a command got, for whoever asks again."""
        with self._transaction() as db:
            commanded.end(db, number, answer)

    def floor(self, role: Granted) -> int:
        """The highest serial of a grant that this station has seen of a role."""
        with self._usable():
            rows = self._database.rows("SELECT serial FROM grant_floor WHERE role = ?", (role,))
        return int(rows[0][0]) if rows else 0

    def raise_floor(self, role: Granted, serial: int) -> None:
        """Keep a higher one, before anything is obeyed that was signed under it."""
        with self._transaction() as db:
            db.execute(
                "INSERT INTO grant_floor VALUES (?, ?) ON CONFLICT (role)"
                " DO UPDATE SET serial = MAX(serial, excluded.serial)",
                (role, serial),
            )

    def counts(self) -> Counts:
        """What is there now, for people and for health messages."""
        with self._usable():
            return counts_of(self._database, self._limit_bytes)

    def depth(self) -> int:
        """How many messages wait for a receipt."""
        with self._usable():
            return int(self._database.rows("SELECT COUNT(*) FROM message")[0][0])

    def oldest_age_s(self) -> float:
        """How long the oldest of them has waited; 0 when nothing waits."""
        return self.counts().oldest_age_s

    def undated(self) -> bool:
        """Whether results of this boot were committed before its clock was right."""
        with self._usable():
            [(of_boot_id,)] = self._database.rows("SELECT undated_boot_id FROM self")
        return bool(of_boot_id == clock.boot_id())

    def now(self) -> clock.Instant:
        """The time, judged against the latest that this outbox ever trusted."""
        with self._usable():
            [(newest_utc_ns,)] = self._database.rows("SELECT newest_utc_ns FROM self")
        return self._clock.read(newest_utc_ns)

    def _chain(self, db: sqlite3.Connection) -> Chain:
        return Chain.of(db, self._signer, self._clock.read)

    def _usable(self) -> AbstractContextManager[None]:
        return usable(mark=self._mark)

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._usable(), self._database.transaction() as db:
            yield db

    def _keep_limit(self, db: sqlite3.Connection, newest_seq: int) -> None:
        if self._database.used_bytes() <= self._limit_bytes:
            return
        if self._at_limit == "drop-oldest":
            goal_bytes = self._limit_bytes - self._limit_bytes // _DROP_SHARE
            drop_oldest(db, self._chain(db), self._database.used_bytes, goal_bytes, newest_seq)
        if self._database.used_bytes() > self._limit_bytes:
            raise _full(self._limit_bytes, set_aside_bytes(self._database.rows))


def _begin(
    limit_bytes: int, site: str, station: str, signer: Signer | None, path: Path
) -> tuple[Database, Chain]:
    """Open or create the file, and make it this station's."""
    schema = resources.files("edge.results").joinpath("outbox.sql").read_text("utf-8")
    database = Database(path, schema, limit_bytes + _RESERVE_BYTES, UPGRADES)
    try:
        claim(database, path, site, station, signer)
        with database.transaction() as db:
            return database, Chain.of(db, signer)
    except BaseException:
        database.close()
        raise


def _hashes(db: sqlite3.Connection, seqs: Collection[int]) -> dict[int, str]:
    """Of those messages that wait, as committed."""
    sql = "SELECT seq, sha256 FROM message WHERE seq IN (SELECT value FROM json_each(?))"
    return dict(db.execute(sql, (json.dumps(list(seqs)),)).fetchall())


def _full(limit_bytes: int, set_aside_bytes: int) -> OutboxFull:
    limit_mb, aside_mb = limit_bytes / 2**20, set_aside_bytes / 2**20
    if set_aside_bytes * 2 > limit_bytes:
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

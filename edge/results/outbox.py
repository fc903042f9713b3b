"""The outbox: from the moment `accept` returns, a result cannot be lost.

Its bytes, number, hash and chain are fixed in one commit. It leaves the file only when a receipt
names it and its hash, when an erase command does (an `erase` event says so), or, where the settings
allow it, at the stated limit (a `gap` event says so). Engine and uplink each open the file.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, Self

from edge.records import Assessment
from edge.results import commanded, compose, grant_floor
from edge.results.chain import Chain
from edge.results.counts import Counts, counts_of
from edge.results.dropping import keep_limit
from edge.results.erasing import erase, prove, sessions_of
from edge.results.intact import COLUMNS, Pending
from edge.results.opening import beginning, mark_of, mend, opened
from edge.results.outbox_file import show_key, usable
from edge.results.quarantine import requeue, set_damaged_aside
from edge.results.renewal import begin_epoch
from edge.results.settling import Settled, settle
from edge.results.steady_clock import SteadyClock
from edge.wire import clock
from edge.wire.database import Database, DatabaseOwner
from edge.wire.envelope import Envelope
from edge.wire.event import EventKind
from edge.wire.grant import Granted
from edge.wire.keys import Signer
from edge.wire.presence import AtLimit
from edge.wire.ranges import Ranges
from edge.wire.receipt import Receipt
from edge.wire.result import Consent

SMALLEST_LIMIT_BYTES = 128 * 1024


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
        self._mark = mark_of(path)
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

        with usable(path):
            database = opened(path, beginning(limit_bytes, site, station, signer))
            try:
                outbox = cls(
                    database,
                    path,
                    limit_bytes=limit_bytes,
                    at_limit=at_limit,
                    cfg_sha256=cfg_sha256,
                    signer=signer,
                )
                outbox.tend()
            except BaseException:
                database.close()
                raise
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
            chain = self._chain(db)
            seq = chain.append(db, f"result/{assessment.kind}", assessment.session, write)
            self._keep_limit(db, chain, seq)
            return seq

    def accept_event(self, kind: EventKind, data: dict[str, Any]) -> int:
        """Commit an event; it shares the sequence of the results. Raises as `accept`."""
        if kind in ("gap", "erase", "epoch"):
            raise ValueError(f"{kind} events are written by the outbox itself")
        with self._transaction() as db:
            chain = self._chain(db)
            seq = chain.append_event(db, kind, data)
            self._keep_limit(db, chain, seq)
            return seq

    def accept_clock(self) -> int:
        """Commit the clock event that dates this boot's earlier results. Raises as `accept`."""
        with self._transaction() as db:
            db.execute("UPDATE self SET undated_boot_id = ''")
            chain = self._chain(db)
            seq = chain.append_event(db, "clock", {})
            self._keep_limit(db, chain, seq)
            return seq

    def pending(
        self, limit: int, *, after: int = 0, newest_first: bool = False
    ) -> tuple[Pending, ...]:
        """Up to `limit` waiting messages with seq > after, oldest first unless told otherwise."""
        order = "DESC" if newest_first else "ASC"
        sql = f"SELECT {COLUMNS} FROM message WHERE seq > ? ORDER BY seq {order} LIMIT ?"  # noqa: S608
        with self._usable():
            return tuple(Pending(*row) for row in self._database.rows(sql, (after, limit)))

    def waiting(self, seq: int) -> Pending | None:
        """One message, if it still waits."""
        sql = f"SELECT {COLUMNS} FROM message WHERE seq = ?"  # noqa: S608
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
            rows = db.execute(f"SELECT {COLUMNS} FROM message WHERE seal = x''")  # noqa: S608
            for pending in [Pending(*row) for row in rows]:
                if not pending.damage:
                    seal = chain.seal("late", pending.channel, pending.seq, pending.body)
                    db.execute("UPDATE message SET seal = ? WHERE seq = ?", (seal, pending.seq))

    def _mend(self) -> None:
        """What can be read of a damaged file goes on in a new one; whoever else has it open follows
        at its next step."""
        if self._keyed and self._signer is None:
            return
        with usable():
            mend(
                self._path,
                beginning(self._limit_bytes, self.site, self.station, self._signer),
            )

    def is_sealed(self, message: Pending) -> bool:
        """Whether its seal is still good; if not, `unseal` it."""
        with self._transaction() as db:
            return self._chain(db).is_sealed(message)

    def settle(self, receipt: Receipt) -> Settled:
        """As `settling.settle`; a restored card begins a new epoch. A receipt for another station
        settles nothing."""
        if (receipt.site, receipt.station) != (self.site, self.station):
            return Settled()
        with self._transaction() as db:
            settled = settle(db, receipt)
        if settled.behind:
            self.tend()
        return settled

    def set_aside(self, seq: int, problem: str) -> None:
        """Take a damaged message out of the queue; a gap event names it, and the rest goes on."""
        with self._transaction() as db:
            set_damaged_aside(db, self._chain(db), seq, problem)

    def unseal(self, seq: int) -> None:
        """Take a damaged seal away: the next `tend` of the key's holder seals the message again."""
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
        with self._transaction() as db:
            prove(db, self._chain(db), session, code, left)

    def begin_command(self, number: int, sha256: str, *, again: bool = False) -> bytes | None:
        """Note a command before it is carried out: as `commanded.begin`."""
        with self._transaction() as db:
            return commanded.begin(db, number, sha256, again=again)

    def end_command(self, number: int, answer: bytes) -> None:
        """Keep the answer that a command got, for whoever asks again."""
        with self._transaction() as db:
            commanded.end(db, number, answer)

    def floor(self, role: Granted) -> int:
        """The highest serial of a grant that this station has seen of a role."""
        with self._usable():
            return grant_floor.floor(self._database, role)

    def raise_floor(self, role: Granted, serial: int) -> None:
        """Keep a higher one, before anything is obeyed that was signed under it."""
        with self._transaction() as db:
            grant_floor.raise_floor(db, role, serial)

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

    def _keep_limit(self, db: sqlite3.Connection, chain: Chain, newest_seq: int) -> None:
        keep_limit(
            self._database, db, chain,
            limit_bytes=self._limit_bytes, at_limit=self._at_limit, newest_seq=newest_seq,
        )  # fmt: skip

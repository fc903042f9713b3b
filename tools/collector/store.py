"""The store: one SQLite file. A batch is one transaction, and its receipts say what it committed.

Everything here may be repeated: a message that comes twice is counted, not stored twice, and a
receipt names the bodies it was asked about, so it can be sent again at any time.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path
from typing import Any, Literal

from posture_tools.collector.dead_letters import bury, evict
from posture_tools.collector.erasure_list import ErasureList, apply_again
from posture_tools.collector.intake import Bad, Good
from posture_tools.collector.store_upgrades import UPGRADES
from posture_tools.collector.taking import Answer, take
from posture_tools.collector.trust import Known, enrol, judge, known

from edge.errors import MessageRefused, StoreUnusable
from edge.mqtt.oddities import Oddities
from edge.wire.database import Database, DatabaseOwner
from edge.wire.receipt import Receipt
from edge.wire.topics import Address, Topics

LastMessage = Literal["state", "birth", "health", "desired"]
# Anybody may say a state: a flood of names must not fill the disk.
MOST_HEARD = 10_000
# Whatever else SQLite raises is about the file, not about one message.
_OF_ONE_MESSAGE = (
    sqlite3.IntegrityError, sqlite3.DataError, sqlite3.InterfaceError, sqlite3.ProgrammingError,
)  # fmt: skip


@dataclass(slots=True)
class Outcome:
    """What became of a batch. receipts : to send, and where, after this returned."""

    receipts: list[tuple[Topics, Receipt]] = field(default_factory=list)
    stored: list[Good] = field(default_factory=list)
    duplicates: int = 0
    conflicts: int = 0
    dead: int = 0

    def add(self, other: Outcome) -> None:
        self.receipts += other.receipts
        self.stored += other.stored
        self.duplicates += other.duplicates
        self.conflicts += other.conflicts
        self.dead += other.dead


@dataclass(frozen=True, slots=True)
class Note:
    """The last word of a station. online : what it says about that; None for a word that may be an
    old, retained one."""

    site: str
    station: str
    kind: LastMessage
    body: bytes
    online: bool | None = None


class Store(DatabaseOwner):
    """See the module. Several collectors may share the file.

    oddities : counts what single messages did that nobody foresaw.

    Raises
    ------
    StoreUnusable : the file cannot be opened, is damaged, or is of a newer collector. An older one
        is brought up to date, and its results stay. What its list of erasures names, and a
        restored backup still holds, is erased before anybody reads it.
    """

    def __init__(self, path: Path, oddities: Oddities | None = None) -> None:
        schema = resources.files("posture_tools.collector").joinpath("store.sql")
        self._oddities = oddities or Oddities()
        self.path = path
        self.erasures = ErasureList.beside(path)
        try:
            super().__init__(Database(path, schema.read_text("utf-8"), upgrades=UPGRADES))
            if apply_again(self._database, self.erasures.entries(), _now()):
                self.clean()
        except (OSError, sqlite3.Error, MessageRefused) as error:
            raise StoreUnusable(
                f"{path} cannot be used: {error}.",
                "Check its folder's rights and disk; a newer collector's file needs that version.",
            ) from error

    def ingest(self, batch: Sequence[Good | Bad]) -> Outcome:
        """Commit a batch; when this returns, its receipts are true.

        A message that cannot be stored never holds the others back: the batch is halved until it
        stands alone, and it is buried.

        Raises
        ------
        sqlite3.Error : the file; nothing was stored; the messages must not be acknowledged.
        """
        try:
            with self._database.transaction() as db:
                outcome = _commit(db, batch)
            if any(isinstance(i, Good) and i.address.channel == "event/erase" for i in batch):
                self._database.truncate_log()  # what was erased must not stand in the log
            return outcome
        except Exception as problem:
            if isinstance(problem, sqlite3.Error) and not isinstance(problem, _OF_ONE_MESSAGE):
                raise
            if len(batch) > 1:
                middle = len(batch) // 2
                outcome = self.ingest(batch[:middle])
                outcome.add(self.ingest(batch[middle:]))
                return outcome
            return self._give_up(batch[0], problem)

    def _give_up(self, item: Good | Bad, problem: Exception) -> Outcome:
        """One message that the store cannot hold. It is buried, and its station is told."""
        self._oddities.note(f"message raised {type(problem).__name__}", problem)
        if isinstance(item, Bad):  # not even its grave can be written
            return Outcome(dead=1)
        incoming = item.incoming
        return self.ingest(
            [Bad(incoming, item.address, item.key, item.body_sha256, "malformed",
                 f"{type(problem).__name__}: {problem}", item.sealed)]
        )  # fmt: skip

    def judge(self, batch: Iterable[Good | Bad]) -> list[Good | Bad]:
        """Each as `trust.judge` sees it: what no enrolled key vouches for is not answered."""
        seen: dict[tuple[str, str], Known] = {}
        judged = []
        for item in batch:
            place = (item.address.site, item.address.station)
            if place not in seen:
                seen[place] = known(self._database.rows, *place)
            judged.append(judge(item, seen[place]))
        return judged

    def enrol(self, address: Address, payload: bytes) -> str:
        """What became of a station's word about its key; "" if it was known. Raises as
        `trust.enrol`."""
        with self._database.transaction() as db:
            return enrol(db, address, payload, _now())

    def is_closed(self, site: str) -> bool:
        """Whether only enrolled stations are heard there."""
        return bool(self.rows("SELECT 1 FROM closed_site WHERE site = ?", (site,)))

    def has_unsigned(self, site: str) -> bool:
        """Whether the operator lets a station of version 0.1 speak there."""
        return bool(
            self.rows("SELECT 1 FROM trusted WHERE site = ? AND unsigned AND key = ''", (site,))
        )

    def next_number(self) -> int:
        """For a command: higher than any before, also than those of a store that was lost, for it
        is no less than the seconds since 1970."""
        with self._database.transaction() as db:
            row = db.execute("SELECT number FROM command_number").fetchone()
            number = max(int(time.time()), row[0] + 1 if row else 0)
            db.execute("INSERT OR REPLACE INTO command_number VALUES (1, ?)", (number,))
        return number

    def change(self, act: Callable[[sqlite3.Connection], object]) -> None:
        """Do something of another module in one transaction."""
        with self._database.transaction() as db:
            act(db)

    def transaction(self) -> AbstractContextManager[sqlite3.Connection]:
        """The same, for more than a line."""
        return self._database.transaction()

    def note(
        self, site: str, station: str, kind: LastMessage, body: bytes, online: bool | None = None
    ) -> None:
        """Remember one word. Parameters as `Note`."""
        self.note_all([Note(site, station, kind, body, online)])

    def note_all(self, notes: Iterable[Note]) -> None:
        """Remember the last state, birth or health of stations, or what is desired of them."""
        with self._database.transaction() as db:
            for note in notes:
                if not _is_heard(db, note.site, note.station):
                    self._oddities.note("too many station names", f"{note.site}/{note.station}")
                    continue
                if note.online is not None:
                    _see(db, note.site, note.station, _now(), note.online)
                db.execute(
                    f"UPDATE station SET {note.kind} = ? WHERE site = ? AND station = ?",  # noqa: S608
                    (note.body, note.site, note.station),
                )

    def clean(self) -> bool:
        """Empty the write-ahead log, where erased rows may stand. False while another reads it."""
        return self._database.truncate_log()

    def vacuum(self) -> None:
        """Write the whole file anew, and empty its log."""
        self._database.vacuum()

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """For reports."""
        return self._database.rows(sql, values)

    def each(self, sql: str, values: Sequence[Any] = ()) -> Iterator[tuple[Any, ...]]:
        """For reports of many rows: one at a time."""
        return self._database.each(sql, values)

    def forget_letter(self, table: Literal["dead_letter", "ingest_conflict"], sha256: str) -> None:
        """Erase a dead letter or a conflict. sha256 : the first digits of its body's."""
        with self._database.transaction() as db:
            db.execute(
                f"DELETE FROM {table} WHERE body_sha256 >= ? AND body_sha256 < ?",  # noqa: S608
                (sha256, sha256 + "g"),
            )
        self._database.truncate_log()


def _commit(db: sqlite3.Connection, batch: Sequence[Good | Bad]) -> Outcome:
    outcome = Outcome()
    answers: dict[tuple[Topics, str], list[Answer]] = {}
    received_at = _now()
    for item in batch:
        if isinstance(item, Bad):
            outcome.dead += 1
            bury(db, item, received_at)
        if item.key is None:
            continue
        _see(db, item.key.site, item.key.station, received_at, online=True)
        answer = take(db, item, item.key, received_at)
        if answer.what == "stored" and isinstance(item, Good):
            outcome.stored.append(item)
        outcome.duplicates += answer.what == "duplicate"
        outcome.conflicts += answer.what == "conflict"
        answers.setdefault((item.address.topics, item.key.epoch), []).append(answer)
    if outcome.dead:
        evict(db)
    for (topics, epoch), given in answers.items():
        outcome.receipts.append((topics, _receipt(db, topics, epoch, given)))
    return outcome


def _receipt(
    db: sqlite3.Connection, topics: Topics, epoch: str, answers: Iterable[Answer]
) -> Receipt:
    (newest,) = db.execute(
        "SELECT MAX(seq) FROM ingest_key WHERE site = ? AND station = ? AND epoch = ?",
        (topics.site, topics.station, epoch),
    ).fetchone()
    given = list(answers)
    return Receipt(
        topics.site,
        topics.station,
        epoch,
        newest or 0,
        tuple(dict.fromkeys((a.seq, a.sha256) for a in given if a.reject is None)),
        tuple(dict.fromkeys(a.reject for a in given if a.reject is not None)),
    )


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _is_heard(db: sqlite3.Connection, site: str, station: str) -> bool:
    """Whether there is a row for the station; makes one while there is room."""
    known = "SELECT 1 FROM station WHERE site = ? AND station = ?"
    if db.execute(known, (site, station)).fetchone():
        return True
    if db.execute("SELECT COUNT(*) FROM station").fetchone()[0] >= MOST_HEARD:
        return False
    db.execute(
        "INSERT INTO station VALUES (?, ?, ?, 0, x'', x'', x'', x'')", (site, station, _now())
    )
    return True


def _see(db: sqlite3.Connection, site: str, station: str, at: str, online: bool) -> None:
    db.execute(
        "INSERT INTO station VALUES (?, ?, ?, ?, x'', x'', x'', x'')"
        " ON CONFLICT (site, station) DO UPDATE SET seen_at = excluded.seen_at,"
        " online = excluded.online",
        (site, station, at, online),
    )

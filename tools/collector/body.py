"""What both bodies of the store do alike, whatever lies under them."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import Any, Literal, Self

from posture_tools.collector import station_hours
from posture_tools.collector.archive import reading
from posture_tools.collector.archive.folder import Archive
from posture_tools.collector.erasure_list import ErasureList
from posture_tools.collector.hearing import follows, is_heard, see
from posture_tools.collector.intake import Bad, Good, Key
from posture_tools.collector.sql import Sql
from posture_tools.collector.store import LastMessage, Note, Outcome
from posture_tools.collector.trust import enrol, judge, known

from edge.errors import StoreFailed
from edge.mqtt.oddities import Oddities
from edge.wire.topics import Address


class StoreBody(ABC):
    """A `store.Store`. oddities : counts what single messages did that nobody foresaw."""

    def __init__(self, erasures: ErasureList, archive: Archive, oddities: Oddities | None) -> None:
        self.erasures = erasures
        self.archive = archive
        self._oddities = oddities or Oddities()

    @abstractmethod
    def transaction(self) -> AbstractContextManager[Sql]: ...
    @abstractmethod
    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]: ...
    @abstractmethod
    def each(self, sql: str, values: Sequence[Any] = ()) -> Iterator[tuple[Any, ...]]: ...
    @abstractmethod
    def traces(self, words: Iterable[str]) -> tuple[str, ...]: ...
    @abstractmethod
    def close(self) -> None: ...
    @abstractmethod
    def _commit(self, batch: Sequence[Good | Bad]) -> Outcome:
        """Commit a batch in one transaction. StoreFailed means that the store is at fault; any
        other error is that of one message."""

    @abstractmethod
    def _clean(self) -> None:
        """A row was erased: empty what may still hold it and can be emptied in passing."""

    def ingest(self, batch: Sequence[Good | Bad]) -> Outcome:
        """A message that cannot be stored never holds the others back: the batch is halved until
        it stands alone, and it is buried."""
        try:
            outcome = self._commit(batch)
        except StoreFailed:
            raise
        except Exception as problem:  # noqa: BLE001  one message that we did not foresee
            if len(batch) > 1:
                middle = len(batch) // 2
                outcome = self.ingest(batch[:middle])
                outcome.add(self.ingest(batch[middle:]))
                return outcome
            return self._give_up(batch[0], problem)
        if any(isinstance(i, Good) and i.address.channel == "event/erase" for i in batch):
            self._clean()
        return outcome

    def _give_up(self, item: Good | Bad, problem: Exception) -> Outcome:
        """One message that the store cannot hold. It is buried, and its station is told."""
        self._oddities.note(f"message raised {type(problem).__name__}", problem)
        if isinstance(item, Bad):  # not even its grave can be written
            return Outcome(dead=1)
        said = f"{type(problem).__name__}: {problem}".replace("\0", "?")
        return self.ingest(
            [Bad(item.incoming, item.address, item.key, item.body_sha256, "malformed", said,
                 item.sealed)]
        )  # fmt: skip

    def judge(self, batch: Iterable[Good | Bad]) -> list[Good | Bad]:
        items = list(batch)
        seen = known(self.rows, {(item.address.site, item.address.station) for item in items})
        return [judge(item, seen[item.address.site, item.address.station]) for item in items]

    def enrol(self, address: Address, payload: bytes) -> str:
        with self.transaction() as db:
            return enrol(db, address, payload, now())

    def is_closed(self, site: str) -> bool:
        return bool(self.rows("SELECT 1 FROM closed_site WHERE site = ?", (site,)))

    def has_unsigned(self, site: str) -> bool:
        return bool(
            self.rows("SELECT 1 FROM trusted WHERE site = ? AND unsigned = 1 AND key = ''", (site,))
        )

    def standbys(self) -> int | None:
        """A file has none."""
        return None

    def lead(self, what: str) -> bool:
        """A file has one process that takes in."""
        return True

    def next_number(self) -> int:
        """A number for a command, higher than any before, also than those of a store that was lost:
        it is at least the seconds since 1970."""
        with self.transaction() as db:
            (number,) = db.execute(
                "INSERT INTO command_number VALUES (1, ?) ON CONFLICT (one) DO UPDATE SET number ="
                " CASE WHEN command_number.number < excluded.number THEN excluded.number"
                " ELSE command_number.number + 1 END RETURNING number",
                (int(time.time()),),
            ).fetchone()
        return int(number)

    def change(self, act: Callable[[Sql], object]) -> None:
        with self.transaction() as db:
            act(db)

    def note(
        self, site: str, station: str, kind: LastMessage, body: bytes, online: bool | None = None
    ) -> None:
        self.note_all([Note(site, station, kind, body, online)])

    def note_all(self, notes: Iterable[Note]) -> None:
        at = now()
        with self.transaction() as db:
            # in one order, so that two workers never wait for each other
            for note in sorted(notes, key=lambda note: (note.site, note.station)):
                if not is_heard(db, note.site, note.station, at):
                    self._oddities.note("too many station names", f"{note.site}/{note.station}")
                    continue
                place = (note.site, note.station)
                online = bool(note.online)
                if note.life and not follows(db, place, note.life, online, at):
                    continue
                if note.online is not None:
                    see(db, note.site, note.station, at, note.online)
                db.execute(
                    f"UPDATE station SET {note.kind} = ? WHERE site = ? AND station = ?",  # noqa: S608
                    (note.body, note.site, note.station),
                )
                if note.kind == "health":
                    station_hours.keep(db, place, note.body, at)

    def archived(self, key: Key, utc_ns: int) -> tuple[bytes, bytes]:
        return reading.archived(self, key, utc_ns)

    def forget_letter(self, table: Literal["dead_letter", "ingest_conflict"], sha256: str) -> None:
        with self.transaction() as db:
            db.execute(
                f"DELETE FROM {table} WHERE body_sha256 >= ? AND body_sha256 < ?",  # noqa: S608
                (sha256, sha256 + "g"),
            )
        self._clean()

    def problems(self) -> Iterator[str]:
        for table in ("result", "event"):
            yield from (
                f"{station}:{epoch}:{seq} of {site} is a {table} without a key"
                for site, station, epoch, seq in self.each(
                    f"SELECT site, station, epoch, seq FROM {table} t WHERE NOT EXISTS (SELECT 1"  # noqa: S608
                    " FROM ingest_key k WHERE k.site = t.site AND k.station = t.station"
                    " AND k.epoch = t.epoch AND k.seq = t.seq)"
                )
            )
        yield from (
            f"{station}:{epoch}:{seq} of {site} is said to be stored, and its body is not here"
            for site, station, epoch, seq in self.each(
                "SELECT site, station, epoch, seq FROM ingest_key WHERE fate = 'stored' EXCEPT"
                " SELECT site, station, epoch, seq FROM result EXCEPT"
                " SELECT site, station, epoch, seq FROM event"
            )
        )
        yield from (
            f"{station}:{epoch}:{seq} of {site} has measures and no result"
            for site, station, epoch, seq in self.each(
                "SELECT DISTINCT site, station, epoch, seq FROM measure EXCEPT"
                " SELECT site, station, epoch, seq FROM result"
            )
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def now() -> str:
    """RFC 3339, to the millisecond."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")

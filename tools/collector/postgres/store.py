"""The store in PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, suppress
from datetime import UTC, datetime
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

from posture_tools.collector.archive import cleaning
from posture_tools.collector.archive.folder import Archive
from posture_tools.collector.body import StoreBody, now
from posture_tools.collector.erasure_list import ErasureList, apply_again
from posture_tools.collector.intake import Bad, Good
from posture_tools.collector.month import Month
from posture_tools.collector.postgres import months
from posture_tools.collector.postgres.batch import commit
from posture_tools.collector.postgres.database import MAY_PASS, PostgresDatabase
from posture_tools.collector.postgres.dialect import Transaction
from posture_tools.collector.postgres.migrate import check_version
from posture_tools.collector.store import Outcome

from edge.errors import MessageRefused, StoreFailed, StoreUnusable
from edge.mqtt.oddities import Oddities

_TRIES = 4
_PATIENCE_S = 30.0  # for one batch


def _today() -> datetime:
    return datetime.now(UTC)


class PostgresStore(StoreBody):
    """Any number of processes and machines share it.

    address : as libpq takes it; several hosts in it stand in for each other.
    erasures : the file of the list of erasures, which must not lie in the database. A worker that
        lacks it obeys those that another has applied. The folder of archived months lies beside
        it, as NAME.archive.

    Raises
    ------
    StoreUnusable : its tables are not of this version, or the list cannot be read.
    StoreFailed : no server.
    """

    at_once = 2  # one waits for the disk while another computes

    def __init__(
        self,
        address: str,
        erasures: Path,
        oddities: Oddities | None = None,
        today: Callable[[], datetime] = _today,
    ) -> None:
        archive = erasures.with_suffix(".archive")
        super().__init__(ErasureList(erasures), Archive(archive), oddities)
        self.where = address
        self.database = PostgresDatabase(address)
        # Connections of batches alone: nobody else waits while they are committed.
        self._intake = [PostgresDatabase(address) for _ in range(self.at_once)]
        self._idle = SimpleQueue[PostgresDatabase]()
        for database in self._intake:
            self._idle.put(database)
        self._today = today
        self._month: Month | None = None
        try:
            check_version(self.database)
            if apply_again(self, self.erasures.entries(), now()):
                self.traces(())
        except (OSError, MessageRefused) as error:
            self.close()
            raise StoreUnusable(f"{erasures} cannot be used: {error}.") from error
        except BaseException:
            self.close()
            raise

    def transaction(self) -> AbstractContextManager[Transaction]:
        return self.database.transaction()

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        return self.database.rows(sql, values)

    def each(self, sql: str, values: Sequence[Any] = ()) -> Iterator[tuple[Any, ...]]:
        return self.database.each(sql, values)

    def lead(self, what: str) -> bool:
        return bool(self.rows("SELECT pg_try_advisory_lock(hashtext(?))", (what,))[0][0])

    def _commit(self, batch: Sequence[Good | Bad]) -> Outcome:
        """Repeated where two workers met: one of them was stopped, and nothing of it is there."""
        self._turn_the_month()
        for _ in range(_TRIES - 1):
            try:
                return self._commit_once(batch)
            except StoreFailed as problem:
                if not isinstance(problem.__cause__, MAY_PASS):
                    self._drop_idle()
                    raise
        return self._commit_once(batch)

    def _commit_once(self, batch: Sequence[Good | Bad]) -> Outcome:
        database = self._idle.get()
        try:
            with database.cut_after(_PATIENCE_S), database.transaction() as db:
                return commit(db, batch, now())
        finally:
            self._idle.put(database)

    def _drop_idle(self) -> None:
        """A server that is gone has taken these connections along, which would say so only when
        they are used next."""
        for _ in self._intake:
            with suppress(Empty):
                database = self._idle.get_nowait()
                database.close()
                self._idle.put(database)

    def standbys(self) -> int | None:
        [(names, there)] = self.rows(
            "SELECT current_setting('synchronous_standby_names'), (SELECT COUNT(*)"
            " FROM pg_stat_replication WHERE sync_state IN ('sync', 'quorum'))"
        )
        return int(there) if names else None

    def _turn_the_month(self) -> None:
        today = self._today()
        if self._month != (today.year, today.month):
            months.ensure(self.database, months.months_around(today))
            self._month = (today.year, today.month)

    def _clean(self) -> None:
        """Does nothing in passing: `traces` writes the tables anew, which locks them."""

    def traces(self, words: Iterable[str]) -> tuple[str, ...]:
        """Writes anew what rows were erased from: a month cannot be read or written meanwhile. The
        server's log and backups keep what they have until they are recycled."""
        said = list(words)
        left = cleaning.traces(self, said)
        for relation, name in self.rows(
            "SELECT relation, (SELECT oid::regclass::text FROM pg_class WHERE oid = relation)"
            " FROM unclean"
        ):
            if name is not None:
                self.database.outside(f"VACUUM (FULL) {name}")
            with self.transaction() as db:
                db.execute("DELETE FROM unclean WHERE relation = ?", (relation,))
        still_told = any(said) and self.rows("SELECT 1 FROM pending_erasure LIMIT 1")
        return (*left, "the table pending_erasure") if still_told else left

    def problems(self) -> Iterator[str]:
        for table in months.TABLES:
            for month in months.months_around(self._today()):
                name = f"{table}_{month[0]:04}_{month[1]:02}"
                if self.rows("SELECT to_regclass(?) IS NULL", (name,)) == [(True,)]:
                    yield f"the table {name} of a month is missing"
        for (name,) in self.rows(
            "SELECT indexrelid::regclass::text FROM pg_index WHERE NOT indisvalid"
        ):
            yield f"the index {name} is not valid"
        yield from super().problems()

    def close(self) -> None:
        for database in (self.database, *self._intake):
            database.close()

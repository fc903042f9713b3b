"""The store as one SQLite file."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from importlib import resources
from pathlib import Path
from typing import Any

from posture_tools.collector.archive import cleaning
from posture_tools.collector.archive.folder import Archive
from posture_tools.collector.body import StoreBody, now
from posture_tools.collector.committing import commit
from posture_tools.collector.erasure_list import ErasureList, apply_again
from posture_tools.collector.intake import Bad, Good
from posture_tools.collector.sql import Sql
from posture_tools.collector.sqlite.upgrades import UPGRADES
from posture_tools.collector.store import Outcome

from edge.errors import MessageRefused, StoreFailed, StoreUnusable
from edge.mqtt.oddities import Oddities
from edge.traces import holding
from edge.wire.database import Database

# Whatever else SQLite raises is about the file, not about one message.
_OF_ONE_MESSAGE = (
    sqlite3.IntegrityError, sqlite3.DataError, sqlite3.InterfaceError, sqlite3.ProgrammingError,
)  # fmt: skip


class SqliteStore(StoreBody):
    """Several processes may share the file; one at a time writes.

    Raises
    ------
    StoreUnusable : the file cannot be opened, is damaged, or is of a newer collector. An older one
        is brought up to date, and its results stay. What its list of erasures names, and a
        restored backup still holds, is erased before anybody reads it.
    """

    at_once = 1  # a file has one writer

    def __init__(self, path: Path, oddities: Oddities | None = None) -> None:
        super().__init__(ErasureList.beside(path), Archive.beside(path), oddities)
        schema = resources.files("posture_tools.collector.sqlite").joinpath("store.sql")
        self.path = path
        self.where = str(path.absolute())
        try:
            self._database = Database(path, schema.read_text("utf-8"), upgrades=UPGRADES)
            if apply_again(self, self.erasures.entries(), now()):
                self._clean()
        except (OSError, sqlite3.Error, MessageRefused) as error:
            raise StoreUnusable(
                f"{path} cannot be used: {error}.",
                "Check its folder's rights and disk; a newer collector's file needs that version.",
            ) from error

    @contextmanager
    def transaction(self) -> Iterator[Sql]:
        try:
            with self._database.transaction() as db:
                yield db
        except sqlite3.Error as problem:
            if isinstance(problem, _OF_ONE_MESSAGE):
                raise
            raise StoreFailed(
                f"The store cannot be written: {problem}.", "Free space or mend its rights."
            ) from problem

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        with self._readable():
            return self._database.rows(sql, values)

    def each(self, sql: str, values: Sequence[Any] = ()) -> Iterator[tuple[Any, ...]]:
        with self._readable():
            yield from self._database.each(sql, values)

    @contextmanager
    def _readable(self) -> Iterator[None]:
        """Raises StoreUnusable for a damaged file, StoreFailed for one that cannot be reached."""
        try:
            yield
        except _OF_ONE_MESSAGE:
            raise
        except sqlite3.OperationalError as problem:
            raise StoreFailed(
                f"{self.path} cannot be read: {problem}.", "Check its disk, then try again."
            ) from problem
        except (sqlite3.Error, UnicodeDecodeError) as problem:
            raise StoreUnusable(
                f"{self.path} is damaged: {problem}.",
                "Restore a backup beside it, and compare: `posture-collector store check`.",
            ) from problem

    def _commit(self, batch: Sequence[Good | Bad]) -> Outcome:
        with self.transaction() as db:
            return commit(db, batch, now())

    def _clean(self) -> None:
        self._database.truncate_log()

    def traces(self, words: Iterable[str]) -> tuple[str, ...]:
        """The orders to stations hold words until they are obeyed."""
        said = list(words)
        files = sorted(self.path.parent.glob(f"{self.path.name}*"))
        self._clean()
        found = holding(files, said)
        if found and not self.rows("SELECT 1 FROM pending_erasure LIMIT 1"):
            self._database.vacuum()
            found = holding(files, said)
        return (*(str(path) for path in found), *cleaning.traces(self, said))

    def problems(self) -> Iterator[str]:
        for (said,) in self.rows("PRAGMA integrity_check"):
            if said != "ok":
                yield str(said)
        yield from super().problems()

    def close(self) -> None:
        self._database.close()

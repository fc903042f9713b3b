"""One SQLite file whose commit means: on the disk.

WAL lets the engine write while the uplink reads; synchronous=FULL flushes before a commit returns;
secure_delete overwrites what is deleted, for erasing must mean gone.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

_BUSY_S = 30.0
_WAL_LIMIT_BYTES = 4 * 1024 * 1024

Upgrade = Callable[[sqlite3.Connection], None]


class Database:
    """A file shared by threads (one lock) and by processes (SQLite's locks)."""

    def __init__(
        self,
        path: Path,
        schema: str,
        limit_bytes: int | None = None,
        upgrades: Sequence[Upgrade] = (),
    ) -> None:
        """Open the file, create it with `schema` if it is new.

        limit_bytes : the file never grows beyond this; SQLite then reports SQLITE_FULL.
        upgrades : the first makes a file of version 1 one of version 2, and so on; those that an
            older file lacks are made in one transaction. `schema` is of the newest version.

        Raises
        ------
        sqlite3.Error : the file cannot be opened, is damaged, or is of a newer version.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        self._schema, self._upgrades, self._limit_bytes = schema, upgrades, limit_bytes
        self._lock = threading.RLock()
        # SQLite lets only the owner write what it creates; here the umask decides, for engine and
        # uplink are two users of one group. Its other files get the rights of this one.
        with contextlib.suppress(OSError):
            path.touch(mode=0o660, exist_ok=False)
        self._connection = self._open()

    def _open(self) -> sqlite3.Connection:
        self._file = self._path.stat()
        self._connection = sqlite3.connect(
            self._path, timeout=_BUSY_S, isolation_level=None, check_same_thread=False
        )
        # A text that the disk has changed must be read, so that it can be seen to be wrong.
        self._connection.text_factory = lambda raw: raw.decode(errors="replace")
        try:
            self._configure(self._limit_bytes)
            self._create(self._schema, self._upgrades)
        except BaseException:
            self._connection.close()
            raise
        return self._connection

    def _follow(self) -> None:
        """Writing into a file that was moved away or removed would be lost: use what lies there
        now, for a restored or a new file is meant to be used."""
        if self._has_moved():
            self._connection.close()
            self._connection = self._open()

    def _has_moved(self) -> bool:
        try:
            return not os.path.samestat(self._path.stat(), self._file)
        except OSError as error:
            raise sqlite3.OperationalError(f"{self._path} is gone: {error.strerror}") from error

    def _configure(self, limit_bytes: int | None) -> None:
        run = self._connection.execute
        run("PRAGMA journal_mode=WAL")
        run("PRAGMA synchronous=FULL")
        run("PRAGMA secure_delete=ON")
        run(f"PRAGMA journal_size_limit={_WAL_LIMIT_BYTES}")
        if limit_bytes is not None:
            run(f"PRAGMA max_page_count={limit_bytes // self._pragma('page_size')}")

    def _create(self, schema: str, upgrades: Sequence[Upgrade]) -> None:
        newest = 1 + len(upgrades)
        with self._begun() as db:
            version = self._pragma("user_version")
            if version > newest:
                raise sqlite3.DatabaseError(f"written by version {version}, newer than {newest}")
            if version == 0:
                for statement in schema.split(";\n"):
                    db.execute(statement)
            else:
                for upgrade in upgrades[version - 1 :]:
                    upgrade(db)
            if version != newest:
                db.execute(f"PRAGMA user_version={newest}")

    def _pragma(self, name: str) -> int:
        return int(self._connection.execute(f"PRAGMA {name}").fetchone()[0])

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Everything inside is committed together, or, if anything raises, not at all."""
        with self._lock:
            self._follow()
            while True:
                with self._begun() as db:
                    if not self._has_moved():
                        yield db
                        return
                self._follow()  # who moves a file away keeps its lock until that is done

    @contextmanager
    def _begun(self) -> Iterator[sqlite3.Connection]:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield self._connection
            self._connection.execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:  # a full disk may have rolled back already
                self._connection.execute("ROLLBACK")
            raise

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """What a query answers, all of it."""
        with self._lock:
            if not self._connection.in_transaction:
                self._follow()
            return self._connection.execute(sql, values).fetchall()

    def each(self, sql: str, values: Sequence[Any] = ()) -> Iterator[tuple[Any, ...]]:
        """What a query answers, row by row, as the file was when it began: on a connection of its
        own, so that nobody waits for the reader and no more than a row is held."""
        reader = sqlite3.connect(f"{self._path.absolute().as_uri()}?mode=ro", uri=True)
        try:
            yield from reader.execute(sql, values)
        finally:
            reader.close()

    def used_bytes(self) -> int:
        """Bytes of the file that hold something; inside a transaction, what it will be then."""
        with self._lock:
            pages = self._pragma("page_count") - self._pragma("freelist_count")
            return pages * self._pragma("page_size")

    def truncate_log(self) -> bool:
        """Bring all of the write-ahead log into the file and empty it: what was erased stands in
        neither. False while another process still reads from it."""
        with self._lock:
            busy, *_ = self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            return not busy

    def vacuum(self) -> None:
        """Write the whole file anew: a page may keep a copy of a row that was moved within it."""
        with self._lock:
            self._connection.execute("VACUUM")
        self.truncate_log()

    def close(self) -> None:
        with self._lock:
            self._connection.close()


class DatabaseOwner:
    """What stands on one database: close it, or use it in a `with` block."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def close(self) -> None:
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

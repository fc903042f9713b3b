"""One SQLite file whose commit means: on the disk.

WAL lets the engine write while the uplink reads; synchronous=FULL flushes before a commit returns;
secure_delete overwrites what is deleted, for erasing must mean gone.
"""

from __future__ import annotations

import contextlib
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
        # SQLite lets only the owner write what it creates; here the umask decides, for engine and
        # uplink are two users of one group. Its other files get the rights of this one.
        with contextlib.suppress(OSError):
            path.touch(mode=0o660, exist_ok=False)
        self._lock = threading.RLock()
        self._connection = sqlite3.connect(
            path, timeout=_BUSY_S, isolation_level=None, check_same_thread=False
        )
        try:
            self._configure(limit_bytes)
            self._create(schema, upgrades)
        except sqlite3.Error:
            self._connection.close()
            raise

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
        with self.transaction() as db:
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
            return self._connection.execute(sql, values).fetchall()

    def used_bytes(self) -> int:
        """Bytes of the file that hold something; inside a transaction, what it will be then."""
        with self._lock:
            pages = self._pragma("page_count") - self._pragma("freelist_count")
            return pages * self._pragma("page_size")

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

"""A connection to PostgreSQL that comes back. Its commit means: on the server's disk, and on
that of the standby where there is a synchronous one."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg
from posture_tools.collector.postgres.dialect import Transaction, translated
from psycopg.conninfo import conninfo_to_dict
from psycopg.pq import TransactionStatus

from edge.errors import StoreFailed

# What a value of one message can do. Whatever else is of the server, the network or the tables.
OF_ONE_MESSAGE = (psycopg.DataError, psycopg.IntegrityError)
MAY_PASS = (psycopg.errors.DeadlockDetected, psycopg.errors.SerializationFailure)
# A server that was cut off must not hold a worker for the hours that TCP allows.
DEFAULTS: dict[str, Any] = {
    "application_name": "posture-collector",
    "connect_timeout": 5,
    "target_session_attrs": "read-write",
    "tcp_user_timeout": 10_000,
    "keepalives_idle": 5,
    "keepalives_interval": 5,
    "keepalives_count": 2,
}
_ROWS_AT_ONCE = 2_000


class PostgresDatabase:
    """One connection, shared by threads. Connects with the first use, and again after any trouble:
    with several hosts in the address, to the one that takes writes.

    address : a libpq connection string or URL. Passwords come from PGPASSFILE or a passfile in it.
    """

    def __init__(self, address: str) -> None:
        self._settings = {**DEFAULTS, **conninfo_to_dict(address)}
        self._lock = threading.RLock()
        self._connection: psycopg.Connection[tuple[Any, ...]] | None = None

    def _connect(self) -> psycopg.Connection[tuple[Any, ...]]:
        return psycopg.connect(autocommit=True, **self._settings)

    def _here(self) -> psycopg.Connection[tuple[Any, ...]]:
        if self._connection is None or self._connection.closed:
            self._connection = self._connect()
        return self._connection

    @contextmanager
    def _mended(self) -> Iterator[None]:
        """Errors in our words; a connection after one of the server is not used again.

        Raises
        ------
        psycopg.DataError, psycopg.IntegrityError : a value that the tables do not take.
        StoreFailed : all else. Nothing was changed.
        """
        try:
            yield
        except OF_ONE_MESSAGE:
            raise
        except MAY_PASS as problem:
            raise StoreFailed(f"Two workers waited for each other: {problem}.") from problem
        except psycopg.Error as problem:
            self.close()
            said = " ".join(str(problem).split())
            raise StoreFailed(
                f"The database cannot be used: {said}.",
                "Is it running, and is one of its hosts the primary?",
            ) from problem

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """Everything inside is committed together, or, if anything raises, not at all."""
        with self._lock, self._mended():
            connection = self._here()
            with connection.transaction():
                yield Transaction(connection)

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """What a query answers, all of it. Asked again where the server was started anew since the
        last question: the connection of before says so only now."""
        with self._lock:
            was_idle = self._is_idle()
            try:
                return self._rows(sql, values)
            except StoreFailed:
                if not was_idle:
                    raise
                return self._rows(sql, values)

    def _rows(self, sql: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
        with self._mended():
            found: list[tuple[Any, ...]] = Transaction(self._here()).execute(sql, values).fetchall()
        return found

    def _is_idle(self) -> bool:
        """Whether there is a connection from before, outside of a transaction."""
        if self._connection is None or self._connection.closed:
            return False
        return self._connection.info.transaction_status == TransactionStatus.IDLE

    def outside(self, sql: str) -> None:
        """What may stand in no transaction, as VACUUM."""
        with self._lock, self._mended():
            self._here().execute(sql)

    def each(self, sql: str, values: Sequence[Any] = ()) -> Iterator[tuple[Any, ...]]:
        """Row by row, on a connection of its own, so that nobody waits for the reader."""
        text, order = translated(sql)
        with self._mended():
            reader = self._connect()
        try:
            with self._mended(), reader.transaction(), reader.cursor("rows") as cursor:
                cursor.itersize = _ROWS_AT_ONCE
                cursor.execute(text, [values[place] for place in order])
                yield from cursor
        finally:
            reader.close()

    def close(self) -> None:
        with self._lock:
            if self._connection is not None:
                self._connection.close()

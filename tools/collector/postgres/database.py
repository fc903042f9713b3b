"""A connection to PostgreSQL that comes back. Its commit means: on the server's disk, and on
that of the standby where there is a synchronous one.

With several hosts in the address, the one that takes writes is used; if two do, that of the newer
timeline: the other was the primary once, and does not know that a standby was promoted.
"""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
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
    # What waits for a lock when its client has gone ends, or such would pile up at the server.
    "options": "-c client_connection_check_interval=10s",
}
_ROWS_AT_ONCE = 2_000
_NEWEST = "SELECT pg_walfile_name(pg_current_wal_lsn())"  # its first 8 digits are the timeline
# Cancelled while it waited for the standby, a commit is reported as done, with a warning from here.
_WAIT_FOR_STANDBY = "SyncRepWaitForLSN"


class PostgresDatabase:
    """One connection, shared by threads. Connects with the first use, and again after any trouble:
    with several hosts in the address, to the one that takes writes.

    address : a libpq connection string or URL. Passwords come from PGPASSFILE or a passfile in it.
    """

    def __init__(self, address: str) -> None:
        self._settings = {**DEFAULTS, **conninfo_to_dict(address)}
        self._hosts = _hosts(self._settings)
        self._used = self._hosts[0]
        self._lock = threading.RLock()
        self._connection: psycopg.Connection[tuple[Any, ...]] | None = None
        self._on_one_machine = False

    def _connect(self, host: dict[str, Any]) -> psycopg.Connection[tuple[Any, ...]]:
        return psycopg.connect(autocommit=True, **{**self._settings, **host})

    def _here(self) -> psycopg.Connection[tuple[Any, ...]]:
        if self._connection is None or self._connection.closed:
            self._connection = self._primary()
            self._connection.add_notice_handler(self._hear)
        return self._connection

    def _primary(self) -> psycopg.Connection[tuple[Any, ...]]:
        if len(self._hosts) == 1:
            return self._connect(self._hosts[0])
        found: list[tuple[str, dict[str, Any], psycopg.Connection[tuple[Any, ...]]]] = []
        problem: psycopg.Error | None = None
        for host in self._hosts:
            try:
                connection = self._connect(host)
                [newest] = connection.execute(_NEWEST).fetchone() or ("",)
                found.append((newest[:8], host, connection))
            except psycopg.Error as error:
                problem = problem or error
        if not found:
            assert problem is not None  # noqa: S101 - there is a host
            raise problem
        found.sort(key=lambda each: each[0])
        *others, (_, self._used, chosen) = found
        for _, _, connection in others:
            connection.close()
        return chosen

    def _hear(self, said: psycopg.errors.Diagnostic) -> None:
        self._on_one_machine |= said.source_function == _WAIT_FOR_STANDBY

    @contextmanager
    def cut_after(self, wait_s: float) -> Iterator[None]:
        """Context in which a server that does not answer for so long is hung up on. An old primary
        without a standby lets its clients wait for ever while another host may be the primary by
        now; what it did then was told to nobody."""
        if len(self._hosts) == 1:
            yield
            return
        with self._lock, self._mended():
            channel = os.dup(self._here().fileno())

        def hang_up() -> None:
            with suppress(OSError), socket.socket(fileno=os.dup(channel)) as line:
                line.shutdown(socket.SHUT_RDWR)

        timer = threading.Timer(wait_s, hang_up)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
            timer.join()
            os.close(channel)

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
            self._on_one_machine = False
            with connection.transaction():
                yield Transaction(connection)
            if self._on_one_machine:
                self.close()
                raise StoreFailed(
                    "Somebody ended the wait for the standby: the commit stands on one machine.",
                    "It is made again; mend the standby.",
                )

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
        with self._lock, self._mended():
            self._here()
            reader = self._connect(self._used)
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


def _hosts(settings: dict[str, Any]) -> list[dict[str, Any]]:
    """Host and port of each, as libpq reads lists of them."""
    names = str(settings.get("host", "")).split(",")
    ports = str(settings.get("port", "")).split(",")
    if len(names) == 1 or "hostaddr" in settings:
        return [{}]
    ports = ports if len(ports) == len(names) else ports * len(names)
    return [{"host": name, "port": port} for name, port in zip(names, ports, strict=False)]

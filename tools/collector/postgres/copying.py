"""From a SQLite store to an empty PostgreSQL one: every row, then counts and hashes of both."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from posture_tools.collector.month import Month, shifted
from posture_tools.collector.postgres import months
from posture_tools.collector.postgres.store import PostgresStore
from posture_tools.collector.sqlite.store import SqliteStore

from edge.errors import SettingsInvalid, StoreUnusable

_TYPES = {"text": "text", "bigint": "int8", "double precision": "float8", "bytea": "bytea"}
# Of PostgreSQL alone, or kept by its triggers.
_OWN = ("migration", "progress", "unclean", "seen_visit", "seen_origin", "seen_epoch")
_NUMBERED = ("audit", "dead_letter")
_EARLIEST = 2020  # years that a right clock can have shown


@dataclass(frozen=True, slots=True)
class Copied:
    """One table, as it is in both. digest : of its rows, whatever their order."""

    table: str
    rows: int
    digest: str


class _Sum:
    """Rows and a digest that does not ask for their order."""

    def __init__(self) -> None:
        self.rows = 0
        self._sum = 0

    def add(self, row: tuple[Any, ...]) -> None:
        self.rows += 1
        digest = hashlib.blake2b(repr(row).encode(), digest_size=32).digest()
        self._sum = (self._sum + int.from_bytes(digest, "big")) % 2**256

    @property
    def digest(self) -> str:
        return f"{self._sum:064x}"


def copy(source: SqliteStore, target: PostgresStore) -> Iterator[Copied]:
    """Copy everything while no collector can write to the source, then read it back and compare.

    A collector that runs meanwhile stores nothing and acknowledges nothing: its stations wait.

    Raises
    ------
    SettingsInvalid : the target holds something already.
    StoreUnusable : what was read back differs. Do not use the target.
    """
    tables = _tables(target)
    for table in tables:
        if target.rows(f"SELECT 1 FROM {table} LIMIT 1"):
            raise SettingsInvalid(f"The table {table} holds rows.", "Copy into a new database.")
    with source.transaction() as file:
        target.archive.take_over(source.archive)
        months.ensure(target.database, _months(source))
        said = {}
        with target.transaction() as db:
            for table, columns in tables.items():
                said[table] = _Sum()
                names = ", ".join(columns)
                with (
                    db.connection.cursor() as cursor,
                    cursor.copy(f"COPY {table} ({names}) FROM STDIN (FORMAT BINARY)") as out,
                ):
                    out.set_types(list(columns.values()))
                    for row in file.execute(f"SELECT {names} FROM {table}"):
                        said[table].add(row)
                        out.write_row(row)
            db.execute(
                "INSERT INTO progress SELECT site, station, epoch, MAX(seq) FROM ingest_key"
                " GROUP BY site, station, epoch"
            )
            for table in _NUMBERED:
                db.execute(
                    f"SELECT setval(pg_get_serial_sequence('{table}', 'number'),"
                    f" (SELECT COALESCE(MAX(number), 0) + 1 FROM {table}), false)"
                )
    known = set(target.erasures.entries())
    for entry in source.erasures.entries():
        if entry not in known:
            target.erasures.append(entry)
    for table, columns in tables.items():
        found = _Sum()
        for row in target.each(f"SELECT {', '.join(columns)} FROM {table}"):
            found.add(row)
        if (found.rows, found.digest) != (said[table].rows, said[table].digest):
            raise StoreUnusable(
                f"{table}: {said[table].rows} rows became {found.rows}, or other ones.",
                "Do not use this database; copy into a new one.",
            )
        yield Copied(table, found.rows, found.digest)


def _tables(target: PostgresStore) -> dict[str, dict[str, str]]:
    """Name -> column -> type as COPY wants it, without the parts of tables."""
    found: dict[str, dict[str, str]] = {}
    for table, column, kind in target.rows(
        "SELECT c.relname, a.attname, format_type(a.atttypid, NULL) FROM pg_class c"
        " JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped"
        " WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')"
        " AND NOT c.relispartition ORDER BY c.relname, a.attnum"
    ):
        if table not in _OWN:
            found.setdefault(table, {})[column] = _TYPES[kind]
    return found


def _months(source: SqliteStore) -> list[Month]:
    """The months with results that a right clock may have dated, and those that a worker will
    need."""
    today = datetime.now(UTC)
    last = shifted((today.year, today.month), 2)
    rows = source.rows(
        "SELECT DISTINCT strftime('%Y-%m', utc_ns / 1000000000, 'unixepoch') FROM result"
    )
    dated = {(int(said[:4]), int(said[5:])) for (said,) in rows}
    wanted = {month for month in dated if (_EARLIEST, 1) <= month <= last}
    return sorted(wanted.union(months.months_around(today)))

"""Bodies and measures lie in months of the station's own date, so that an old month can be closed.

Dates outside of all months go to `result_other` and `measure_other`: clocks are wrong. When a month
comes that such a clock was ahead of, its rows move to where they belong.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from posture_tools.collector.month import Month, bounds_ns, shifted
from posture_tools.collector.postgres.database import PostgresDatabase
from posture_tools.collector.postgres.dialect import Transaction

TABLES = ("result", "measure")
_LOCK = 0x6D6F6E74
# Not by to_regclass, which may remember that another worker's new table was not there.
_THERE = "SELECT 1 FROM pg_class WHERE relname = ? AND relnamespace = 'public'::regnamespace"
_BEFORE, _AHEAD = 1, 2


def months_around(when: datetime) -> Iterator[Month]:
    """The one before, this one, and two to come."""
    for away in range(-_BEFORE, _AHEAD + 1):
        yield shifted((when.year, when.month), away)


def ensure(database: PostgresDatabase, months: Iterable[Month]) -> list[str]:
    """Make the tables of these months that are not there; their names.

    Safe while workers write: they wait for one another, and the rows of a month that lie among the
    others move in the same transaction.
    """
    made = []
    for month in months:
        for table in TABLES:
            name = f"{table}_{month[0]:04}_{month[1]:02}"
            if not database.rows(_THERE, (name,)):
                with database.transaction() as db:
                    made += _make(db, table, name, *bounds_ns(month))
    return made


def _make(db: Transaction, table: str, name: str, first_ns: int, end_ns: int) -> list[str]:
    db.execute("SELECT pg_advisory_xact_lock(?)", (_LOCK,))
    if db.execute(_THERE, (name,)).fetchone():
        return []  # another worker was faster
    db.execute(f"LOCK TABLE {table}_other IN ACCESS EXCLUSIVE MODE")
    db.execute(f"CREATE TABLE {name} (LIKE {table} INCLUDING ALL)")
    db.execute(
        f"WITH moved AS (DELETE FROM {table}_other WHERE utc_ns >= ? AND utc_ns < ? RETURNING *)"
        f" INSERT INTO {name} SELECT * FROM moved",
        (first_ns, end_ns),
    )
    db.execute(
        f"ALTER TABLE {table} ATTACH PARTITION {name} FOR VALUES FROM ({first_ns}) TO ({end_ns})"
    )
    return [name]

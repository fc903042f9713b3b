"""Archive months: bodies and seals go from the tables into files.

A month is written beside, flushed, registered, and only then emptied in the tables, in small
transactions, so that intake goes on. A result goes when both its own date and its arrival are old
enough: a station whose clock was wrong has said something new about an old day.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from posture_tools.collector.archive.cleaning import clean_held, foreign, registered
from posture_tools.collector.archive.files import Row, require_parquet, write_file
from posture_tools.collector.month import Month, bounds_ns, month_of, shifted
from posture_tools.collector.store import Store

from edge.errors import StoreUnusable

_OPEN = (
    " FROM result r JOIN ingest_key k ON k.site = r.site AND k.station = r.station"
    " AND k.epoch = r.epoch AND k.seq = r.seq"
    " WHERE r.utc_ns >= ? AND r.utc_ns < ? AND LENGTH(r.body) > 0 AND k.received_at < ?"
)
_OF_KEY = ("received_at", "body_sha256", "prev_sha256")
_COLUMNS = ", ".join(f"{'k' if name in _OF_KEY else 'r'}.{name}" for name in Row._fields)
_ORDER = " ORDER BY r.site, r.station, r.utc_ns, r.epoch, r.seq"


@dataclass(frozen=True, slots=True)
class Archived:
    """One file that was made. size_bytes : of it."""

    name: str
    results: int
    size_bytes: int


def archive_months(store: Store, keep_months: int, today: datetime) -> Iterator[Archived]:
    """Archive every month before the last `keep_months` whole ones.

    Raises
    ------
    PartMissing : pyarrow is. StoreFailed : another program is at it.
    StoreUnusable : a file does not hold what was written into it, and the tables still do; or it
        is not of this store.
    """
    require_parquet()
    end = shifted((today.year, today.month), -keep_months)
    _, before_ns = bounds_ns(shifted(end, -1))
    before = f"{end[0]:04}-{end[1]:02}-01T00:00:00.000Z"
    with store.archive.held():
        clean_held(store)
        if unknown := foreign(store):
            raise StoreUnusable(
                f"{store.archive.path / unknown[0]} is not of this store; was a backup restored?",
                f"Bring it back first: `posture-collector store reopen {unknown[0]}`.",
            )
        from_ns = 0
        while (month := _next_month(store, from_ns, before_ns, before)) is not None:
            yield _archive(store, month, before)
            _, from_ns = bounds_ns(month)
    store.traces(())  # PostgreSQL gives the room back


def _next_month(store: Store, from_ns: int, before_ns: int, before: str) -> Month | None:
    [(first,)] = store.rows(f"SELECT MIN(r.utc_ns){_OPEN}", (from_ns, before_ns, before))
    return None if first is None else month_of(first)


def _archive(store: Store, month: Month, before: str) -> Archived:
    name = store.archive.free_name(month, registered(store))
    bounds = bounds_ns(month)
    rows = (Row(*row) for row in store.each(f"SELECT {_COLUMNS}{_OPEN}{_ORDER}", (*bounds, before)))
    count = write_file(store.archive.new(name), rows)
    size_bytes = store.archive.new(name).stat().st_size
    with store.transaction() as db:  # unclean: nobody has looked who was erased meanwhile
        db.execute("INSERT INTO archive_file VALUES (?, ?, ?, 1)", (name, *bounds))
    store.archive.publish(name)
    clean_held(store)
    return Archived(name, count, size_bytes)

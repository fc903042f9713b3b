"""What the tables of a glance must hold, by counting everything."""

from __future__ import annotations

from posture_tools.collector.store import Store

COUNTED = {
    "seen_visit": "SELECT site, station, session, MIN(screened_ns), COUNT(*) FROM screening"
    " GROUP BY site, station, session",
    "seen_origin": "SELECT site, station, origin, COUNT(*) FROM result"
    " GROUP BY site, station, origin",
    "seen_epoch": "SELECT site, station, epoch, COUNT(*), MAX(seq) FROM ingest_key"
    " GROUP BY site, station, epoch",
}


def as_counted(store: Store) -> None:
    for table, sql in COUNTED.items():
        what = "results > 0" if table == "seen_origin" else "1 = 1"
        found = store.rows(f"SELECT * FROM {table} WHERE {what}")  # noqa: S608
        assert sorted(found) == sorted(store.rows(sql)), table

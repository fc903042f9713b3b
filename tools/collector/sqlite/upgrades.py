"""Stores of older collectors, brought up to date where they lie, in one transaction."""

from __future__ import annotations

import sqlite3
from contextlib import suppress
from importlib import resources

from posture_tools.collector import facts, visits
from posture_tools.collector.intake import Key

from edge.errors import MessageRefused
from edge.wire.codec import decode, decode_result
from edge.wire.event import Event


def _with_desired(db: sqlite3.Connection) -> None:
    """Version 2: what an operator wants of a station. Some files of version 1 have it already."""
    if "desired" not in {column for _, column, *_ in db.execute("PRAGMA table_info(station)")}:
        db.execute("ALTER TABLE station ADD COLUMN desired BLOB NOT NULL DEFAULT x''")


_OLD = ("ingest_key", "result", "event", "gap", "ingest_conflict", "dead_letter", "station")
# The site of a row that did not say it: of another message of its epoch, for an epoch is one
# outbox's, else of the station.
_SITE = (
    "COALESCE((SELECT site FROM epoch_site e WHERE e.station = o.station AND e.epoch = o.epoch),"
    " (SELECT site FROM old_station s WHERE s.station = o.station), '')"
)


def _with_sites(db: sqlite3.Connection) -> None:
    """Version 3: keys with the site, hashes of the chain, seals.

    It makes the tables as they were then: store_3.sql.
    """
    db.execute("DROP VIEW screening")
    db.execute("DROP INDEX result_session")
    db.execute("DROP INDEX event_boot")
    db.execute("DROP TABLE progress")
    for table in _OLD:
        db.execute(f"ALTER TABLE {table} RENAME TO old_{table}")
    _run(db, "store_3.sql")
    db.execute(
        "CREATE TEMP TABLE epoch_site AS SELECT station, epoch, MIN(site) AS site FROM ("
        " SELECT station, epoch, site FROM old_result UNION ALL SELECT station, epoch,"
        " json_extract(CAST(body AS TEXT), '$.site') FROM old_event) GROUP BY station, epoch"
    )
    db.execute("CREATE INDEX temp.epoch_site_key ON epoch_site (station, epoch)")
    previous = "json_extract(CAST(b.body AS TEXT), '$.prev_sha256')"
    db.execute(
        f"INSERT INTO ingest_key SELECT {_SITE}, o.station, o.epoch, o.seq, o.fate, o.body_sha256,"  # noqa: S608
        f" COALESCE((SELECT {previous} FROM old_result b WHERE b.station = o.station"
        "  AND b.epoch = o.epoch AND b.seq = o.seq),"
        f" (SELECT {previous} FROM old_event b WHERE b.station = o.station"
        "  AND b.epoch = o.epoch AND b.seq = o.seq), ''), '', o.received_at FROM old_ingest_key o"
    )
    db.execute(
        "UPDATE ingest_key SET link = COALESCE((SELECT"
        " CASE WHEN b.body_sha256 = ingest_key.prev_sha256 THEN 'ok' ELSE 'broken' END"
        " FROM ingest_key b WHERE b.site = ingest_key.site AND b.station = ingest_key.station"
        " AND b.epoch = ingest_key.epoch AND b.seq = ingest_key.seq - 1 AND b.body_sha256 <> ''),"
        " '') WHERE prev_sha256 <> ''"
    )
    db.execute(
        "INSERT INTO result SELECT site, station, epoch, seq, kind, session, view,"
        " utc_ns, clock_state, boot_id, boottime_ns,"
        " COALESCE(json_extract(CAST(body AS TEXT), '$.origin'), 'unknown'), body, x''"
        " FROM old_result"
    )
    db.execute(
        f"INSERT INTO event SELECT {_SITE}, station, epoch, seq, kind,"  # noqa: S608
        " utc_ns, clock_state, boot_id, boottime_ns, body, x'' FROM old_event o"
    )
    db.execute(
        f"INSERT INTO gap SELECT {_SITE}, station, epoch, first, last, 'outbox_limit'"  # noqa: S608
        " FROM old_gap o"
    )
    db.execute(
        f"INSERT INTO ingest_conflict SELECT {_SITE}, station, epoch, seq, body_sha256, body, x'',"  # noqa: S608
        " received_at, '' FROM old_ingest_conflict o"
    )
    db.execute(
        "INSERT INTO dead_letter (topic, body_sha256, site, station, epoch, seq, vouched, code,"  # noqa: S608
        f" problem, body, received_at) SELECT topic, body_sha256, {_SITE}, station, epoch, seq,"
        " seq > 0, code, problem, body, received_at FROM old_dead_letter o"
    )
    db.execute(
        "INSERT INTO station SELECT site, station, seen_at, online, state, birth, health, desired,"
        " '', 0, '', '' FROM old_station"
    )
    for table in _OLD:
        db.execute(f"DROP TABLE old_{table}")
    db.execute("DROP TABLE epoch_site")
    _fill(db)


def _fill(db: sqlite3.Connection) -> None:
    """Measures and visits out of the bodies. What this collector cannot read stays a body."""
    for *name, utc_ns, body in db.execute(
        "SELECT site, station, epoch, seq, utc_ns, body FROM result"
    ).fetchall():
        with suppress(MessageRefused):
            facts.insert(db, Key(*name), decode_result(body), utc_ns)
    for *name, body in db.execute(
        "SELECT site, station, epoch, seq, body FROM event WHERE kind = 'consent'"
    ).fetchall():
        with suppress(MessageRefused):
            visits.take_consent(db, Key(*name), decode(body, Event))


def _with_archive(db: sqlite3.Connection) -> None:
    """Version 4: files of archived months. Version 3 may have been made with it just now."""
    db.execute(
        "CREATE TABLE IF NOT EXISTS archive_file (name TEXT PRIMARY KEY, first_ns INTEGER NOT NULL,"
        " end_ns INTEGER NOT NULL, unclean INTEGER NOT NULL) STRICT, WITHOUT ROWID"
    )


_WEBHOOKS = (
    "webhook_host (host TEXT PRIMARY KEY)",
    "webhook (name TEXT PRIMARY KEY, url TEXT NOT NULL, secret TEXT NOT NULL, sites TEXT NOT NULL,"
    " due_ns INTEGER NOT NULL, problem TEXT NOT NULL)",
    "webhook_delivery (hook TEXT NOT NULL, site TEXT NOT NULL, station TEXT NOT NULL,"
    " epoch TEXT NOT NULL, seq INTEGER NOT NULL, queued_ns INTEGER NOT NULL,"
    " tries INTEGER NOT NULL, due_ns INTEGER NOT NULL, dead INTEGER NOT NULL,"
    " problem TEXT NOT NULL, PRIMARY KEY (hook, site, station, epoch, seq))",
)


def _with_webhooks(db: sqlite3.Connection) -> None:
    """Version 5: hooks, and what waits for them."""
    for table in _WEBHOOKS:
        db.execute(f"CREATE TABLE IF NOT EXISTS {table} STRICT, WITHOUT ROWID")
    db.execute(
        "CREATE INDEX IF NOT EXISTS webhook_delivery_due ON webhook_delivery (hook, dead, due_ns)"
    )


def _with_seen(db: sqlite3.Connection) -> None:
    """Version 6: what is seen at a glance, so that pages need not count."""
    _run(db, "to_6.sql")


def _with_lately(db: sqlite3.Connection) -> None:
    """Version 7: what became of hooks and stations lately."""
    _run(db, "to_7.sql")


def _run(db: sqlite3.Connection, name: str) -> None:
    text = resources.files("posture_tools.collector.sqlite").joinpath(name).read_text("utf-8")
    for statement in text.split(";\n"):
        db.execute(statement)


UPGRADES = (
    _with_desired, _with_sites, _with_archive, _with_webhooks, _with_seen, _with_lately,
)  # fmt: skip

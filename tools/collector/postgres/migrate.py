"""From an older database to today's tables, step by step, while workers go on."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from importlib import resources

from posture_tools.collector.body import now
from posture_tools.collector.postgres.database import PostgresDatabase

from edge.errors import StoreUnusable

_LOCK = 0x706F7374  # one migrates at a time
# A step that waits for a long reader makes every worker wait behind it: it gives up.
_PATIENCE = "5s"


def steps() -> list[tuple[int, str, str]]:
    """Number, name and SQL of each, in order."""
    folder = resources.files("posture_tools.collector.postgres.migrations")
    files = sorted((f for f in folder.iterdir() if f.name.endswith(".sql")), key=lambda f: f.name)
    return [(int(f.name[:4]), f.name[5:-4], f.read_text("utf-8")) for f in files]


def migrate(database: PostgresDatabase) -> Iterator[str]:
    """Make the steps that are missing, each in a transaction of its own; yields its name.

    Raises
    ------
    StoreUnusable : a newer collector has migrated it, or a step is not the one that was made.
    StoreFailed : the server; what was yielded is made and stays.
    """
    with database.transaction() as db:
        db.execute("SELECT pg_advisory_xact_lock(?)", (_LOCK,))
        db.execute(
            "CREATE TABLE IF NOT EXISTS migration (number BIGINT PRIMARY KEY, name TEXT NOT NULL,"
            " sha256 TEXT NOT NULL, made_at TEXT NOT NULL)"
        )
    for number, name, sql in steps():
        with database.transaction() as db:
            db.execute("SELECT pg_advisory_xact_lock(?)", (_LOCK,))
            if number in _made(database):
                continue
            db.execute(f"SET LOCAL lock_timeout = '{_PATIENCE}'")
            db.connection.execute(sql)
            values = (number, name, _digest(sql), now())
            db.execute("INSERT INTO migration VALUES (?, ?, ?, ?)", values)
        yield f"{number:04} {name}"
    check_version(database)


def check_version(database: PostgresDatabase) -> None:
    """Raise StoreUnusable where the tables are not exactly today's."""
    [(there,)] = database.rows("SELECT COUNT(*) FROM pg_class WHERE oid = to_regclass('migration')")
    made = _made(database) if there else {}
    wanted = {number: _digest(sql) for number, _, sql in steps()}
    if made.keys() - wanted.keys():
        raise StoreUnusable("The database is of a newer collector.", "Use that version.")
    if any(wanted[number] != sha256 for number, sha256 in made.items()):
        raise StoreUnusable("The database was made by other steps than this version's.")
    if wanted.keys() - made.keys():
        raise StoreUnusable(
            "The database lacks tables of this version.", "Run `posture-collector store migrate`."
        )


def _made(database: PostgresDatabase) -> dict[int, str]:
    return dict(database.rows("SELECT number, sha256 FROM migration"))


def _digest(sql: str) -> str:
    return hashlib.sha256(sql.encode()).hexdigest()

"""The file of a station's or collector's tables."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from edge.wire.database import Database

SECRET = b"a name that was erased"


def test_after_a_vacuum_what_was_erased_stands_in_neither_file_nor_log(tmp_path: Path) -> None:
    path = tmp_path / "tables.db"
    database = Database(path, "CREATE TABLE kept (body BLOB)", None, ())
    with database.transaction() as db:
        db.execute("INSERT INTO kept VALUES (?)", (SECRET,))
    with database.transaction() as db:
        db.execute("DELETE FROM kept")
    database.vacuum()
    files = [path, *tmp_path.glob("tables.db-*")]
    assert [each.name for each in files if SECRET in each.read_bytes()] == []
    log = path.with_name("tables.db-wal")
    assert log.stat().st_size == 0, "it is in the file, not only in the log"
    database.close()
    with closing(sqlite3.connect(path)) as db, db:
        assert db.execute("SELECT COUNT(*) FROM kept").fetchone() == (0,)
    db.close()

"""Outboxes that a release which was rolled back has left behind, and a person in them.

Their tables may be of a form that this release does not know. So whole rows go: those in which a
word of the person stands. Who delivers such an outbox later shows their numbers as missing.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import msgspec

from edge.errors import NOT_JSON

FILES = "outbox-kept-*/outbox.db"  # as software/kept_outbox.py names them
_UNREADABLE = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_PARTS = ("", "-wal", "-shm")


def sessions_of(path: Path, code: str) -> tuple[str, ...]:
    """The sessions whose consent in this file names the code; none where it cannot be read."""
    found: list[str] = []
    with suppress(sqlite3.Error), closing(sqlite3.connect(path)) as db:
        for table, where, names in _tables(db):
            query = f"SELECT * FROM {table} WHERE {where}"  # noqa: S608  names from the schema
            for row in db.execute(query, [f'"{code}"'.encode()] * names):
                found.extend(filter(None, (_consented(value, code) for value in row)))
    return tuple(dict.fromkeys(found))


def forget(path: Path, words: Collection[str]) -> None:
    """Take every row out in which one of the words stands, and leave no byte of it in the file.

    A file that is no database any more goes whole: nobody can take a word out of that. One that
    is in use or must not be written stays, and a search finds the words in it.
    """
    try:
        with closing(sqlite3.connect(path)) as db:
            with db:
                for table, where, names in list(_tables(db)):
                    db.executemany(
                        f"DELETE FROM {table} WHERE {where}",  # noqa: S608
                        [[word.encode()] * names for word in words],
                    )
            db.execute("VACUUM")  # what was deleted earlier stands in free pages
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    except sqlite3.DatabaseError as error:
        if getattr(error, "sqlite_errorcode", 0) & 0xFF in _UNREADABLE:
            for part in _PARTS:
                path.with_name(path.name + part).unlink(missing_ok=True)


def _tables(db: sqlite3.Connection) -> Iterator[tuple[str, str, int]]:
    """Each table, a condition that is true where one of its columns holds the value ?, and how many
    ? the condition has."""
    made = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
    for (table,) in db.execute(made).fetchall():
        about = db.execute("SELECT name FROM pragma_table_info(?)", (table,))
        columns = [_quoted(column) for (column,) in about]
        where = " OR ".join(f"instr(CAST({column} AS BLOB), ?) > 0" for column in columns)
        yield _quoted(table), where, len(columns)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _consented(value: Any, code: str) -> str:
    """The session of a consent event; "" where that is none, or of another code."""
    try:
        said = msgspec.json.decode(value) if isinstance(value, (bytes, str)) else None
    except NOT_JSON:
        return ""
    data = said.get("data") if isinstance(said, dict) else None
    if not isinstance(data, dict) or data.get("code") != code:
        return ""
    session = data.get("session")
    return session if isinstance(session, str) else ""

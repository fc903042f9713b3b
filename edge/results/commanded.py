"""Which commands were taken: each number acts once, also through a power cut in the middle."""

from __future__ import annotations

import sqlite3

from edge.errors import MessageRefused

_KEPT = 256


def begin(db: sqlite3.Connection, number: int, sha256: str, *, again: bool = False) -> bytes | None:
    """Note a command before it is carried out; the answer, if it was carried out before.

    again : it may be carried out as often as it comes: doing it twice is doing it once.

    Raises
    ------
    MessageRefused : older than all that are kept, or another command under a known number, or one
        that broke off: whether it acted, nobody knows.
    """
    if again:
        return None
    known = db.execute("SELECT sha256, answer FROM command WHERE number = ?", (number,)).fetchone()
    if known is None:
        oldest, count = db.execute("SELECT MIN(number), COUNT(*) FROM command").fetchone()
        if count >= _KEPT and number < oldest:
            raise MessageRefused(f"command {number} is older than the last {_KEPT}.")
        db.execute("INSERT INTO command VALUES (?, ?, x'')", (number, sha256))
        db.execute(
            "DELETE FROM command WHERE number NOT IN"
            " (SELECT number FROM command ORDER BY number DESC LIMIT ?)",
            (_KEPT,),
        )
        return None
    if known[0] != sha256:
        raise MessageRefused(f"number {number} was another command's.")
    if not known[1]:
        raise MessageRefused(f"command {number} broke off; send it under a new number.")
    return bytes(known[1])


def end(db: sqlite3.Connection, number: int, answer: bytes) -> None:
    """Keep the answer, for the same command may come again."""
    db.execute("UPDATE command SET answer = ? WHERE number = ?", (answer, number))

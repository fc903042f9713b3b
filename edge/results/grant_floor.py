"""The highest serial of a grant that this station has seen of a role: none below it is obeyed."""

from __future__ import annotations

import sqlite3

from edge.wire.database import Database
from edge.wire.grant import Granted


def floor(database: Database, role: Granted) -> int:
    """0 where no grant of the role was seen."""
    rows = database.rows("SELECT serial FROM grant_floor WHERE role = ?", (role,))
    return int(rows[0][0]) if rows else 0


def raise_floor(db: sqlite3.Connection, role: Granted, serial: int) -> None:
    """Keep a higher one, before anything is obeyed that was signed under it."""
    db.execute(
        "INSERT INTO grant_floor VALUES (?, ?) ON CONFLICT (role)"
        " DO UPDATE SET serial = MAX(serial, excluded.serial)",
        (role, serial),
    )

"""Which body a store has: a file is SQLite's, an address is PostgreSQL's."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from posture_tools.collector.sqlite.store import SqliteStore
from posture_tools.collector.store import Store

from edge.errors import PartMissing

Where = Path | str  # a file, or the address of a database
STATE = Path.home() / ".local" / "state" / "posture-collector"


def where(said: str) -> Where:
    """The store that somebody named: `postgresql://...` is an address, anything else a file."""
    return said if said.startswith(("postgresql://", "postgres://")) else Path(said)


def open_store(at: Where) -> Store:
    """The store at a file's path, made where there is none, or at a database's address.

    Raises
    ------
    StoreUnusable : it cannot be opened, or must be migrated first.
    PartMissing : PostgreSQL is asked for, and psycopg is not installed.

    Examples
    --------
    >>> import tempfile
    >>> folder = tempfile.TemporaryDirectory()
    >>> with open_store(where(f"{folder.name}/collector.db")) as store:
    ...     store.rows("SELECT count(*) FROM result")
    [(0,)]
    >>> folder.cleanup()
    """
    if isinstance(at, Path):
        return SqliteStore(at)
    require_postgres()
    from posture_tools.collector.postgres.store import PostgresStore

    return PostgresStore(at, STATE / "postgresql.erasures")


def require_postgres() -> None:
    """Raise PartMissing where psycopg is not installed."""
    if importlib.util.find_spec("psycopg") is None:
        raise PartMissing(
            "A PostgreSQL store needs the package psycopg.",
            "Install it: `pip install 'posture-station[postgres]'`.",
        )

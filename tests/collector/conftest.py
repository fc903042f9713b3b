"""The same tests on both bodies of the store: a file, and a real PostgreSQL server."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator

import pytest
from conftest import missing
from posture_tools.collector.postgres.store import PostgresStore
from posture_tools.collector.sqlite.store import SqliteStore
from posture_tools.collector.store import Store
from simulators.postgres import Postgres, find_postgres


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    programs = find_postgres()
    if programs is None:
        missing("the program initdb (Debian package postgresql)")
    assert programs is not None
    # What these tests ask of the disk, one of their own asks with fsync on.
    with Postgres(programs, "fsync=off", "full_page_writes=off") as server:
        yield server


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def new_store(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[], Store]:
    """Makes an empty store, another with each call."""
    numbers = itertools.count()
    folder = tmp_path_factory.mktemp("stores")
    if request.param == "sqlite":
        return lambda: SqliteStore(folder / f"collector-{next(numbers)}.db")
    server: Postgres = request.getfixturevalue("postgres")
    return lambda: PostgresStore(server.database(), folder / f"{next(numbers)}.erasures")


@pytest.fixture
def store(new_store: Callable[[], Store]) -> Iterator[Store]:
    with new_store() as opened:
        yield opened

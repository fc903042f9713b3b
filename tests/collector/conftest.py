"""The same tests on both bodies of the store: a file, and a real PostgreSQL server."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator

import pytest
from posture_tools.collector.postgres.store import PostgresStore
from posture_tools.collector.sqlite.store import SqliteStore
from posture_tools.collector.store import Store
from simulators.postgres import Postgres


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

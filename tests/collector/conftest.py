"""Broker and store of the collector's tests: a real mosquitto, and either body of the store, a file
or a real PostgreSQL server."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from posture_tools.collector.postgres.store import PostgresStore
from posture_tools.collector.sqlite.store import SqliteStore
from posture_tools.collector.store import Store
from simulators.mosquitto import Mosquitto
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


@pytest.fixture
def file_store(tmp_path: Path) -> Iterator[SqliteStore]:
    """The file alone, where the body of the store makes no difference."""
    with SqliteStore(tmp_path / "collector.db") as opened:
        yield opened


@pytest.fixture
def broker(tmp_path: Path, mosquitto: str) -> Iterator[Mosquitto]:
    with Mosquitto(mosquitto, tmp_path / "broker") as running:
        yield running

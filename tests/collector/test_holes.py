"""Numbers that never came, and a server that is not there."""

from __future__ import annotations

from pathlib import Path

import pytest
from posture_tools.collector.postgres.store import PostgresStore
from posture_tools.collector.report import fleet
from posture_tools.collector.sqlite.store import SqliteStore
from simulators.arrived import messages

from edge.errors import StoreFailed


def test_what_is_missing_is_counted_and_nothing_else(tmp_path: Path) -> None:
    first, second, third = messages(tmp_path, 3)
    with SqliteStore(tmp_path / "collector.db") as store:
        store.ingest([first, third])
        [station] = fleet(store)
        assert (station.missing, station.lost) == (1, 0)
        store.ingest([second])
        [station] = fleet(store)
        assert (station.missing, station.lost, station.broken) == (0, 0, 0)
        assert (station.rejected, station.conflicts) == (0, 0)


def test_of_two_servers_that_are_away_the_first_is_named(tmp_path: Path) -> None:
    nobody = "postgresql://127.0.0.1:1,127.0.0.1:2/posture"
    with pytest.raises(StoreFailed, match="port 1 failed"):
        PostgresStore(nobody, tmp_path / "erasures")

"""What a worker serves for Prometheus, asked over HTTP."""

from __future__ import annotations

import socket
import sqlite3
import time
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from pathlib import Path

import pytest
from conftest import missing
from posture_tools.collector.metrics import Metrics
from posture_tools.collector.sqlite.store import SqliteStore
from posture_tools.collector.store import Outcome

from edge.errors import SettingsInvalid
from edge.wire.codec import encode
from edge.wire.envelope import Time
from edge.wire.presence import Health


def health(oldest_age_s: float) -> Health:
    return Health(
        t=Time("2026-03-01T08:00:00.000Z", "synced", "b", 1), accepted=9, waiting=1,
        waiting_bytes=0, oldest_age_s=oldest_age_s, quarantined=0, dropped=0, problem="", vitals={},
    )  # fmt: skip


class Served:
    """Metrics on a port of this machine. figures : what they say now."""

    def __init__(self) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.address = f"127.0.0.1:{probe.getsockname()[1]}"
        self.metrics = Metrics(self.address)

    def figures(self) -> dict[str, float]:
        with urllib.request.urlopen(f"http://{self.address}/metrics", timeout=20) as answer:
            lines = answer.read().decode().splitlines()
        pairs = (line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
        return {name: float(figure) for name, figure in pairs}


@pytest.fixture
def served() -> Iterator[Served]:
    if find_spec("prometheus_client") is None:
        missing("the package prometheus-client")
    yield (found := Served())
    found.metrics.close()


def test_figures_of_the_site_are_those_of_its_stations_alone(
    served: Served, tmp_path: Path
) -> None:
    now = datetime.now(UTC)

    def row(site: str, station: str, ago: timedelta, online: int, twice_at: str = "") -> None:
        at = (now - ago).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        body = encode(health(0.0))
        store.change(
            lambda db: db.execute(
                "INSERT INTO station VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (site, station, at, online, b"", body, b"", b"", "", 0, "", twice_at),
            )
        )

    with SqliteStore(tmp_path / "collector.db") as store:
        row("north", "hall-1", timedelta(), 1)
        row("north", "hall-2", timedelta(), 1, "2026-03-01T08:00:00.000Z")
        row("north", "hall-3", timedelta(), 1)
        row("north", "hall-4", timedelta(hours=1), 1)  # it says nothing any more
        row("north", "hall-5", timedelta(), 0)
        row("south", "hall-1", timedelta(), 1)
        served.metrics.watch(SqliteStore(tmp_path / "collector.db"), "north")
        served.metrics.health("hall-1", health(7.0))
        served.metrics.health("hall-2", health(41.5))
        served.metrics.health("hall-2", health(19.0))  # its last word counts
        told = served.figures()
    assert told['posture_stations{state="speaking"}'] == 3.0
    assert told['posture_stations{state="silent"}'] == 2.0
    assert told["posture_stations_twice"] == 1.0
    assert told["posture_oldest_result_seconds"] == 19.0
    assert told["posture_conflicts_open"] == told["posture_dead_letters"] == 0.0


def test_a_worker_counts_what_it_commits_and_when(served: Served) -> None:
    before = served.figures()
    assert before['posture_messages_total{outcome="conflict"}'] == 0.0
    assert before["posture_last_commit_seconds"] == 0.0
    began = time.time()
    served.metrics.committed(Outcome(duplicates=3, conflicts=1, dead=2, took_s=0.3))
    served.metrics.problem()
    served.metrics.ready("a:1883")
    served.metrics.ready("b:1883")
    served.metrics.away("b:1883")
    told = served.figures()
    for outcome, count in (("stored", 0), ("duplicate", 3), ("conflict", 1), ("dead", 2)):
        assert told[f'posture_messages_total{{outcome="{outcome}"}}'] == count
    assert began <= told["posture_last_commit_seconds"] <= time.time()
    assert told['posture_commit_seconds_bucket{le="0.25"}'] == 0.0
    assert told['posture_commit_seconds_bucket{le="0.5"}'] == 1.0
    assert told["posture_problems_total"] == 1.0
    assert told['posture_broker_connected{broker="a:1883"}'] == 1.0
    assert told['posture_broker_connected{broker="b:1883"}'] == 0.0


def test_who_stops_serving_lets_go_of_store_and_address(tmp_path: Path) -> None:
    if find_spec("prometheus_client") is None:
        missing("the package prometheus-client")
    served = Served()
    store = SqliteStore(tmp_path / "collector.db")
    served.metrics.watch(store, "north")
    with pytest.raises(SettingsInvalid, match="cannot be served"):
        Metrics(served.address)
    served.metrics.close()
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        store.rows("SELECT 1")
    Metrics(served.address).close()

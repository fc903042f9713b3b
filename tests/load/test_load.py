"""The load generator against a real broker and collector: it counts what the store counts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from posture_tools.collector.broker import free_port
from posture_tools.collector.sqlite.store import SqliteStore
from posture_tools.load.__main__ import main
from posture_tools.load.sizes import Costs, size
from simulators.children import collector
from simulators.mosquitto import Mosquitto
from simulators.waiting import eventually


@pytest.mark.broker
@pytest.mark.timeout(240)
def test_every_result_is_answered_through_an_outage_and_nothing_false_is(
    tmp_path: Path, mosquitto: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "collector.db"
    with Mosquitto(mosquitto, tmp_path / "broker") as broker:
        child = collector(path, broker.port)
        try:
            eventually(lambda: bool(child.lines), within_s=60)
            status = main(
                ["run", "--broker", f"127.0.0.1:{broker.port}", "--site", "north", "--stations",
                 "10", "--each", "8", "--connections", "2", "--outage", "1", "--malice", "0.3",
                 "--wrong-clocks", "0.5", "--json"]
            )  # fmt: skip
        finally:
            child.kill()
    said = json.loads(capsys.readouterr().out)
    assert status == 0
    assert (said["sent"], said["answered"], said["unanswered"]) == (80, 80, 0)
    assert said["false"] > 0
    assert said["false_taken"] == 0
    with SqliteStore(path) as store:
        assert store.rows("SELECT COUNT(*) FROM result") == [(80,)]
        assert store.rows("SELECT DISTINCT link FROM ingest_key") == [("ok",)]
        assert store.rows("SELECT COUNT(*) FROM measure") == [(80 * 24,)]
        years = {
            1970 + ns // (365 * 86_400 * 10**9) for (ns,) in store.rows("SELECT utc_ns FROM result")
        }
        assert len(years) > 1, "clocks were wrong"


@pytest.mark.broker
@pytest.mark.timeout(240)
def test_prepared_results_and_held_connections(
    tmp_path: Path, mosquitto: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "collector.db"
    with Mosquitto(mosquitto, tmp_path / "broker") as broker:
        child = collector(path, broker.port)
        try:
            eventually(lambda: bool(child.lines), within_s=60)
            at = ["--broker", f"127.0.0.1:{broker.port}", "--site", "north", "--json"]
            assert main(["run", *at, "--stations", "5", "--each", "4", "--prepared",
                         "--process", f"worker={child.pid}"]) == 0  # fmt: skip
            said = json.loads(capsys.readouterr().out)
            assert (said["sent"], said["answered"]) == (20, 20)
            assert said["worker_mb"] > 10
            assert main(["connect", *at, "--count", "30", "--hold", "0.5",
                         "--process", f"broker={broker.pid}"]) == 0  # fmt: skip
            said = json.loads(capsys.readouterr().out)
            assert (said["connected"], said["held"], said["failed"]) == (30, 30, 0)
            broker.configure("max_connections 10")
            broker.kill()
            broker.start()
            assert main(["connect", *at, "--count", "30", "--hold", "0.1"]) == 1
            said = json.loads(capsys.readouterr().out)
            assert said["held"] < 30
        finally:
            child.kill()
    with SqliteStore(path) as store:
        assert store.rows("SELECT COUNT(*) FROM result") == [(25,)], "one each before the clock"


def test_a_broker_that_is_not_there_ends_it_after_its_patience(
    capsys: pytest.CaptureFixture[str],
) -> None:
    words = ["run", "--broker", f"127.0.0.1:{free_port()}", "--stations", "2", "--each", "1",
             "--connections", "1", "--patience", "0.5"]  # fmt: skip
    assert main(words) == 1
    assert "No broker at 127.0.0.1" in capsys.readouterr().err


def test_more_connections_than_files_may_be_open_are_refused_before_the_first(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("posture_tools.load.connecting.resource.getrlimit", lambda _: (1024, 4096))
    assert main(["connect", "--count", "10000", "--hold", "0"]) == 2
    assert "10200 are needed" in capsys.readouterr().err


def test_the_arithmetic_of_a_large_site() -> None:
    one = size(100_000, 200, Costs(0.25, 0.1, 0.03, 2.0), 20_000)
    assert (round(one.mean_hz), round(one.peak_hz), round(one.health_hz)) == (231, 1157, 1667)
    assert (one.workers, one.brokers) == (2, 5)
    assert round(one.year_gb) == 14_600
    dearer = size(100_000, 200, Costs(2.5, 0.1, 0.03, 2.0), 20_000)
    assert dearer.workers == 6

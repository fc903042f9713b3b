"""The command line of the collector and its brokers, as a user meets them."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from conftest import missing
from posture_tools.collector import broker as brokers
from posture_tools.collector.__main__ import main
from posture_tools.collector.intake import Incoming, examine
from posture_tools.collector.report import SILENT_AFTER, fleet
from posture_tools.collector.sqlite.store import SqliteStore
from simulators.assessments import assessment
from simulators.children import Child
from simulators.waiting import eventually

from edge.errors import BrokerUnreachable, PartMissing
from edge.mqtt.probe import probe_broker
from edge.mqtt.settings import MqttSettings
from edge.results.outbox import Outbox
from edge.settings import Settings
from edge.uplink.uplink import Uplink


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """A store with two results of one station."""
    path = tmp_path / "collector.db"
    with open_outbox(tmp_path) as outbox, SqliteStore(path) as opened:
        for number in (1, 2):
            outbox.accept(assessment(number))
        opened.ingest(
            [examine(Incoming(f"ps/v2/desk/station-1/{m.channel}", m.payload))
             for m in outbox.pending(9)]
        )  # fmt: skip
    return path


def open_outbox(folder: Path) -> Outbox:
    return Outbox.open(
        folder / "outbox.db",
        site="desk", station="station-1", limit_bytes=10_000_000, at_limit="refuse",
    )  # fmt: skip


def test_list(store: Path, capsys: Any) -> None:
    assert main(["list", "--store", str(store), "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [row["session"] for row in rows] == ["session-1", "session-2"]
    assert main(["list", "--store", str(store)]) == 0
    assert "session-2" in capsys.readouterr().out


def test_export(store: Path, tmp_path: Path, capsys: Any) -> None:
    assert main(["export", "--csv", "-", "--store", str(store)]) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [(r["seq"], r["code"], r["value"]) for r in rows[:3]] == [
        ("1", "head_tilt", "0.1429"), ("1", "knee_valgus", "3.5"), ("1", "trunk_lean", ""),
    ]  # fmt: skip
    assert (rows[2]["why"], rows[2]["backend"]) == ("view:front", "bottom-up")
    target = tmp_path / "measures.csv"
    assert main(["export", "--csv", str(target), "--store", str(store)]) == 0
    assert "6 measures" in capsys.readouterr().out
    assert len(target.read_text().splitlines()) == 7


def test_fleet_says_who_is_silent_since_when(store: Path, capsys: Any) -> None:
    assert main(["fleet", "--json", "--store", str(store)]) == 0
    [line] = json.loads(capsys.readouterr().out)
    assert (line["station"], line["results"], line["silent_s"]) == ("station-1", 2, None)
    assert main(["fleet", "--store", str(store)]) == 0
    with SqliteStore(store) as opened:
        later = datetime.now(UTC) + SILENT_AFTER + timedelta(minutes=30)
        assert fleet(opened, later)[0].silent_s == pytest.approx(1950, abs=30)
        opened.note("desk", "station-1", "state", b"{}", online=False)
        assert fleet(opened)[0].silent_s is not None


def test_absent_store_and_bad_address(tmp_path: Path, capsys: Any) -> None:
    assert main(["list", "--store", str(tmp_path / "none.db")]) == 2
    assert "no store" in capsys.readouterr().err
    assert main(["run", "--broker", "nowhere", "--store", str(tmp_path / "x.db")]) == 2
    assert "HOST:PORT" in capsys.readouterr().err


def test_contract_is_printed_as_json(capsys: Any) -> None:
    assert main(["contract"]) == 0
    assert json.loads(capsys.readouterr().out)["asyncapi"] == "3.0.0"


def test_no_broker_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(brokers, "find_mosquitto", lambda: None)
    monkeypatch.setattr(brokers.importlib.util, "find_spec", lambda _: None)
    with pytest.raises(PartMissing, match="mosquitto") as refusal, brokers.broker():
        pass
    assert "install" in refusal.value.remedy


@pytest.mark.broker
def test_demo_broker_ends_with_its_parent(mosquitto: str) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "posture_tools.collector", "demo-broker"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    told = json.loads(process.stdout.readline())
    assert told["name"] == "mosquitto"
    mqtt = MqttSettings(port=told["port"])
    assert probe_broker(mqtt).endswith("MQTT 5")
    process.communicate(timeout=20)
    assert process.returncode == 0


def test_demo_broker_that_is_ended_takes_its_broker_along(mosquitto: str) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "posture_tools.collector", "demo-broker"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        mqtt = MqttSettings(port=json.loads(process.stdout.readline())["port"])
        process.terminate()
        assert process.wait(timeout=60) == 0
    with pytest.raises(BrokerUnreachable):
        probe_broker(mqtt)


def test_results_arrive_over_the_python_broker(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """amqtt speaks 3.1.1 only: said at start, and still each result arrives once."""
    if find_spec("amqtt") is None:
        missing("the package amqtt")
    monkeypatch.setattr(brokers, "find_mosquitto", lambda: None)
    with brokers.broker() as running, open_outbox(tmp_path) as outbox:
        assert (running.version, running.name) == ("3.1.1", "amqtt")
        mqtt = MqttSettings(port=running.port)
        assert "MQTT 3.1.1 only" in probe_broker(mqtt)
        store = tmp_path / "collector.db"
        collector = Child(
            "-m", "posture_tools.collector", "run", "--broker", f"127.0.0.1:{running.port}",
            "--store", str(store), "--verbose",
        )  # fmt: skip
        for number in range(40):
            outbox.accept(assessment(number))
        stop = threading.Event()
        uplink = threading.Thread(target=Uplink(Settings(mqtt=mqtt), outbox).run, args=(stop,))
        uplink.start()
        eventually(lambda: outbox.depth() == 0)
        stop.set()
        uplink.join()
        assert collector.terminate() == 0
    assert collector.lines[0].startswith("collecting desk from")
    assert sorted(collector.lines[1:], key=lambda line: int(line.split()[2])) == [
        f"stored station-1 {seq} result/posture" for seq in range(1, 41)
    ]

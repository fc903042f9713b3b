"""Where a result's frames came from: told at every place where the result is shown."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
import threading
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT
from posture_tools.collector.__main__ import main
from posture_tools.collector.intake import Bad, Good, Incoming, examine
from posture_tools.collector.report import results
from posture_tools.collector.sqlite.store import SqliteStore
from rich.console import Console
from simulators.assessments import assessment
from simulators.children import collector
from simulators.mosquitto import Mosquitto
from simulators.screened import screening
from simulators.waiting import eventually

from edge.commands.run import Reporter
from edge.records import Assessment, Origin
from edge.results.outbox import Outbox
from edge.settings import Settings
from edge.uplink.uplink import Uplink

OLD_OUTBOX = ROOT / "tests" / "golden" / "outbox_0.1.0.sql"


def open_outbox(folder: Path) -> Outbox:
    return Outbox.open(
        folder / "outbox.db",
        site="north", station="hall-1", limit_bytes=10_000_000, at_limit="refuse",
    )  # fmt: skip


def restore_old_outbox(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "outbox.db")) as db, db:
        db.executescript(OLD_OUTBOX.read_text("utf-8"))
        db.execute("PRAGMA user_version=1")
    db.close()


def store_all(folder: Path) -> Path:
    path = folder / "collector.db"
    with open_outbox(folder) as outbox, SqliteStore(path) as store:
        batch = [
            examine(Incoming(f"ps/v1/north/hall-1/{m.channel}", m.body)) for m in outbox.pending(99)
        ]
        assert not [item for item in batch if isinstance(item, Bad)]
        store.ingest(batch)
    return path


def of_view(origin: Origin) -> Assessment:
    [seen] = screening(views=("front",)).views
    return Assessment("posture", "autumn", "front", "somewhere", 1, seen.measures, 74, 75, 0.6,
                      figure=seen.figure, origin=origin)  # fmt: skip


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """A patient's result and a rendered person's."""
    with open_outbox(tmp_path) as outbox:
        outbox.accept(assessment(1, session="patient"))
        outbox.accept(of_view("rendered"))
    return store_all(tmp_path)


@pytest.mark.broker
def test_what_version_0_1_0_left_undelivered_is_taken_for_good_as_unknown(
    tmp_path: Path, mosquitto: str
) -> None:
    restore_old_outbox(tmp_path)
    stop = threading.Event()
    with Mosquitto(mosquitto, tmp_path / "broker") as broker, open_outbox(tmp_path) as outbox:
        left = {m.seq: m.body for m in outbox.pending(9)}
        assert {json.loads(body)["schema"] for body in left.values()} == {
            "ps.result/1", "ps.event/1",
        }  # fmt: skip
        outbox.accept(assessment(5))
        settings = Settings(site="north", station="hall-1", mqtt=broker.settings)
        receiver = collector(tmp_path / "collector.db", broker.port, "--verbose")
        uplink = threading.Thread(target=Uplink(settings, outbox).run, args=(stop,))
        uplink.start()
        try:
            eventually(lambda: outbox.depth() == 0, within_s=30)
        finally:
            stop.set()
            uplink.join()
            receiver.kill()
        assert outbox.counts().quarantined == 0
    told = {line.partition(" result/")[2] for line in receiver.lines if " result/" in line}
    assert told == {"posture (unknown)", "fms (unknown)", "posture"}
    with SqliteStore(tmp_path / "collector.db") as store:
        stored = {each.result.seq: each for each in results(store)}
        assert {seq: each.result.origin for seq, each in stored.items()} == {
            1: "unknown", 2: "unknown", 4: "unknown", 5: "camera",
        }  # fmt: skip
        assert all(each.body == left[seq] for seq, each in stored.items() if seq in left)
        assert len(store.rows("SELECT seq FROM event")) == 1
        assert store.rows("SELECT COUNT(*) FROM dead_letter") == [(0,)]


@pytest.mark.parametrize("said", [None, "painted"])
def test_a_result_of_today_must_say_it(tmp_path: Path, said: str | None) -> None:
    with open_outbox(tmp_path) as outbox:
        seq = outbox.accept(assessment(1))
        waiting = outbox.waiting(seq)
    assert waiting is not None
    message = json.loads(waiting.body)
    assert message["schema"] == "ps.result/2"
    assert isinstance(examine(Incoming("ps/v1/north/hall-1/result/posture", waiting.body)), Good)
    del message["origin"]
    damaged = json.dumps(message if said is None else message | {"origin": said}).encode()
    assert isinstance(examine(Incoming("ps/v1/north/hall-1/result/posture", damaged)), Bad)


def test_list(store: Path, capsys: Any) -> None:
    assert main(["list", "--store", str(store)]) == 0
    lines = capsys.readouterr().out.splitlines()
    [rendered] = [line for line in lines if "autumn" in line]
    [patient] = [line for line in lines if "patient" in line]
    assert "rendered" in rendered
    assert "rendered" not in patient


def test_list_json(store: Path, capsys: Any) -> None:
    assert main(["list", "--json", "--store", str(store)]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert {row["session"]: row["origin"] for row in rows} == {
        "patient": "camera", "autumn": "rendered",
    }  # fmt: skip


def test_export(store: Path, capsys: Any) -> None:
    assert main(["export", "--csv", "-", "--store", str(store)]) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert {(row["session"], row["origin"]) for row in rows} == {
        ("patient", "camera"), ("autumn", "rendered"),
    }  # fmt: skip


def test_fleet(store: Path, capsys: Any) -> None:
    assert main(["fleet", "--store", str(store)]) == 0
    assert "2 (1 rendered)" in capsys.readouterr().out
    assert main(["fleet", "--json", "--store", str(store)]) == 0
    [line] = json.loads(capsys.readouterr().out)
    assert line["origins"] == {"camera": 1, "rendered": 1}


@pytest.mark.parametrize("suffix", [".html", ".svg"])
def test_sheet_and_figures(store: Path, tmp_path: Path, suffix: str) -> None:
    with SqliteStore(store) as opened:
        ids = {each.result.session: each.result.id for each in results(opened)}
    out = tmp_path / f"page{suffix}"
    told = {}
    for session, result_id in ids.items():
        assert main(["report", result_id, "-o", str(out), "--store", str(store)]) == 0
        told[session] = "rendered" in out.read_text("utf-8").partition("</style>")[2]
    assert told == {"patient": False, "autumn": True}


@pytest.mark.parametrize("verbose", [False, True])
def test_what_the_station_prints(verbose: bool) -> None:
    for origin, told in (("camera", False), ("rendered", True), ("unknown", True)):
        console = Console(file=io.StringIO(), width=120)
        reporter = Reporter(console)
        (reporter.saved_in_full if verbose else reporter.saved)(of_view(origin), 4)
        assert isinstance(console.file, io.StringIO)
        assert (f"({origin})" in console.file.getvalue()) is told


def test_stores_and_reports_of_older_stations_say_unknown(tmp_path: Path, capsys: Any) -> None:
    restore_old_outbox(tmp_path)
    path = store_all(tmp_path)
    assert main(["list", "--json", "--store", str(path)]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [row["origin"] for row in rows] == ["unknown"] * 3
    assert main(["fleet", "--store", str(path)]) == 0
    assert "3 (3 unknown)" in capsys.readouterr().out
    out = tmp_path / "page.html"
    assert main(["report", rows[0]["id"], "-o", str(out), "--store", str(path)]) == 0
    assert "does not say where its pictures came from" in out.read_text("utf-8")

"""One line for each change of state, with the journal's level, and none for what repeats itself."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from posture_tools.collector import ingest
from posture_tools.collector.broker import free_port
from posture_tools.collector.ingest import Collector
from posture_tools.collector.sqlite.store import SqliteStore
from simulators.visitor import Visitor

from edge import systemd
from edge.engine.camera_outage import CameraOutage
from edge.mqtt.backoff import Backoff
from edge.mqtt.settings import MqttSettings
from edge.update.report import Spool


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> Lines:
    caplog.set_level(logging.INFO, logger="edge")
    return Lines(caplog)


class Lines:
    """Level and text of what was logged so far."""

    def __init__(self, caplog: pytest.LogCaptureFixture) -> None:
        self._caplog = caplog

    def now(self) -> list[tuple[str, str]]:
        return [(each.levelname, each.getMessage()) for each in self._caplog.records]


def test_a_camera_that_fails_at_each_try_is_one_line_a_fault(tmp_path: Path, lines: Lines) -> None:
    now_ns = iter(range(0, 10**12, 10**9))
    outage = CameraOutage(tmp_path / "outage", lambda _: None, lambda: next(now_ns))
    for _ in range(50):
        outage.bad("stalled", "no frame\x1b[2J from the camera.")
    for _ in range(50):
        outage.good()
    levels, texts = zip(*lines.now(), strict=True)
    assert levels == ("WARNING", "INFO")
    assert texts[0].startswith("camera: stalled, no picture for 1.0 s: no frame")
    assert "\x1b" not in texts[0]
    assert texts[1].startswith("camera: back after ")


def test_a_visit_is_a_line_a_change_and_names_nobody(lines: Lines) -> None:
    visitor = Visitor(settings={"repeats": 1})
    visitor.stand("front", 9.0)
    visitor.leave(8.0)
    texts = [text for _, text in lines.now()]
    assert texts[0] == "screening: a visit begins"
    assert "screening: front is done, captures: 1" in texts
    assert texts[-1] == "screening: the visit is over"
    assert len(texts) == len(set(texts)) <= 5
    assert not any("visit-1" in text for text in texts)


def test_an_update_that_goes_back_is_a_warning(tmp_path: Path, lines: Lines) -> None:
    reports = Spool(tmp_path)
    reports.report({"step": "confirm", "reason": "ok", "name": "net"})
    reports.report({"step": "rollback", "reason": "damaged_on_disk", "name": "net"})
    assert lines.now() == [
        ("INFO", "model event 1: confirm ok net"),
        ("WARNING", "model event 2: rollback damaged_on_disk net"),
    ]


@pytest.fixture
def root() -> Iterator[None]:
    kept = logging.getLogger().handlers[:], logging.getLogger("edge").level
    yield
    logging.getLogger().handlers[:] = kept[0]
    logging.getLogger("edge").setLevel(kept[1])


@pytest.mark.usefixtures("root")
def test_the_journal_reads_levels_on_every_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("JOURNAL_STREAM", "8:1234")
    systemd.log_to_journal("edge")
    logging.getLogger("edge.anything").info("one\ntwo")
    logging.getLogger("edge.anything").warning("three")
    logging.getLogger("paho").info("not ours")
    assert capsys.readouterr().err.splitlines() == ["<6>one", "<6>two", "<4>three"]


@pytest.mark.usefixtures("root")
def test_at_a_terminal_nothing_is_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JOURNAL_STREAM", raising=False)
    before = logging.getLogger().handlers[:]
    systemd.log_to_journal("edge")
    assert logging.getLogger().handlers == before


def test_a_broker_that_is_not_there_is_one_line_however_often_it_is_tried(
    tmp_path: Path, lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = free_port()
    tries: list[float] = []
    stop = threading.Event()

    class Hasty(Backoff):
        def next_s(self) -> float:
            tries.append(0.0)
            if len(tries) == 20:
                stop.set()
            return 0.0

    monkeypatch.setattr(ingest, "Backoff", Hasty)
    problems: list[str] = []
    with SqliteStore(tmp_path / "store.db") as store:
        mqtt = MqttSettings(host="127.0.0.1", port=port)
        Collector(mqtt, store, "north", on_problem=problems.append).run(stop)
    said = [(level, text) for level, text in lines.now() if text.startswith("broker ")]
    assert len(tries) == 20
    assert len(said) == len(problems) == 1
    assert said[0][0] == "WARNING"
    assert said[0][1].startswith(f"broker 127.0.0.1:{port}: ")

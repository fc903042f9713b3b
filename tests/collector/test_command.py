"""Commands as an operator types them, through a real broker to a station's uplink."""

from __future__ import annotations

import io
import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from posture_tools.collector import broker as brokers
from posture_tools.collector import command
from posture_tools.collector.__main__ import main
from posture_tools.collector.ingest import Collector
from posture_tools.collector.sqlite.store import SqliteStore
from simulators.assessments import assessment
from simulators.mosquitto import Mosquitto
from simulators.waiting import eventually

from edge.results.outbox import Outbox
from edge.screening.order import OrderBox
from edge.settings import Settings
from edge.uplink.uplink import Uplink
from edge.wire.order import Inputs, Order

pytestmark = pytest.mark.broker


class Terminal(io.StringIO):
    """Somebody sits there."""

    def isatty(self) -> bool:
        return True


class Hall:
    """A station with two undelivered results, on a site with a broker."""

    def __init__(self, broker: Mosquitto, folder: Path) -> None:
        self.broker, self.store = broker, folder / "clinic.db"
        self.orders = OrderBox(folder)
        self.outbox = Outbox.open(
            folder / "outbox.db",
            site="north", station="hall-1", limit_bytes=10_000_000, at_limit="refuse",
        )  # fmt: skip
        for number in (1, 2):
            self.outbox.accept(assessment(number))
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []
        settings = Settings(site="north", station="hall-1", mqtt=broker.settings)
        self._uplink = Uplink(settings, self.outbox, commands={"screen": self.orders.put})
        self.start(self._uplink.run)
        eventually(lambda: self._uplink.status().phase == "connected")

    def start(self, run) -> None:
        self._threads.append(threading.Thread(target=run, args=(self._stop,)))
        self._threads[-1].start()

    def command(self, *words: object, to: str = "hall-1") -> int:
        where = ["--broker", f"127.0.0.1:{self.broker.port}", "--site", "north"]
        where += ["--store", str(self.store)]
        return main(["command", *to.split(), *map(str, words), *where])

    def close(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()
        self.outbox.close()


@pytest.fixture
def hall(tmp_path: Path, mosquitto: str) -> Iterator[Hall]:
    with Mosquitto(mosquitto, tmp_path / "broker") as broker:
        station = Hall(broker, tmp_path)
        yield station
        station.close()


def test_a_screening_is_ordered(hall: Hall, capsys: pytest.CaptureFixture[str]) -> None:
    told = ("--code", "p-17", "--consent", "2026-05", "--stature-mm", 1720, "--no-pain")
    assert hall.command("screen", *told) == 0
    assert capsys.readouterr().out == "hall-1: waits for p-17\n"
    assert hall.orders.take() == Order("p-17", "2026-05", Inputs(stature_mm=1720.0, pain=False))


def test_erasing_asks_back(
    hall: Hall, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    session = "session-1"
    monkeypatch.setattr("sys.stdin", Terminal("n\n"))
    assert hall.command("erase", "--session", session) == 1
    assert "Erase session session-1 at hall-1" in (heard := capsys.readouterr().err)
    assert "Nothing was erased." in heard
    monkeypatch.setattr("sys.stdin", io.StringIO("y\n"))
    assert hall.command("erase", "--session", session) == 2, "a script's input is no answer"
    assert hall.outbox.depth() == 2
    monkeypatch.setattr("sys.stdin", Terminal("y\n"))
    assert hall.command("erase", "--session", session) == 0
    assert capsys.readouterr().out == "hall-1: erased 1\n"
    assert [m.channel for m in hall.outbox.pending(9)] == [
        "result/posture", "event/erase", "event/erase",
    ]  # fmt: skip


def test_erasing_with_yes_reaches_the_collector_s_store(hall: Hall, tmp_path: Path) -> None:
    with SqliteStore(tmp_path / "collector.db") as store:
        hall.start(Collector(hall.broker.settings, store, "north").run)
        eventually(lambda: hall.outbox.depth() == 0)
        assert hall.command("erase", "--seq", 1, 2, "--yes") == 0
        eventually(lambda: not store.rows("SELECT * FROM result"))
        hall.close()


def test_what_was_rejected_is_sent_again(hall: Hall, capsys: pytest.CaptureFixture[str]) -> None:
    assert hall.command("resend", "--from", 2, "--to", 7, "--json") == 0
    assert json.loads(capsys.readouterr().out) == [
        {"station": "hall-1", "command": "resend", "data": {"ranges": [[2, 2]]}}
    ]


def test_who_is_away_has_an_entry_and_the_others_answer(
    hall: Hall, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "ANSWER_S", 1)
    told = ("screen", "--code", "p-17", "--consent", "2026-05", "--json")
    assert hall.command(*told, to="hall-9 hall-1 hall-9") == 4
    here, away = json.loads(capsys.readouterr().out)
    assert here["data"] == {"code": "p-17"}
    assert (away["station"], away["problem"]["code"]) == ("hall-9", "station_unreachable")


def test_a_station_that_refuses_says_why(
    hall: Hall, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_body: bytes) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(hall._uplink._commands, "_handlers", {"screen": full})
    told = ("screen", "--code", "p-17", "--consent", "2026-05", "--json")
    assert hall.command(*told) == 1
    [entry] = json.loads(capsys.readouterr().out)
    assert entry["problem"]["code"] == "command_refused"
    assert "journal" in entry["problem"]["words"]


def test_an_answer_to_somebody_else_is_none(hall: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two operators at once: each sees the answer to their own command."""
    monkeypatch.setattr(command, "ANSWER_S", 1)
    monkeypatch.setattr(command.secrets, "token_hex", lambda _n: "same")
    answer = hall._uplink._commands.answer
    monkeypatch.setattr(
        hall._uplink._commands, "answer",
        lambda arrived: type(answer(arrived))(arrived.response_topic, b"{}", b"another"),
    )  # fmt: skip
    assert hall.command("resend", "--from", 1) == 4


def test_a_broker_that_passes_no_commands(
    tmp_path: Path, mosquitto: str, capsys: pytest.CaptureFixture[str]
) -> None:
    rights = tmp_path / "acl"
    rights.write_text("topic read ps/v2/north/+/rsp/#\n")
    with Mosquitto(mosquitto, tmp_path / "broker", f"acl_file {rights}") as broker:
        where = ["--broker", f"127.0.0.1:{broker.port}", "--site", "north"]
        where += ["--store", str(tmp_path / "clinic.db")]
        assert main(["command", "hall-1", "resend", "--from", "1", *where]) == 2
    assert "does not pass commands to hall-1" in capsys.readouterr().err


def test_a_broker_of_mqtt_3_takes_no_commands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("amqtt")
    monkeypatch.setattr(brokers, "find_mosquitto", lambda: None)
    with brokers.broker() as running:
        where = ["--broker", f"127.0.0.1:{running.port}", "--store", str(tmp_path / "clinic.db")]
        assert main(["command", "hall-1", "resend", "--from", "1", *where]) == 3
    assert "speaks no MQTT 5" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("erase", "--yes"), "either a session or seqs"),
        (("erase", "--session", "s", "--seq", "4", "--yes"), "either a session or seqs"),
        (("erase", "--seq", "0", "--yes"), "`int` >= 1"),
        (("resend", "--from", "0"), "`int` >= 1"),
        (("screen", "--code", "a name", "--consent", "1"), "$.code"),
        (("screen", "--code", "p", "--consent", "1", "--stature-mm", "17"), "$.inputs.stature_mm"),
    ],
)
def test_nonsense_is_refused_before_it_is_said(
    words: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["command", "hall-1", *words, "--broker", "127.0.0.1:1"]) == 2
    assert said in capsys.readouterr().err


def test_a_station_s_name_is_one(capsys: pytest.CaptureFixture[str]) -> None:
    """`+` would reach every station."""
    assert main(["command", "+", "resend", "--from", "1", "--broker", "127.0.0.1:1"]) == 2
    assert "STATION" in capsys.readouterr().err

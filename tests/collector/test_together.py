"""Two collectors of one site, a state that somebody cleared, and a version that came late."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from posture_tools.collector.ingest import Collector
from posture_tools.collector.sqlite.store import SqliteStore
from simulators.assessments import assessment
from simulators.mosquitto import Mosquitto
from simulators.waiting import eventually
from simulators.workers import workers

from edge.mqtt.connection import Connection, open_best
from edge.mqtt.events import Arrived
from edge.results.outbox import Outbox
from edge.settings import Settings
from edge.uplink import uplink as uplinks
from edge.uplink.uplink import Uplink
from edge.wire.codec import decode, encode
from edge.wire.presence import CollectorState
from edge.wire.topics import Topics

pytestmark = [pytest.mark.broker, pytest.mark.timeout(180)]
Start = Callable[[Callable[[threading.Event], None]], threading.Event]
STATE = Topics("north", "hall-1").collector_state


@pytest.fixture
def start() -> Iterator[Start]:
    """Runs something in a thread until its event is set, at the latest at the end."""
    running: list[tuple[threading.Thread, threading.Event]] = []

    def begin(run: Callable[[threading.Event], None]) -> threading.Event:
        stop = threading.Event()
        thread = threading.Thread(target=run, args=(stop,))
        thread.start()
        running.append((thread, stop))
        return stop

    yield begin
    for _, stop in running:
        stop.set()
    for thread, _ in running:
        thread.join()


@pytest.fixture
def outbox(tmp_path: Path) -> Iterator[Outbox]:
    with Outbox.open(
        tmp_path / "outbox.db",
        site="north", station="hall-1", limit_bytes=5_000_000, at_limit="refuse",
    ) as outbox:  # fmt: skip
        yield outbox


def send_from(outbox: Outbox, broker: Mosquitto, folder: Path) -> Uplink:
    return Uplink(
        Settings(site="north", station="hall-1", state_dir=str(folder), mqtt=broker.settings),
        outbox,
    )


def states(connection: Connection, heard: list[bytes]) -> bytes:
    """What stands in the collector's state, as far as it was told."""
    heard += [e.body for e in connection.poll(0.1) if isinstance(e, Arrived) and e.topic == STATE]
    return heard[-1] if heard else b""


@pytest.mark.parametrize("stores", [("one.db", "one.db"), ("one.db", "two.db")])
def test_two_collectors_stand_beside_each_other(
    stores: tuple[str, str], broker: Mosquitto, start: Start, outbox: Outbox, tmp_path: Path
) -> None:
    """Neither throws the other off; what one leaves, the other goes on with."""
    connected = []
    stops = []
    with SqliteStore(tmp_path / stores[0]) as first, SqliteStore(tmp_path / stores[1]) as second:
        for store in (first, second):
            collector = Collector(
                broker.settings, store, "north", on_ready=lambda: connected.append(1)
            )
            stops.append(start(collector.run))
        eventually(lambda: len(connected) == 2)
        start(send_from(outbox, broker, tmp_path).run)
        for number in range(3):
            outbox.accept(assessment(number))
        for store in (first, second):
            eventually(lambda store=store: len(store.rows("SELECT 1 FROM result")) == 3)
        stops[0].set()  # its farewell says that nobody is there
        outbox.accept(assessment(4))
        eventually(lambda: len(second.rows("SELECT 1 FROM result")) == 4, within_s=40)
        assert len(connected) == 2, "a connection was lost"
        for stop in stops:
            stop.set()


@pytest.mark.parametrize("lie", [b"", b"\xff{", encode(CollectorState(False))])
def test_a_state_that_somebody_cleared_is_said_again(
    lie: bytes, broker: Mosquitto, file_store: SqliteStore
) -> None:
    with workers(file_store, [broker]):
        reader, heard = open_best(broker.settings, "reader"), list[bytes]()
        reader.subscribe(STATE)
        eventually(lambda: states(reader, heard))
        reader.publish(STATE, lie, retain=True)
        eventually(lambda: (states(reader, heard), lie in heard)[1])
        eventually(lambda: states(reader, heard) not in (lie, b""))
        assert decode(heard[-1], CollectorState).online
        reader.close()


def test_mqtt_5_is_tried_again(
    broker: Mosquitto, start: Start, outbox: Outbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An answer that came late once made it 3.1.1, without commands."""
    monkeypatch.setattr("edge.mqtt.connection.MQTT5_TIMEOUT_S", 0.0)
    monkeypatch.setattr(uplinks, "MQTT5_AGAIN_S", 0.5)
    uplink = send_from(outbox, broker, tmp_path)
    start(uplink.run)
    eventually(lambda: uplink._said_version == "3.1.1")
    monkeypatch.setattr("edge.mqtt.connection.MQTT5_TIMEOUT_S", 5.0)
    eventually(lambda: uplink._said_version == "5", within_s=40)


def test_a_store_that_is_removed_is_noticed(
    broker: Mosquitto, file_store: SqliteStore, start: Start, outbox: Outbox, tmp_path: Path
) -> None:
    """Nothing is acknowledged into a file that nobody will find."""
    problems: list[str] = []
    with workers(file_store, [broker], on_problem=problems.append):
        start(send_from(outbox, broker, tmp_path).run)
        outbox.accept(assessment(1))
        eventually(lambda: outbox.depth() == 0)
        for each in tmp_path.glob("collector.db*"):
            each.unlink()
        outbox.accept(assessment(2))
        eventually(lambda: any("is gone" in problem for problem in problems), within_s=40)
        assert outbox.depth() == 1

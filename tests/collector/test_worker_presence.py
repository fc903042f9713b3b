"""What a worker says of itself, heard through a real mosquitto, and how it shares its memory."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import paho.mqtt.publish as paho
import pytest
from posture_tools.collector import worker
from posture_tools.collector.sqlite.store import SqliteStore
from posture_tools.collector.worker_settings import WorkerSettings
from simulators.mosquitto import HOST, Mosquitto
from simulators.waiting import eventually
from simulators.workers import workers

from edge.errors import StoreFailed
from edge.mqtt.connection import open_best
from edge.mqtt.events import Arrived
from edge.wire.codec import decode
from edge.wire.enrol import enrolment
from edge.wire.keys import Signer
from edge.wire.presence import CollectorState
from edge.wire.topics import Topics

TOPICS = Topics("north", "hall-1")


class Listener:
    """Hears what collectors say of themselves. said : whether one is there, word for word.
    hears : whether it changed like this until now."""

    def __init__(self, broker: Mosquitto) -> None:
        self._connection = open_best(broker.settings, "listener")
        self._connection.subscribe(TOPICS.collector_state)
        self.said: list[bool] = []

    def hears(self, *words: bool) -> Callable[[], bool]:
        def heard() -> bool:
            self.listen(0.05)
            changes = [word for word, _ in itertools.groupby(self.said)]
            return changes == list(words)

        return heard

    def listen(self, for_s: float) -> None:
        for event in self._connection.poll(for_s):
            if isinstance(event, Arrived):
                self.said.append(decode(event.body, CollectorState).online)


@pytest.mark.broker
def test_a_worker_that_breaks_off_is_said_to_be_gone_until_it_is_back(
    broker: Mosquitto,
    file_store: SqliteStore,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    listener = Listener(broker)
    with workers(file_store, [broker]):
        eventually(listener.hears(True))
        for _ in range(10):  # it has nothing new to say, and says nothing
            listener.listen(0.1)
        assert listener.said == [True]

        def away(_notes: object) -> None:
            raise StoreFailed("The disk is full: " + "x" * 700, "Make room.")

        with monkeypatch.context() as patched:
            patched.setattr(file_store, "note_all", away)
            paho.single(TOPICS.desired, b"", 1, hostname=HOST, port=broker.port)
            eventually(listener.hears(True, False))
        eventually(listener.hears(True, False, True))
    eventually(listener.hears(True, False, True, False))
    [line] = [each for each in caplog.messages if "The disk is full" in each]
    assert line == f"broker {broker.settings.address}: The disk is full: " + "x" * 482


@pytest.mark.broker
def test_a_worker_says_again_now_and_then_that_it_is_there(
    broker: Mosquitto, file_store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("posture_tools.collector.ingest.ANNOUNCE_EVERY_S", 0.3)
    listener = Listener(broker)
    with workers(file_store, [broker]):

        def three() -> bool:
            listener.listen(0.05)
            return len(listener.said) >= 3

        eventually(three)
        assert set(listener.said) == {True}


@pytest.mark.parametrize(("brokers", "each"), [(1, 2000), (4, 500), (1500, 2)])
def test_the_brokers_of_a_worker_share_its_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, brokers: int, each: int
) -> None:
    """2 000 messages in all, and two at least: one is committed while the other is read."""
    in_flight: list[int] = []

    class Idle:
        def __init__(self, *_about: Any, **options: Any) -> None:
            in_flight.append(options["in_flight"])

        def run(self, _stop: threading.Event) -> None:
            pass

    monkeypatch.setattr(worker, "Collector", Idle)
    ended = threading.Event()
    ended.set()
    settings = msgspec.convert(
        {"site": "north", "store": str(tmp_path / "c.db"),
         "broker": [{"host": f"b{n}"} for n in range(brokers)]},
        WorkerSettings,
    )  # fmt: skip
    worker.work(settings, ended, on_batch=lambda _: None, on_ready=lambda _: None)
    assert in_flight == [each] * brokers


@pytest.mark.broker
def test_a_key_that_is_shown_again_and_again_is_one_line_of_the_log(
    broker: Mosquitto, file_store: SqliteStore, caplog: pytest.LogCaptureFixture
) -> None:
    """Two boards under one name take turns; anybody may write what they show."""
    keys = [enrolment(Signer.new(), "north", "hall-1") for _ in range(2)]
    file_store.change(lambda db: db.execute("INSERT INTO closed_site VALUES ('north')"))
    listener = Listener(broker)
    with workers(file_store, [broker]):
        eventually(listener.hears(True))
        for key in (*keys, *keys):
            paho.single(TOPICS.enrol, key, 1, hostname=HOST, port=broker.port)
        paho.single(TOPICS.desired, b"", 1, hostname=HOST, port=broker.port)
        eventually(lambda: file_store.rows("SELECT 1 FROM station"))
    told = [line for line in caplog.messages if "shows the key" in line]
    assert len(told) == len(set(told)) == 2


@pytest.mark.broker
def test_the_log_says_what_kind_of_word_was_refused(
    broker: Mosquitto, file_store: SqliteStore, caplog: pytest.LogCaptureFixture
) -> None:
    """In words of ours: what stands in the topic may be anybody's."""
    listener = Listener(broker)
    with workers(file_store, [broker]):
        eventually(listener.hears(True))
        for topic in (TOPICS.birth, TOPICS.health):
            paho.single(topic, b"{", 1, hostname=HOST, port=broker.port)
        paho.single(TOPICS.desired, b"", 1, hostname=HOST, port=broker.port)
        eventually(lambda: file_store.rows("SELECT 1 FROM station"))
    refused = [line.partition(":")[0] for line in caplog.messages if "refused" in line]
    assert sorted(refused) == ["birth refused", "health refused"]

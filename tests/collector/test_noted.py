"""What a worker notes of a station's health, against a real mosquitto."""

from __future__ import annotations

import threading

import paho.mqtt.publish as paho
import pytest
from posture_tools.collector.report import fleet
from posture_tools.collector.sqlite.store import SqliteStore
from simulators.mosquitto import HOST, Mosquitto
from simulators.waiting import eventually
from simulators.workers import workers

from edge.wire.clock import read_clock
from edge.wire.codec import encode
from edge.wire.envelope import Time
from edge.wire.presence import Health
from edge.wire.topics import Topics

pytestmark = pytest.mark.broker

TOPICS = Topics("north", "hall-1")


def health(waiting: int) -> bytes:
    now = read_clock()
    time = Time(now.utc, now.state, now.boot_id, now.boottime_ns)
    return encode(
        Health(
            t=time, accepted=9, waiting=waiting, waiting_bytes=0, oldest_age_s=0.0, quarantined=0,
            dropped=0, problem="", vitals={},
        )
    )  # fmt: skip


def test_the_last_word_before_a_worker_ends_is_kept_whatever_else_came(
    broker: Mosquitto, file_store: SqliteStore
) -> None:
    heard: list[int] = []
    problems: list[str] = []
    ready = threading.Event()

    def say(topic: str, body: bytes) -> None:
        paho.single(topic, body, 1, hostname=HOST, port=broker.port)

    with workers(
        file_store, [broker], shares=True, on_ready=ready.set, on_problem=problems.append,
        on_health=lambda _site, _station, said: heard.append(said.waiting),
    ):  # fmt: skip
        assert ready.wait(20)
        say(TOPICS.birth, b"{")  # no birth: it is noted as odd, and hurts nobody
        say(TOPICS.health, health(5))
        eventually(lambda: [station.waiting for station in fleet(file_store)] == [5])
        assert [(each.online, each.silent_s) for each in fleet(file_store)] == [(True, None)]
        say(TOPICS.health, health(3))  # the next is written with others, some seconds later
        eventually(lambda: heard == [5, 3])
    assert [station.waiting for station in fleet(file_store)] == [3]
    assert problems == []

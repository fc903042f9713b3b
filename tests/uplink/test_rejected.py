"""A message that the collector rejects, against a real mosquitto."""

from __future__ import annotations

import logging
import threading
from pathlib import Path

import paho.mqtt.publish as paho
import pytest
from simulators.assessments import assessment
from simulators.collector_words import payload_of, receipt_for
from simulators.mosquitto import HOST, Mosquitto
from simulators.waiting import eventually

from edge.results.outbox import Outbox
from edge.settings import Settings
from edge.uplink.uplink import Uplink
from edge.wire.topics import Topics

pytestmark = pytest.mark.broker


def test_it_is_kept_aside_and_its_number_is_logged(
    tmp_path: Path, mosquitto: str, caplog: pytest.LogCaptureFixture
) -> None:
    topics, stop = Topics("north", "hall-1"), threading.Event()
    with (
        Mosquitto(mosquitto, tmp_path / "broker") as broker,
        Outbox.open(
            tmp_path / "outbox.db",
            site="north", station="hall-1", limit_bytes=10_000_000, at_limit="refuse",
        ) as outbox,
        caplog.at_level(logging.ERROR),
    ):  # fmt: skip
        outbox.accept(assessment())
        settings = Settings(site="north", station="hall-1", mqtt=broker.settings)
        uplink = Uplink(settings, outbox, on_problem=lambda _problem: None)
        thread = threading.Thread(target=uplink.run, args=(stop,))
        thread.start()
        eventually(lambda: uplink.status().phase == "connected")
        rejection = payload_of(receipt_for(outbox, rejected={1: "malformed"}))
        paho.single(topics.receipt, rejection, 1, hostname=HOST, port=broker.port)
        eventually(lambda: outbox.counts().quarantined == 1)
        stop.set()
        thread.join()
    assert "rejected message 1; it is in quarantine" in caplog.text

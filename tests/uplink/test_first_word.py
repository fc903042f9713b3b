"""How a station begins to speak."""

from __future__ import annotations

from pathlib import Path

import pytest
from simulators.mosquitto import Mosquitto
from simulators.site import running
from simulators.waiting import eventually

from edge.mqtt.connection import open_best
from edge.mqtt.events import Arrived
from edge.settings import Settings
from edge.wire.codec import decode
from edge.wire.presence import State
from edge.wire.topics import Topics


@pytest.mark.broker
def test_its_first_state_is_of_its_first_connection(tmp_path: Path, mosquitto: str) -> None:
    heard: list[State] = []
    with Mosquitto(mosquitto, tmp_path / "broker") as broker:
        reader = open_best(broker.settings, "reader")
        reader.subscribe(Topics("north", "hall-1").state)
        settings = Settings(
            site="north",
            station="hall-1",
            mqtt=broker.settings,
            state_dir=str(tmp_path / "state"),
        )

        def hear() -> bool:
            heard.extend(
                decode(each.body, State) for each in reader.poll(0.1) if isinstance(each, Arrived)
            )
            return bool(heard)

        with running(settings):
            eventually(hear)
        reader.close()
    assert (heard[0].online, heard[0].connection, heard[0].said) == (True, 1, 1)

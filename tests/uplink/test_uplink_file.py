"""The word that the uplink leaves for whoever looks."""

from __future__ import annotations

import threading
import time
from pathlib import Path

from simulators.waiting import eventually

from edge.uplink.uplink import Status
from edge.uplink.uplink_file import UplinkFile, read_uplink_file


def test_who_has_ended_is_not_said_to_be_connected(tmp_path: Path) -> None:
    ending = threading.Event()

    def ask() -> Status:
        if ending.is_set():
            time.sleep(0.3)  # the last answer takes its time, and is waited for
        return Status("connected", "", 0.0, None, "127.0.0.1:1883", "5")

    with UplinkFile(tmp_path, ask):
        eventually(lambda: (said := read_uplink_file(tmp_path)) is not None and said.connected)
        ending.set()
    said = read_uplink_file(tmp_path)
    assert said is not None
    assert (said.connected, said.broker) == (False, "127.0.0.1:1883")

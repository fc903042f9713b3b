"""Poison for both ends through a real broker, and an honest result after it that must arrive."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from functools import partial
from pathlib import Path

import hypothesis
import msgspec
from hypothesis import strategies as st
from posture_tools.collector.ingest import Collector
from posture_tools.collector.sqlite.store import SqliteStore
from simulators.assessments import assessment
from simulators.mosquitto import Mosquitto
from simulators.poison import poison
from simulators.waiting import eventually

from edge.engine.station_key import station_signer, told_enrolment
from edge.mqtt.connection import open_best
from edge.results.outbox import Outbox
from edge.settings import Settings
from edge.uplink.uplink import Uplink
from edge.wire.topics import Topics

GROUP = 10  # messages before an honest result
_UNDER_WAY = 8  # honest results: the next poison need not wait until the one before has arrived


def fuzz(
    folder: Path, program: str, messages: int, on_honest: Callable[[int], object] = int
) -> int:
    """Returns how many honest results arrived; each after ten messages that are none.

    on_honest : told their number each time one has arrived.
    """
    accepted = honest = 0
    under_way: deque[str] = deque()
    with (
        Mosquitto(program, folder / "broker") as broker,
        SqliteStore(folder / "collector.db") as store,
    ):
        settings = Settings(
            site="north", station="hall-1", state_dir=str(folder), mqtt=broker.settings
        )
        stop = threading.Event()
        outbox = Outbox.open(
            folder / "outbox.db",
            site="north", station="hall-1", limit_bytes=50_000_000, at_limit="refuse",
            signer=station_signer(settings),
        )  # fmt: skip
        uplink = Uplink(settings, outbox, enrolment=lambda: told_enrolment(folder))
        threads = [
            threading.Thread(target=Collector(broker.settings, store, "north").run, args=(stop,)),
            threading.Thread(target=uplink.run, args=(stop,)),
        ]
        for thread in threads:
            thread.start()
        # It is silent while a result is waited for.
        patient = msgspec.structs.replace(broker.settings, keepalive_s=600)
        sender = open_best(patient, "poisoner")
        eventually(lambda: store.rows("SELECT 1 FROM trusted WHERE key <> ''"), within_s=60)

        def has_arrived(session: str) -> bool:
            query = "SELECT 1 FROM result WHERE station = 'hall-1' AND session = ?"
            return bool(store.rows(query, (session,)))

        def await_all_but(count: int) -> None:
            nonlocal honest
            while len(under_way) > count:
                eventually(partial(has_arrived, under_way.popleft()), within_s=120)
                honest += 1
                on_honest(honest)

        @hypothesis.settings(
            max_examples=-(-messages // GROUP), database=None, derandomize=True, deadline=None,
            phases=[hypothesis.Phase.generate], suppress_health_check=list(hypothesis.HealthCheck),
        )  # fmt: skip
        @hypothesis.given(
            st.lists(poison(("hall-1", "hall-2", "hall-3"), "hall-1"),
                     min_size=GROUP, max_size=GROUP)
        )  # fmt: skip
        def one(group: list[tuple[str, bytes, bool]]) -> None:
            nonlocal accepted
            for topic, payload, retain in group:
                sender.publish(topic, payload, retain=retain)
            sender.poll(0)
            under_way.append(f"honest-{accepted}")
            outbox.accept(assessment(session=under_way[-1]))
            accepted += 1
            await_all_but(_UNDER_WAY)

        try:
            one()
            await_all_but(0)
            sender.publish(Topics("north", "hall-1").desired, b"", retain=True)
        finally:
            stop.set()
            for thread in threads:
                thread.join()
            sender.drop()
            outbox.close()
    return honest

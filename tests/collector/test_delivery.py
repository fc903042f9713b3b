"""The guarantee, end to end: what the station accepted stands in the store, once, byte for byte.

Station, broker and collector are real processes. POSTURE_CHAOS_S lengthens the chaos test.
"""

from __future__ import annotations

import hashlib
import os
import random
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from posture_tools.collector.sqlite.store import SqliteStore
from simulators.children import Child, collector, station
from simulators.mosquitto import Mosquitto
from simulators.waiting import eventually

from edge.results.outbox import Outbox
from edge.wire.codec import decode_message
from edge.wire.envelope import GENESIS

pytestmark = [
    pytest.mark.broker,
    pytest.mark.timeout(160 + float(os.environ.get("POSTURE_CHAOS_S", "20"))),
]


class World:
    """One broker, one collector, one station; each can be killed and started again."""

    def __init__(self, folder: Path, program: str) -> None:
        self.folder = folder
        self.broker = Mosquitto(program, folder / "broker")
        self.store = folder / "collector.db"
        self.promised: dict[int, str] = {}
        self._collector: Child | None = None
        self._station: Child | None = None

    def start_collector(self) -> None:
        self._collector = collector(self.store, self.broker.port)

    def kill_collector(self) -> None:
        assert self._collector is not None
        self._collector.kill()

    def start_station(self, every_s: float = 0.01) -> None:
        self._station = station(self.folder, self.broker.port, every_s)

    def kill_station(self) -> None:
        assert self._station is not None
        self._station.kill()
        self._note()

    def accepted(self, count: int) -> None:
        """Wait until the running station has promised this many."""
        child = self._station
        assert child is not None
        eventually(lambda: len(child.lines) >= count)

    def more(self, count: int) -> None:
        """Wait until the running station has promised this many more."""
        child = self._station
        assert child is not None
        target = len(child.lines) + count
        eventually(lambda: len(child.lines) >= target)

    def _note(self) -> None:
        assert self._station is not None
        for line in self._station.lines:
            seq, digest = line.split()
            if digest != "gone":  # delivered before the line could be written
                self.promised[int(seq)] = digest

    def settle(self) -> None:
        """No more results; wait until the outbox is empty."""
        assert self._station is not None
        self._station.write_line()
        with self.outbox() as outbox:
            eventually(lambda: outbox.depth() == 0, within_s=60)

    @contextmanager
    def outbox(self) -> Iterator[Outbox]:
        with Outbox.open(
            self.folder / "outbox.db",
            site="north", station="hall-1", limit_bytes=50_000_000, at_limit="refuse",
        ) as outbox:  # fmt: skip
            yield outbox

    def check(self) -> int:
        """accepted == stored, exactly once, identical; how many there are."""
        self.kill_station()
        with self.outbox() as outbox, SqliteStore(self.store) as store:
            accepted = outbox.counts().accepted
            bodies = {
                seq: bytes(body)
                for seq, body in store.rows(
                    "SELECT seq, body FROM result WHERE epoch = ?"
                    " UNION ALL SELECT seq, body FROM event WHERE epoch = ?",
                    (outbox.epoch, outbox.epoch),
                )
            }
            assert sorted(bodies) == list(range(1, accepted + 1))
            [(rows,)] = store.rows(
                "SELECT (SELECT COUNT(*) FROM result) + (SELECT COUNT(*) FROM event)"
            )
            assert rows == accepted
            for table in ("ingest_conflict", "dead_letter"):
                assert store.rows(f"SELECT * FROM {table}") == []  # noqa: S608
        previous = GENESIS
        for seq in range(1, accepted + 1):
            assert decode_message(bodies[seq]).prev_sha256 == previous
            previous = hashlib.sha256(bodies[seq]).hexdigest()
            assert self.promised.get(seq, previous) == previous
        return accepted

    def stop(self) -> None:
        for child in (self._station, self._collector):
            if child is not None:
                child.kill()
        self.broker.kill()


@pytest.fixture
def world(tmp_path: Path, mosquitto: str) -> Iterator[World]:
    world = World(tmp_path, mosquitto)
    world.broker.start()
    yield world
    world.stop()


def test_broker_is_killed_and_comes_back(world: World) -> None:
    world.start_collector()
    world.start_station()
    world.accepted(50)
    world.broker.kill()
    world.accepted(100)
    world.broker.start()
    world.accepted(150)
    world.settle()
    assert world.check() >= 150


def test_broker_loses_its_state(world: World) -> None:
    """Sessions, subscriptions, retained and queued messages are gone; both sides announce anew."""
    world.start_collector()
    world.start_station()
    world.accepted(50)
    world.broker.kill()
    world.broker.lose_state()
    world.broker.start()
    world.accepted(100)
    world.settle()
    assert world.check() >= 100


def test_collector_is_killed(world: World) -> None:
    world.start_collector()
    world.start_station()
    world.accepted(50)
    world.kill_collector()
    world.accepted(100)
    world.start_collector()
    world.settle()
    assert world.check() >= 100


def test_station_is_killed(world: World) -> None:
    world.start_collector()
    for _ in range(3):
        world.start_station()
        world.accepted(30)
        world.kill_station()
    world.start_station()
    world.settle()
    assert world.check() >= 90


def test_nothing_is_there_when_the_station_starts(world: World) -> None:
    world.broker.kill()
    world.start_station()
    world.accepted(30)
    world.broker.start()
    world.accepted(60)
    world.start_collector()
    world.settle()
    assert world.check() >= 60


@pytest.mark.parametrize("receive_maximum", [1, 5, 20])
def test_backlog_under_a_small_receive_maximum(
    tmp_path: Path, mosquitto: str, receive_maximum: int
) -> None:
    world = World(tmp_path, mosquitto)
    world.broker.configure(f"max_inflight_messages {receive_maximum}")
    world.start_station(every_s=0.0005)
    world.accepted(300)
    world.broker.start()
    world.start_collector()
    world.settle()
    assert world.check() >= 300
    world.stop()


def test_chaos(world: World) -> None:
    """Seeded kills of everything, for 20 s or POSTURE_CHAOS_S, with POSTURE_CHAOS_SEED."""
    seed = int(os.environ.get("POSTURE_CHAOS_SEED", "20"))
    until_s = time.monotonic() + float(os.environ.get("POSTURE_CHAOS_S", "20"))
    dice = random.Random(seed)
    faults: Counter[str] = Counter()
    world.start_collector()
    world.start_station()
    while time.monotonic() < until_s:
        world.more(dice.randrange(1, 60))
        victim = dice.choice(["broker", "broker and its state", "collector", "station"])
        faults[victim] += 1
        if victim == "station":
            world.kill_station()
            world.start_station()
        elif victim == "collector":
            world.kill_collector()
            world.more(dice.randrange(1, 60))
            world.start_collector()
        else:
            world.broker.kill()
            world.more(dice.randrange(1, 60))
            if victim == "broker and its state":
                world.broker.lose_state()
            world.broker.start()
    world.settle()
    print(f"seed {seed}: {dict(faults)}, {world.check()} accepted and stored")

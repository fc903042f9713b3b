"""A large site in small: two balancers, three brokers, two workers, a primary and its standby.

Worker, broker and balancer are killed -9 in turn and started again as systemd would, then the
database, whose standby is promoted. Every result that a station has called accepted must stand in
the store once.
"""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from posture_tools.collector.postgres.store import PostgresStore
from posture_tools.collector.verify import findings
from simulators.assessments import assessment
from simulators.balancer import Balancer
from simulators.children import Child
from simulators.mosquitto import Mosquitto
from simulators.postgres import Pair
from simulators.waiting import eventually

from edge.mqtt.settings import MqttSettings, brokers_at
from edge.results.outbox import Outbox
from edge.settings import Settings
from edge.uplink.uplink import Uplink

STATIONS = 6
EVERY_S = 0.15  # one station accepts a result


@dataclass(slots=True)
class Told:
    """What came of it. longest_s : from a commit at a station to that of the store."""

    accepted: int = 0
    stored: int = 0
    doubled: int = 0
    longest_s: float = 0.0
    median_s: float = 0.0
    faults: Counter[str] = field(default_factory=Counter)


class Chaos:
    """seed : of the order of faults, and of how long a part stays away."""

    def __init__(
        self, folder: Path, mosquitto: str, haproxy: str, postgres: Path, seed: int
    ) -> None:
        self._folder = folder
        self._random = random.Random(seed)
        self._stack = ExitStack()
        self._pair = self._stack.enter_context(Pair(postgres))
        self._brokers = [
            self._stack.enter_context(
                Mosquitto(mosquitto, folder / f"broker-{n}", "max_queued_messages 100000")
            )
            for n in range(3)
        ]
        ports = [broker.port for broker in self._brokers]
        self._balancers = [
            self._stack.enter_context(Balancer(haproxy, folder / f"balancer-{n}", ports))
            for n in range(2)
        ]
        lines = ['site = "north"', f'store = "{self._pair.address}"']
        for port in ports:
            lines += ["[[broker]]", f"port = {port}", "keepalive_s = 5"]
        self._config = folder / "collector.toml"
        self._config.write_text("\n".join(lines))
        self._workers = [self._worker() for _ in range(2)]
        for worker in self._workers:
            eventually(lambda worker=worker: bool(worker.lines), within_s=120)
        self._stop, self._enough = threading.Event(), threading.Event()
        self._accepted: dict[tuple[str, int], float] = {}
        self._outboxes = [self._station(f"hall-{n}") for n in range(STATIONS)]
        self.told = Told()

    def _worker(self) -> Child:
        return Child("-m", "posture_tools.collector", "run", "--config", str(self._config))

    def _station(self, name: str) -> Outbox:
        """Accepts until it was enough, sends until all is over."""
        balancers = [f"127.0.0.1:{each.port}" for each in self._balancers]
        self._random.shuffle(balancers)
        mqtt = brokers_at(balancers, MqttSettings(resend_s=1.0, keepalive_s=5))
        outbox = Outbox.open(
            self._folder / f"{name}.db",
            site="north", station=name, limit_bytes=50_000_000, at_limit="refuse",
        )  # fmt: skip
        uplink = Uplink(Settings(site="north", station=name, mqtt=mqtt), outbox)

        def accept() -> None:
            while not self._enough.wait(EVERY_S):
                seq = outbox.accept(assessment(outbox.counts().accepted))
                self._accepted[name, seq] = time.time()

        def both() -> None:
            threads = [threading.Thread(target=accept),
                       threading.Thread(target=uplink.run, args=(self._stop,))]  # fmt: skip
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            outbox.close()

        thread = threading.Thread(target=both)
        thread.start()
        self._stack.callback(thread.join)
        return outbox

    # The faults: what stays away for a moment comes back as the service manager brings it.

    def _away_s(self) -> float:
        return self._random.uniform(0.2, 2.0)

    def _worker_dies(self) -> None:
        place = self._random.randrange(len(self._workers))
        self._workers[place].kill()
        time.sleep(self._away_s())
        self._workers[place] = self._worker()

    def _broker_dies(self) -> None:
        broker = self._random.choice(self._brokers)
        broker.kill()
        time.sleep(self._away_s())
        if self._random.random() < 0.5:
            broker.lose_state()
        broker.start()

    def _balancer_dies(self) -> None:
        balancer = self._random.choice(self._balancers)
        balancer.kill()
        time.sleep(self._away_s())
        balancer.start()

    def _database_dies(self) -> None:
        """For good: a person sees it and promotes the standby."""
        self._pair.primary.kill()
        time.sleep(self._away_s())
        self._pair.standby.script("promote", "--alone")

    def run(self, seconds: float) -> Told:
        """Faults for so long, the database's last, then quiet; checks all that was promised."""
        small: list[Callable[[], None]] = [
            self._worker_dies, self._broker_dies, self._balancer_dies
        ]  # fmt: skip
        try:
            with PostgresStore(self._pair.address, self._folder / "erasures") as store:
                end_s = time.monotonic() + seconds
                waiting = list(small)
                self._random.shuffle(waiting)
                while waiting or time.monotonic() < end_s:
                    fault = waiting.pop() if waiting else self._random.choice(small)
                    fault()
                    self.told.faults[fault.__name__.strip("_")] += 1
                    self._await_progress(store)
                self._database_dies()
                self.told.faults["database_dies"] += 1
            with PostgresStore(self._pair.address, self._folder / "erasures") as store:
                self._await_progress(store)
                self._enough.set()
                for outbox in self._outboxes:
                    eventually(lambda outbox=outbox: outbox.depth() == 0, within_s=300)
                self._check(store)
        finally:
            self._enough.set()
            self._stop.set()
            for worker in self._workers:
                worker.kill()
            self._stack.close()
        return self.told

    def _await_progress(self, store: PostgresStore) -> None:
        """Until every station has one more result in the store than when this began."""
        sql = "SELECT station, MAX(newest) FROM progress GROUP BY station"
        before = dict(store.rows(sql))

        def all_went_on() -> bool:
            now = dict(store.rows(sql))
            return all(now.get(f"hall-{n}", 0) > before.get(f"hall-{n}", 0)
                       for n in range(STATIONS))  # fmt: skip

        eventually(all_went_on, within_s=180)

    def _check(self, store: PostgresStore) -> None:
        stored = Counter(
            (station, seq) for station, seq in store.each("SELECT station, seq FROM result")
        )
        delays_s = sorted(
            datetime.fromisoformat(at).timestamp() - self._accepted[station, seq]
            for station, seq, at in store.each("SELECT station, seq, received_at FROM ingest_key")
            if (station, seq) in self._accepted
        )
        self.told.accepted, self.told.stored = len(self._accepted), len(stored)
        self.told.doubled = sum(count - 1 for count in stored.values())
        self.told.longest_s = delays_s[-1]
        self.told.median_s = delays_s[len(delays_s) // 2]
        lost = self._accepted.keys() - stored.keys()
        assert not lost, f"accepted, and not stored: {sorted(lost)}"
        assert self.told.doubled == 0, "a result stands twice"
        assert store.rows("SELECT DISTINCT link FROM ingest_key") == [("ok",)], "chains are whole"
        assert list(findings(store)) == []
        assert list(store.problems()) == []

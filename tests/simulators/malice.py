"""Three stations, a broker and a collector between faults, damage and a thief.

Every result that a station has called accepted must stand in the store once, or be named: in a gap
that its station told, in its quarantine, or by `verify`.
"""

from __future__ import annotations

import random
import sqlite3
import subprocess
import time
from collections import Counter
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path

from posture_tools.collector.broker import await_listening, free_port
from posture_tools.collector.sqlite.store import SqliteStore
from posture_tools.collector.verify import findings
from simulators.children import Child
from simulators.collector_words import payload_of
from simulators.flipping_proxy import FlippingProxy
from simulators.site import Site
from simulators.waiting import eventually

from edge.errors import PostureError
from edge.mqtt.connection import open_best
from edge.wire.envelope import identity
from edge.wire.receipt import Receipt
from edge.wire.seal import pack, seal_of
from edge.wire.topics import Topics

STATIONS = ("hall-1", "hall-2", "hall-3")
_LEAST_SAID = 100  # results, or what follows says little
# The longest wait between two tries to connect is 75 s; no hint holds anything back for long.
_QUIET_S = 120.0
THIEF = "hall-3"  # whose password somebody has


@dataclass(slots=True)
class Told:
    """What came of it.

    accepted : what stations told of. named : of those, the damaged ones. untold : stored though its
    station died between commit and word. standstill_s : from the end of a fault to a healthy
    station's next result in the store, the longest.
    """

    accepted: int = 0
    stored: int = 0
    named: int = 0
    untold: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    flips: int = 0
    refusals: int = 0
    standstill_s: float = 0.0


class Malice:
    """with_acl : the written access rules hold; without, only signatures refuse."""

    def __init__(self, folder: Path, program: str, seed: int, *, with_acl: bool) -> None:
        self._random = random.Random(seed)
        self._folder = folder
        self._program = program
        self._site = Site(folder, program)
        self._plain_port = free_port()
        conf = self._site.folder / "broker" / "mosquitto.conf"
        lines = [
            line for line in conf.read_text().splitlines() if with_acl or "acl_file" not in line
        ]
        lines += [f"listener {self._plain_port} 127.0.0.1", "autosave_interval 1"]
        conf.write_text("\n".join(lines) + "\n")
        for name in STATIONS:
            self._site.station(name)
        self._proxy = FlippingProxy(self._plain_port, seed)
        self._broker: subprocess.Popen[bytes] | None = None
        self._collector: Child | None = None
        self._stations: dict[str, Child] = {}
        self._said: dict[str, tuple[str, str, int]] = {}  # session -> station, epoch, seq
        self.told = Told()

    # The parts.

    def _start_broker(self) -> None:
        with (self._folder / "broker.log").open("ab") as log:
            conf = self._site.folder / "broker" / "mosquitto.conf"
            self._broker = subprocess.Popen(
                [self._program, "-c", str(conf)], stdout=log, stderr=log
            )
        await_listening(self._plain_port, self._broker)

    def _kill_broker(self) -> None:
        if self._broker is not None:
            self._broker.kill()
            self._broker.wait()

    def _start_collector(self) -> None:
        self._collector = self._site.start_collector()

    def _start_station(self, name: str) -> None:
        boot = self._site.folder / "stations" / name / "station.toml"
        self._stations[name] = Child(
            str(Path(__file__).with_name("site_station.py")), str(boot), str(self._state(name)),
            str(self._proxy.port), "0.15",
        )  # fmt: skip

    def _state(self, name: str) -> Path:
        return self._folder / "state" / name

    def _kill_station(self, name: str) -> None:
        child = self._stations.pop(name)
        child.kill()
        self._hear(name, child)

    def _hear(self, name: str, child: Child) -> None:
        for line in child.lines:
            session, epoch, seq = line.split()
            self._said[session] = name, epoch, int(seq)

    # The faults. Each returns who is not healthy while it lasts and just after.

    def _station_dies(self) -> set[str]:
        name = self._random.choice(STATIONS)
        self._kill_station(name)
        self._start_station(name)
        return {name}

    def _card_changes_bits(self) -> set[str]:
        name = self._random.choice(STATIONS)
        self._kill_station(name)
        path = self._state(name) / "outbox.db"
        with suppress(sqlite3.Error), closing(sqlite3.connect(path)) as db:
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # what the log holds checks itself
        data = bytearray(path.read_bytes())
        for _ in range(self._random.randint(1, 4)):
            at = self._random.randrange(4096, len(data)) if len(data) > 4096 else 0
            data[at] ^= 1 << self._random.randrange(8)
        path.write_bytes(data)
        self._start_station(name)
        return {name}

    def _wire_changes_bits(self) -> set[str]:
        self._proxy.flipping.set()
        time.sleep(1.0)
        self._proxy.flipping.clear()
        return set()

    def _collector_dies(self) -> set[str]:
        assert self._collector is not None
        self._collector.kill()
        self._start_collector()
        return set()

    def _broker_dies(self) -> set[str]:
        self._kill_broker()
        self._start_broker()
        return set()

    def _broker_forgets(self) -> set[str]:
        self._kill_broker()
        (self._site.folder / "broker" / "mosquitto.db").unlink(missing_ok=True)
        self._start_broker()
        return set()

    def _thief_publishes(self) -> set[str]:
        """Poison, forgeries and lies, retained and not, on every topic of every station."""
        login = self._site.login(THIEF, self._site.folder / "stations" / THIEF / "password")
        with suppress(PostureError):
            connection = open_best(login, f"thief-{self._random.randrange(10**6)}")
            try:
                for name in STATIONS:
                    for topic, payload, retain in self._lies(name):
                        connection.publish(topic, payload, retain=retain)
                connection.poll(0.2)
                connection.close()
            finally:
                connection.drop()
        return set()

    def _lies(self, name: str) -> list[tuple[str, bytes, bool]]:
        topics = Topics("north", name)
        garbage = self._random.randbytes(self._random.randint(1, 300))
        nested = b'{"a":' * 3000 + b"1" + b"}" * 3000
        epoch = f"{self._random.getrandbits(96):024x}"
        body = b'{"schema":"ps.result/2","id":"' + identity(name, epoch, 1).encode() + b'"}'
        forged = pack(body, seal_of("message", topics.message("result/posture"), body,
                                    name=identity(name, epoch, 1)))  # fmt: skip
        receipt = payload_of(Receipt("north", name, epoch, 99, ((1, "0" * 64),)))
        offline = b'{"schema":"ps.collector/1","online":false}'
        every = [
            topics.message("result/posture"), topics.message("event/erase"), topics.state,
            topics.birth, topics.health, topics.enrol, topics.receipt, topics.desired,
            topics.command("erase"), topics.collector_state,
        ]  # fmt: skip
        return [
            *((topic, self._random.choice((garbage, nested, forged, b"")), True)
              for topic in every),
            (topics.message("result/posture"), forged, False),
            (topics.receipt, receipt, False),
            (topics.collector_state, offline, True),
        ]  # fmt: skip

    # The whole.

    def run(self, seconds: float) -> Told:
        """Faults for so long, then quiet; checks all that was promised."""
        faults = (
            self._station_dies, self._card_changes_bits, self._wire_changes_bits,
            self._collector_dies, self._broker_dies, self._broker_forgets, self._thief_publishes,
        )  # fmt: skip
        try:
            self._start_broker()
            self._start_collector()
            for name in STATIONS:
                self._start_station(name)
            eventually(lambda: all(self._counts().get(name) for name in STATIONS), within_s=120)
            end_s = time.monotonic() + seconds
            waiting = list(faults)
            self._random.shuffle(waiting)
            # On a slow machine it takes longer until every fault has had its turn.
            while time.monotonic() < end_s or waiting or len(self._said) <= _LEAST_SAID:
                fault = waiting.pop() if waiting else self._random.choice(faults)
                sick = fault()
                self.told.faults[fault.__name__.strip("_")] += 1
                self._await_progress(set(STATIONS) - sick)
            self._settle()
            self._check()
        finally:
            for child in [*self._stations.values(), self._collector]:
                if child is not None:
                    child.kill()
            self._kill_broker()
            self._proxy.close()
        self.told.flips = self._proxy.flips
        log = (self._folder / "broker.log").read_text(errors="replace")
        self.told.refusals = log.count("Denied PUBLISH")
        return self.told

    def _counts(self) -> dict[str, int]:
        with SqliteStore(self._site.store) as store:
            return dict(store.rows("SELECT station, COUNT(*) FROM result GROUP BY station"))

    def _await_progress(self, healthy: set[str]) -> None:
        """Until each healthy station has one more result in the store; how long that took."""
        before, began_s = self._counts(), time.monotonic()

        def all_went_on() -> bool:
            now = self._counts()
            return all(now.get(name, 0) > before.get(name, 0) for name in healthy)

        eventually(all_went_on, within_s=_QUIET_S)
        self.told.standstill_s = max(self.told.standstill_s, time.monotonic() - began_s)

    def _settle(self) -> None:
        for child in self._stations.values():
            child.write_line()
        for name in STATIONS:
            eventually(lambda name=name: self._waiting(name) == 0, within_s=_QUIET_S)
        for name in STATIONS:
            self._kill_station(name)

    def _waiting(self, name: str) -> int:
        path = self._state(name) / "outbox.db"
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as db:
            return int(db.execute("SELECT COUNT(*) FROM message").fetchone()[0])

    def _check(self) -> None:
        with SqliteStore(self._site.store) as store:
            stored = Counter(session for (session,) in store.each("SELECT session FROM result"))
            of = {
                (f.station, f.epoch, n) for f in findings(store) for n in range(f.first, f.last + 1)
            }
        assert max(stored.values()) == 1, "a result stands twice"
        unknown = set(stored) - set(self._said)
        # A station killed between its commit and its word has promised nothing, and sends it.
        assert len(unknown) <= 3 * sum(self.told.faults.values()) + 3, "somebody else's results"
        missing = {session: where for session, where in self._said.items() if session not in stored}
        unnamed = {
            session: where for session, where in missing.items()
            if where not in of and session not in self._set_aside(where[0])
        }  # fmt: skip
        assert not unnamed, f"accepted, and neither stored nor named: {unnamed}"
        self.told.accepted, self.told.stored = len(self._said), len(stored)
        self.told.named, self.told.untold = len(missing), len(unknown)

    def _set_aside(self, name: str) -> set[str]:
        path = self._state(name) / "outbox.db"
        with closing(sqlite3.connect(path)) as db:
            db.text_factory = lambda raw: raw.decode(errors="replace")
            return {session for (session,) in db.execute("SELECT session FROM quarantine")}

"""What an operator types at the collector, over a real broker, to what the updater then does."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest
from posture_tools.collector.__main__ import main
from posture_tools.collector.desired import desired_states
from posture_tools.collector.ingest import Collector
from posture_tools.collector.report import fleet
from posture_tools.collector.sqlite.store import SqliteStore
from simulators.mosquitto import Mosquitto
from simulators.waiting import eventually

from edge.errors import MessageRefused, OutboxFull
from edge.results.outbox import Outbox
from edge.settings import Settings
from edge.update.desired import keep_desired, load_desired, take_desired
from edge.update.serving import ModelStore
from edge.uplink.uplink import Uplink
from edge.wire.clock import Instant, read_clock

pytestmark = pytest.mark.broker


class Site:
    """Broker, collector and the uplink of the station `hall-1`."""

    def __init__(self, program: str, folder: Path, station) -> None:
        self.broker = Mosquitto(program, folder / "broker")
        self.store = SqliteStore(folder / "collector.db")
        self.outbox = Outbox.open(
            folder / "outbox.db",
            site="north", station=station.name, limit_bytes=10_000_000, at_limit="refuse",
        )  # fmt: skip
        self.station = station
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []
        self.broker.start()
        collector = Collector(self.broker.settings, self.store, "north", on_problem=print)
        self._run(collector.run)

    def _run(self, target) -> None:
        self._threads.append(threading.Thread(target=target, args=(self._stop,)))
        self._threads[-1].start()

    def connect(self) -> None:
        settings = Settings(site="north", station=self.station.name, mqtt=self.broker.settings)
        take = partial(take_desired, self.station.desired, self.outbox)
        self._run(Uplink(settings, self.outbox, desired=take).run)

    def desire(self, *said: str) -> int:
        """Type it, and wait until the station has answered. Returns the version."""
        where = ["--broker", f"127.0.0.1:{self.broker.port}", "--site", "north"]
        before = self.wish
        assert main(["desire", self.station.name, *said, *where]) == 0
        eventually(lambda: self.wish != before and self.wish.obeyed)
        return self.wish.desired.version

    @property
    def wish(self):
        return desired_states(self.store).get(("north", self.station.name))

    def answers(self) -> list[dict]:
        rows = self.store.rows("SELECT body FROM event WHERE kind = 'model' ORDER BY seq")
        return [json.loads(body)["data"] for (body,) in rows]

    def close(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()
        self.broker.kill()
        self.outbox.close()
        self.store.close()


@pytest.fixture
def site(tmp_path: Path, mosquitto: str, station) -> Iterator[Site]:
    running = Site(mosquitto, tmp_path, station)
    yield running
    running.close()


def test_hold_and_release(site, publisher, station, models, capsys) -> None:
    site.connect()
    publisher.offer(models["2"])
    site.desire("--hold")
    assert station.updater().run() is None
    [line] = fleet(site.store)
    assert (line.desired, line.models) == ("hold", {})
    site.desire()
    assert station.updater().run().terms.version == "2"
    assert [answer["hold"] for answer in site.answers()] == [True, False]


def test_pin_takes_an_older_file_from_outside_its_ring(site, publisher, station, models) -> None:
    site.connect()
    old = publisher.offer(models["2"], ring=0)
    publisher.offer(models["3"])
    site.desire("--pin", f"whole={old}")
    assert station.updater().run().sha256 == old
    engine_of(station).confirm()
    assert station.updater().run() is None  # 3 is newer and offered, but 2 is pinned


def test_force_offers_a_rolled_back_file_once_more(site, publisher, station, models) -> None:
    site.connect()
    sha256 = publisher.offer(models["2"])
    site.desire("--force", sha256)
    station.updater().run()
    engine_of(station).fail("finds_nobody")
    assert station.updater().run() is None  # what failed under this word stays out
    site.desire("--force", sha256)
    assert station.updater().run().sha256 == sha256


def engine_of(station) -> ModelStore:
    return ModelStore(station.folder, {"whole": station.shipped}, station.events.append)


def test_a_station_that_was_away_hears_it_and_answers_once(site, station) -> None:
    where = ["--broker", f"127.0.0.1:{site.broker.port}", "--site", "north"]
    assert main(["desire", station.name, "--hold", *where]) == 0
    eventually(lambda: site.wish is not None)
    assert not site.wish.obeyed
    assert "not answered" in fleet(site.store)[0].desired
    site.connect()
    eventually(lambda: site.wish.obeyed)
    site.broker.kill()
    site.broker.start()  # it comes again with every connection
    site.outbox.accept_event("camera", {"after": "the second connection"})
    eventually(lambda: site.outbox.depth() == 0)
    assert len(site.answers()) == 1


def test_broker_loses_its_state_and_versions_still_grow(site, station) -> None:
    site.connect()
    first = site.desire("--hold")
    site.broker.kill()
    site.broker.lose_state()
    site.broker.start()
    assert site.desire() > first


def test_without_a_word_and_after_damage_the_offers_decide(station, publisher, models) -> None:
    station.desired.write_bytes(b"\0" * 50)
    publisher.offer(models["2"])
    assert station.updater().run() is not None


def test_older_and_malformed_words_change_nothing(tmp_path) -> None:
    path = tmp_path / "desired.json"
    first = b'{"schema":"ps.desired/1","version":5,"hold":true}'
    assert keep_desired(path, first, read_clock()) is not None
    for body in (b"", b"{", b'{"schema":"ps.desired/1","version":4}',
                 b'{"schema":"ps.desired/1","version":5}',
                 b'{"schema":"ps.desired/1","version":6,"pin":{"whole":"abc"}}'):  # fmt: skip
        with pytest.raises(MessageRefused):
            keep_desired(path, body, read_clock())
    assert load_desired(path).hold


def test_a_version_from_the_future_locks_nobody_out(tmp_path) -> None:
    """Taken while the clock was wrong, it holds nothing back once the clock is right."""
    path = tmp_path / "desired.json"
    lie, wish = (f'{{"schema":"ps.desired/1","version":{n},"hold":true}}'.encode()
                 for n in (2**53 - 1, 1_800_000_000))  # fmt: skip
    right = Instant(1_800_000_000 * 10**9, "synced", "boot", 1)
    with pytest.raises(MessageRefused, match="future"):
        keep_desired(path, lie, right)
    assert keep_desired(path, lie, Instant(0, "unsynced", "boot", 1)) is not None
    with pytest.raises(MessageRefused, match="too old"):
        keep_desired(path, wish, Instant(0, "unsynced", "boot", 1))
    assert keep_desired(path, wish, right) is not None
    assert load_desired(path).version == 1_800_000_000


def test_a_full_outbox_does_not_stop_the_operators_word(tmp_path) -> None:
    with Outbox.open(
        tmp_path / "outbox.db",
        site="north", station="hall-1", limit_bytes=200_000, at_limit="refuse",
    ) as outbox:  # fmt: skip
        fill = {"step": "x", "detail": "y" * 4000}
        with suppress(OutboxFull):
            while True:
                outbox.accept_event("model", fill)
        path = tmp_path / "desired.json"
        take_desired(path, outbox, b'{"schema":"ps.desired/1","version":5,"hold":true}')
        assert load_desired(path).hold


@pytest.mark.parametrize(
    "said", [["--pin", "whole"], ["--force", "abc"], ["--pin", "R=" + "0" * 64]]
)
def test_nonsense_is_refused_before_it_is_said(said, capsys) -> None:
    assert main(["desire", "hall-1", *said]) == 2
    assert "cannot be desired" in capsys.readouterr().err

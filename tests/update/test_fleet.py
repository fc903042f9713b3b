"""A fleet takes a model at 1 %, 10 %, 100 %, and a bad one stops by itself.

POSTURE_FLEET sets how many stations there are.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta

import pytest
from posture_tools.collector.intake import Incoming, examine
from posture_tools.collector.rollout import (
    STAGES,
    ModelEvent,
    Progress,
    actual_models,
    advise,
    model_events,
    progress_of,
    stations,
)
from posture_tools.collector.sqlite.store import SqliteStore
from simulators.model_world import dots_model, station_of

from edge.results import compose
from edge.update import repository
from edge.update.serving import ModelStore
from edge.update.trust import refresh
from edge.update.web import MetadataFetcher, Web
from edge.wire.clock import read_clock
from edge.wire.envelope import GENESIS, Time, identity

FLEET = int(os.environ.get("POSTURE_FLEET", "60"))
EPOCH = "0" * 24


class Fleet:
    """Stations with real updaters, and the collector that hears them.

    broken : versions that find nobody in any station.
    """

    def __init__(self, folder, publisher, server, shipped, stack: ExitStack) -> None:
        self.publisher = publisher
        self.broken: set[str] = set()
        self.told = 0
        self.store = stack.enter_context(SqliteStore(folder / "collector.db"))
        self.cache = folder / "metadata"
        self.fetcher = MetadataFetcher(Web())
        self.stations = {}
        for n in range(FLEET):
            name = f"hall-{n}"
            station = station_of(folder / name, publisher, server, shipped, name)
            self.stations[name] = station
            self.store.note("north", name, "state", b"{}", online=True)

    def day(self) -> None:
        """Each station's timer runs once, people come, and its events reach the collector.

        Verifying the same metadata for each is most of the work and tested elsewhere: the first
        station does it for all.
        """
        once = functools.cache(lambda url, root: refresh(self.cache, url, root, self.fetcher))
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(
                repository, "refresh", lambda _folder, url, root, _get, _role: once(url, root)
            )
            self._day()

    def _day(self) -> None:
        for name, station in self.stations.items():
            station.events.clear()
            offer = station.updater().run()
            if offer is not None:
                self._work(station, offer.terms.version)
            if station.events:
                self._tell(name, station.events)

    def _work(self, station, version: str) -> None:
        engine = ModelStore(station.folder, {"whole": station.shipped}, station.events.append)
        engine.load(lambda files: files)
        if version in self.broken:
            engine.fail("finds_nobody")
        else:
            engine.confirm()

    def _tell(self, name: str, events) -> None:
        """What their outboxes would send; outboxes on disk are tested elsewhere."""
        topic = f"ps/v1/north/{name}/event/model"
        batch = []
        for event in events:
            self.told += 1
            envelope = {
                "id": identity(name, EPOCH, self.told), "station": name, "site": "north",
                "epoch": EPOCH, "seq": self.told, "t": Time.of(read_clock()),
                "prev_sha256": GENESIS,
            }  # fmt: skip
            body = compose.body_of(compose.event(envelope, "model", event))
            batch.append(examine(Incoming(topic, body)))
        self.store.ingest(batch)

    def progress(self, sha256: str, ring: int, now=None):
        return progress_of(stations(self.store), model_events(self.store), sha256, ring, now)

    def roll_out(self, model: bytes) -> tuple[str, list[int], bool]:
        """Publish, wait a day, follow the advice: sha256, rings published, stopped."""
        ring, rings = STAGES[0], []
        for _ in range(2 * len(STAGES)):
            rings.append(ring)
            sha256 = self.publisher.offer(model, ring=ring)
            self.day()
            advice = advise(self.progress(sha256, ring), ring)
            if advice.stopped or (advice.ring is None and ring == STAGES[-1]):
                return sha256, rings, advice.stopped
            ring = advice.ring or ring
        raise AssertionError(f"no end after the rings {rings}")


@pytest.fixture
def fleet(tmp_path, publisher, server, shipped) -> Iterator[Fleet]:
    with ExitStack() as stack:
        yield Fleet(tmp_path / "fleet", publisher, server, shipped, stack)


@pytest.mark.timeout(300)
def test_a_good_model_reaches_all_and_a_bad_one_stops_by_itself(fleet, models) -> None:
    sha256, rings, stopped = fleet.roll_out(models["2"])
    assert rings == [1, 10, 100]
    assert not stopped
    assert {s.slots.active["whole"].sha256 for s in fleet.stations.values()} == {sha256}

    fleet.broken.add("3")
    bad, rings, stopped = fleet.roll_out(dots_model("3", sick="blind"))
    assert stopped
    assert rings in ([1], [1, 10])  # where the first per cent of a small fleet is nobody
    tried = [s for s in fleet.stations.values() if bad in s.slots.bad]
    assert 0 < len(tried) < FLEET / 5
    # What the advice asks for: the offer is taken back, and everybody goes on with version 2.
    fleet.publisher.offer(dots_model("3", sick="blind"), ring=0)
    fleet.day()
    assert {s.slots.active["whole"].sha256 for s in fleet.stations.values()} == {sha256}
    assert sum(each.progress is Progress.ROLLED_BACK for each in fleet.progress(bad, 1)) == len(
        tried
    )


def words(sha256: str, *said: tuple[str, str, str]):
    at = datetime(2026, 6, 1, tzinfo=UTC)
    return at, [
        ModelEvent("north", station, at, step, reason, "whole", "2", sha256)
        for station, step, reason in said
    ]


def test_a_station_that_falls_silent_in_the_middle_times_out() -> None:
    at, said = words("f" * 64, ("a", "download", "ok"))
    weekend = timedelta(days=4)  # a long one, on which nobody comes
    [waiting] = progress_of([("north", "a")], said, "f" * 64, 100, at + weekend)
    assert waiting.progress is Progress.PROCEEDING
    [silent] = progress_of([("north", "a")], said, "f" * 64, 100, at + weekend + timedelta(hours=1))
    assert silent.progress is Progress.SILENT
    assert advise([silent], 100).stopped


@pytest.mark.parametrize(
    ("step", "reason", "progress"),
    [
        ("decide", "needs_newer_software", Progress.WAITING),
        ("download", "slow", Progress.PROCEEDING),
        ("canary", "not_finite", Progress.REFUSED),
        ("canary", "machine_busy", Progress.PROCEEDING),
        ("rollback", "finds_nobody", Progress.ROLLED_BACK),
        ("rollback", "damaged_on_disk", Progress.PROCEEDING),
        ("confirm", "ok", Progress.CONFIRMED),
    ],
)
def test_what_a_step_means(step, reason, progress) -> None:
    at, said = words("f" * 64, ("a", step, reason))
    [found] = progress_of([("north", "a")], said, "f" * 64, 100, at)
    assert found.progress is progress
    assert found.actual == ({"whole": "2"} if step == "confirm" else {})


def test_actual_is_what_serves_after_confirmations_and_rollbacks() -> None:
    def word(step: str, version: str, reason: str = "ok") -> ModelEvent:
        at = datetime(2026, 6, 1, tzinfo=UTC)
        return ModelEvent("north", "a", at, step, reason, "whole", version, version * 64)

    said: list[ModelEvent] = []
    for step, version, serves in (
        ("confirm", "2", {"whole": "2"}), ("rollback", "3", {"whole": "2"}),
        ("confirm", "4", {"whole": "4"}), ("rollback", "4", {"whole": "2"}),
        ("rollback", "2", {}), ("confirm", "5", {"whole": "5"}),
    ):  # fmt: skip
        said.append(word(step, version))
        assert actual_models(said).get(("north", "a"), {}) == serves
    damaged = ModelEvent("north", "a", said[0].received_at, "rollback", "slots_damaged", "", "", "")
    assert actual_models([*said, damaged]) == {}


def test_an_empty_ring_does_not_hold_up_a_small_fleet() -> None:
    at, _ = words("f" * 64)
    assert advise(progress_of([("north", "a"), ("north", "b")], [], "f" * 64, 0, at), 1).ring == 10


def test_one_failure_in_a_hundred_is_borne_six_are_not() -> None:
    names = [f"s{n}" for n in range(100)]
    said = [(name, "confirm", "ok") for name in names]
    for failures, stopped in ((1, False), (5, False), (6, True)):
        failed = [(f"s{n}", "rollback", "finds_nobody") for n in range(failures)]
        at, heard = words("f" * 64, *said, *failed)
        assert (
            advise(
                progress_of([("north", name) for name in names], heard, "f" * 64, 100, at), 100
            ).stopped
            is stopped
        )

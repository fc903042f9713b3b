"""The process dies, or the power, at every operation of the ten steps: it always comes up again.

POSTURE_CRASHES sets how many deaths are tried, half by signal and half by power cut.
"""

from __future__ import annotations

import os
import random

import pytest
from simulators.dying import died
from simulators.dying_station import live, network_from
from simulators.volatile_disk import VolatileDisk

from edge.errors import PostureError
from edge.update.serving import ModelStore
from edge.update.slots import load_slots
from edge.update.store import Store
from edge.update.version_floor import load_floor

DEATHS = int(os.environ.get("POSTURE_CRASHES", "12"))


def comes_up(station, versions: set[str]) -> None:
    """The engine starts on a verified file and the store holds what slots.json names."""
    slots = load_slots(station.folder)
    named = slots.in_use()
    store = Store(station.folder)
    assert all(store.holds(sha256) for sha256 in named)
    events: list[dict] = []
    engine = ModelStore(station.folder, {"whole": station.shipped}, events.append)
    network = engine.load(network_from)
    assert network.identity.version in versions
    reasons = {event["reason"] for event in events if event["step"] == "rollback"}
    assert reasons <= {"tries_used_up"}  # three deaths just after a load began: caution is right


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("way", ["kill -9", "power cut"])
def test_dies_at_any_step_and_comes_up(
    publisher, server, station, models, tmp_path, processes, way
) -> None:
    publisher.offer(models["2"])
    count, record = tmp_path / "count", tmp_path / "record"
    trial = copy_of(station, tmp_path / "dry")
    assert died(processes, live, trial, None, 0, count) == 0
    operations = int(count.read_text())
    assert operations > 50
    server.cut_after["/targets/"] = 20_000  # the download takes several attempts
    for n in range(DEATHS // 6):
        draw = random.Random(1000 * n + len(way))
        victim = copy_of(station, tmp_path / f"{n}")
        disk = VolatileDisk(victim.folder, record)
        disk.settle()
        floor = load_floor(victim.folder)
        for _ in range(3):  # a second and a third death find the remains of the one before
            die_at = draw.randrange(1, operations + 20)
            died(processes, live, victim, record, die_at, count)
            if way == "power cut":
                disk.cut(draw)
            comes_up(victim, {"1", "2"})
            floor = rises(floor, load_floor(victim.folder))
            disk.settle()
        finish(victim)
        slots = load_slots(victim.folder)
        comes_up(victim, {"1"} if slots.bad else {"2"})


def copy_of(station, folder):
    return type(station)(folder, station.shipped, station.root, station.url)


def rises(before, after):
    for role, known in before.roles.items():
        assert after.roles[role].version >= known.version
    assert after.newest_utc_ns >= before.newest_utc_ns
    return after


def finish(station) -> None:
    """The timer runs the updater again until there is nothing to take."""
    for _ in range(5):
        try:
            if station.updater().run() is None:
                return
        except PostureError as error:
            pytest.fail(f"the updater does not recover: {error}")


def test_the_simulated_disk_loses_what_was_not_flushed(tmp_path) -> None:
    """The simulator itself: without fsync the loss is seen, with fsync it never is."""
    lost = 0
    for seed in range(40):
        folder = tmp_path / f"{seed}"
        disk = VolatileDisk(folder, tmp_path / f"record{seed}")
        disk.settle()
        (folder / "careless").write_bytes(b"x" * 9000)
        disk.cut(random.Random(seed))
        path = folder / "careless"
        lost += not path.exists() or path.read_bytes() != b"x" * 9000
    assert 10 < lost < 40


def test_events_survive_in_order(tmp_path) -> None:
    from edge.update.report import Spool

    spool = Spool(tmp_path / "events")
    for step in ("refresh", "canary"):
        spool.report({"step": step})
    (tmp_path / "events" / "00000002.json").write_bytes(b"\0\0")
    spool.report({"step": "propose"})
    taken: list[dict] = []
    assert spool.drain(taken.append) == 3
    assert taken == [{"n": 1, "step": "refresh"}, {"n": 3, "step": "propose"}]
    assert spool.drain(taken.append) == 0

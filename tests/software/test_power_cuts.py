"""The process dies, or the power, at every operation on files: the station always comes up again.

POSTURE_CRASHES sets how many deaths are tried of each kind; 0 means at every operation, in turn.
"""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest
from simulators.dying import died
from simulators.dying_software import live
from simulators.software_world import IMAGE_VERSION, SoftwareStation, release
from simulators.volatile_disk import VolatileDisk

from edge.errors import PostureError
from edge.software.environment import MARKER, UNITS
from edge.software.links import unit_names
from edge.update.version_floor import load_floor

DEATHS = int(os.environ.get("POSTURE_CRASHES", "6"))


def anew(publisher, station, folder: Path) -> SoftwareStation:
    made = SoftwareStation(folder, publisher.root, station.url)
    made.power_on()
    return made


def comes_up(station: SoftwareStation, versions: set[str]) -> None:
    """A boot brings the station up on a complete release, with the units of just that one."""
    station.power_on()
    assert station.serves in versions
    at = station.places.active.resolve()
    if at != station.places.image.resolve():
        assert (at / MARKER).exists()
        assert (at / "venv/lib/behaviour.txt").read_text()
    named = {path.name for path in station.places.boot_units.iterdir()}
    serving = station.releases.serving
    assert named == (set() if serving is None else unit_names(at / UNITS))
    assert "posture-engine.service" in station.manager.running
    assert all(path.exists() for path in station.places.boot_units.iterdir())


def settles(station: SoftwareStation) -> None:
    """The timer comes round until there is nothing to take."""
    for _ in range(6):
        try:
            if station.download().run() is None:
                return
            station.guard().run(station.trust())
        except PostureError as error:
            pytest.fail(f"the station does not recover: {error}")
    pytest.fail("there is no end to it")


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("way", ["kill -9", "power cut"])
def test_dies_at_any_operation_and_comes_up(
    publisher, server, station, tmp_path, processes, way
) -> None:
    release(publisher, "1.1.0")
    count, record = tmp_path / "count", tmp_path / "record"
    dry = anew(publisher, station, tmp_path / "dry")
    assert died(processes, live, dry, None, 0, count) == 0
    operations = int(count.read_text())
    assert operations > 100
    dice = random.Random(len(way))
    deaths = range(1, operations + 1)
    for n, first in enumerate(deaths if DEATHS == 0 else dice.sample(deaths, DEATHS)):
        victim = anew(publisher, station, tmp_path / f"{n}")
        disk = VolatileDisk(victim.folder, record)
        disk.settle()
        floor = load_floor(victim.places.folder)
        # A second death finds the remains of the first.
        for die_at in (first, dice.randrange(1, operations)):
            died(processes, live, victim, record, die_at, count)
            if way == "power cut":
                disk.cut(dice)
            comes_up(victim, {IMAGE_VERSION, "1.1.0"})
            floor = rises(floor, load_floor(victim.places.folder))
            disk.settle()
        settles(victim)
        bad = victim.releases.bad
        assert {verdict.reason for verdict in bad.values()} <= {"tries_used_up"}
        comes_up(victim, {IMAGE_VERSION} if bad else {"1.1.0"})


def rises(before, after):
    for role, known in before.roles.items():
        assert after.roles[role].version >= known.version
    assert after.newest_utc_ns >= before.newest_utc_ns
    return after


@pytest.mark.timeout(3600)
def test_dies_at_any_operation_of_the_way_back(
    publisher, server, station, tmp_path, processes
) -> None:
    """The release is unhealthy, and the process dies while it is rolled back, or before."""
    release(publisher, "1.1.0", behaviour="crashes")
    count, record = tmp_path / "count", tmp_path / "record"
    dry = anew(publisher, station, tmp_path / "dry")
    assert died(processes, live, dry, None, 0, count) == 0
    operations = int(count.read_text())
    assert dry.serves == IMAGE_VERSION
    dice = random.Random(3)
    last = range(max(1, operations - 60), operations + 1)  # the trial and what follows it
    for n, die_at in enumerate(last if DEATHS == 0 else dice.sample(last, min(DEATHS, len(last)))):
        victim = anew(publisher, station, tmp_path / f"{n}")
        disk = VolatileDisk(victim.folder, record)
        disk.settle()
        died(processes, live, victim, record, die_at, count)
        disk.cut(dice)
        comes_up(victim, {IMAGE_VERSION, "1.1.0"})
        settles(victim)
        comes_up(victim, {IMAGE_VERSION})


def test_the_guard_is_killed_between_two_steps_and_goes_on_without_a_boot(
    publisher, station
) -> None:
    """systemd starts it again: links, units and services then agree with the state."""
    release(publisher, "1.1.0")
    station.download().run()

    class Killed(BaseException):
        pass

    for method in ("stop", "reload", "restart"):
        original = getattr(station.manager, method)

        def dies(*_given) -> None:
            raise Killed

        setattr(station.manager, method, dies)
        with pytest.raises(Killed):
            station.guard().run(station.trust())
        setattr(station.manager, method, original)
    station.guard().run(station.trust())
    assert station.serves == "1.1.0"
    assert station.releases.confirmed.version == "1.1.0"
    assert station.manager.log[-1].startswith("restart 1.1.0")
    assert "posture-engine.service" in station.manager.running

"""The whole way of a release, from two keys to a confirmed environment, and back."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from simulators.software_world import IMAGE_VERSION, PYTHON, STARTS, release

from edge.errors import UpdateDelayed
from edge.software.environment import UNITS
from edge.software.links import unit_names
from edge.wire.codec import encode
from edge.wire.commands import Desired


def test_a_release_is_built_beside_the_other_tried_and_confirmed(publisher, station) -> None:
    sha256 = release(publisher, "1.1.0")
    before = station.places.active.resolve()
    station.update()
    assert station.serves == "1.1.0"
    assert station.releases.confirmed.sha256 == sha256
    assert station.releases.trial is None
    assert before.is_dir(), "what served before is untouched"
    steps = [(e["step"], e["reason"]) for e in [*station.downloads, *station.events]]
    assert steps == [
        ("download", "ok"), ("install", "ok"), ("trial", "ok"), ("confirm", "ok"),
    ]  # fmt: skip
    assert station.places.confirmed.resolve() == station.places.active.resolve()


def test_units_change_with_the_program_and_back_with_it(publisher, station) -> None:
    engine = STARTS.replace("[Install]", "Environment=NEW=1\n[Install]")
    units = {"posture-engine.service": engine, "posture-extra.service": STARTS}
    release(publisher, "1.1.0", units=units)
    station.update()
    boot = station.places.boot_units
    assert "NEW=1" in (boot / "posture-engine.service").read_text()
    assert "posture-extra.service" in station.manager.running
    assert (boot / "posture-netwatch.service").readlink() == Path("/dev/null"), "it is given up"
    assert station.manager.reloads
    station.guard().take_back()
    assert unit_names(boot) == set(), "the image's own units serve"
    assert station.serves == IMAGE_VERSION


def test_at_boot_the_units_of_the_release_are_there_again(publisher, station) -> None:
    release(publisher, "1.1.0")
    station.update()
    station.power_on()
    assert station.serves == "1.1.0"
    named = {path.name for path in station.places.boot_units.iterdir()}
    assert named == unit_names(station.places.active / UNITS)


@pytest.mark.parametrize("behaviour", ["crashes", "no camera", "no broker"])
def test_an_unhealthy_release_is_rolled_back_and_not_taken_again(
    publisher, station, behaviour
) -> None:
    sha256 = release(publisher, "1.1.0", behaviour=behaviour)
    station.update()
    assert station.serves == IMAGE_VERSION
    assert station.reasons("rollback") == ["unhealthy"]
    assert set(station.manager.running.values()) == {"well"}
    assert not list((station.places.folder / "releases").iterdir()), "its environment is gone"
    assert station.download().run() is None
    station.guard().run(station.trust())
    assert station.serves == IMAGE_VERSION
    station.desired.write_bytes(encode(Desired(version=1, force=(sha256,))))
    assert station.download().run().sha256 == sha256


def test_a_release_need_not_mend_what_was_broken_before(publisher, station) -> None:
    """A station without its broker takes a release, which may be the cure."""
    release(publisher, "1.1.0", behaviour="no broker")
    for unit in station.manager.running:
        station.manager.running[unit] = "no broker"
    station.update()
    assert station.serves == "1.1.0"
    assert station.releases.confirmed.version == "1.1.0"


def test_the_release_before_is_kept_and_older_ones_are_collected(publisher, station) -> None:
    for version in ("1.1.0", "1.2.0", "1.3.0"):
        release(publisher, version)
        station.update()
    kept = {path.name.partition("-")[0] for path in (station.places.folder / "releases").iterdir()}
    assert kept == {"1.2.0", "1.3.0"}
    wheels = {path.name for path in (station.places.handed_over / "store").iterdir()}
    assert len(wheels) == 3, "the two of the newest set, and the wheel of the set before"
    station.download().run()
    assert len(list((station.places.handed_over / "store").iterdir())) == 2
    assert station.guard().take_back().version == "1.2.0"
    assert station.serves == "1.2.0"
    assert station.download().run() is None, "what a person went back from is not taken again"


def test_only_the_wheel_that_changed_is_downloaded(publisher, server, station) -> None:
    release(publisher, "1.1.0")
    station.update()
    server.requests.clear()
    release(publisher, "1.2.0")
    station.update()
    assert len([path for path, _ in server.requests if path.endswith(".whl")]) == 1


def test_of_two_interpreters_the_one_that_serves_is_kept(publisher, station) -> None:
    other = "3.13" if PYTHON != "3.13" else "3.12"
    release(publisher, "1.1.0", python=other)
    mine = release(publisher, "1.1.0")
    both = station.machine.__class__(
        "hall-1", IMAGE_VERSION, PYTHON, frozenset({PYTHON, other}), station.machine.architecture
    )
    assert station.download(machine=both).run().sha256 == mine


def test_a_change_of_interpreter_and_back(publisher, station) -> None:
    """The release needs another Python, which the machine has; its failure brings the old back."""
    other = "3.13" if PYTHON != "3.13" else "3.12"
    pythons = {PYTHON: Path("/usr/bin/python3"), other: Path("/opt/python/bin/python3")}
    machine = station.machine.__class__(
        "hall-1", IMAGE_VERSION, PYTHON, frozenset(pythons), station.machine.architecture
    )
    used = []

    def build(folder, python, wheels) -> None:
        used.append(python)
        unpack(folder, python, wheels)

    from simulators.software_world import prove_here, unpack

    from edge.software.environment import Environments

    environments = Environments(station.places.folder, build, prove_here)
    for version, behaviour, serves in (
        ("1.1.0", "crashes", IMAGE_VERSION),
        ("1.2.0", "well", "1.2.0"),
    ):
        release(publisher, version, python=other, behaviour=behaviour)
        assert station.download(machine=machine).run() is not None
        station.guard(environments, machine=machine, pythons=lambda: pythons).run(station.trust())
        assert station.serves == serves
    assert used == [pythons[other]] * 2
    assert station.releases.confirmed.python == other


def test_a_python_that_is_missing_is_told_and_nothing_is_downloaded(
    publisher, server, station
) -> None:
    other = "3.13" if PYTHON != "3.13" else "3.12"
    release(publisher, "1.1.0", python=other)
    assert station.download().run() is None
    assert station.reasons("decide") == ["needs_python"]
    assert not server.asked(".whl")


def test_a_person_is_measured_by_one_release(publisher, station) -> None:
    """The switch waits until nobody stands before the station."""
    release(publisher, "1.1.0")
    station.download().run()
    engine = station.places.state / "engine.json"
    engine.write_text(json.dumps({"health": {"person_count": 1}}))
    served = []

    def sleep(seconds: float) -> None:
        station.seconds += seconds
        served.append(station.serves)
        if len(served) == 5:
            engine.write_text(json.dumps({"health": {"person_count": 0}}))

    station.guard(sleep=sleep).run(station.trust())
    assert served[:5] == [IMAGE_VERSION] * 5
    assert station.serves == "1.1.0"


def test_somebody_stands_there_all_day(publisher, station) -> None:
    release(publisher, "1.1.0")
    station.download().run()
    (station.places.state / "engine.json").write_text('{"health": {"person_count": 2}}')
    with pytest.raises(UpdateDelayed) as caught:
        station.guard().run(station.trust())
    assert caught.value.reason == "busy"
    (station.places.state / "engine.json").unlink()
    station.update()
    assert station.serves == "1.1.0"


def outbox(path: Path, version: int) -> None:
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("CREATE TABLE message (body)")
        db.execute("INSERT INTO message VALUES ('undelivered')")
        db.execute(f"PRAGMA user_version={version}")
    db.close()


def test_an_outbox_that_the_old_release_cannot_read_is_kept_whole(publisher, station) -> None:
    """The new release brought the outbox up to date, and then did not work."""
    release(publisher, "1.1.0", behaviour="crashes")
    station.download().run()

    def sleep(seconds: float) -> None:
        station.seconds += seconds

    path = station.places.state / "outbox.db"
    original = station.manager.restart

    def restart(units) -> None:
        original(units)
        if "crashes" in station.manager.running.values() and not path.exists():
            outbox(path, 2)

    station.manager.restart = restart
    station.guard(sleep=sleep).run(station.trust())
    assert station.serves == IMAGE_VERSION
    assert not path.exists()
    kept = station.places.state / "outbox-kept-1" / "outbox.db"
    with closing(sqlite3.connect(kept)) as db, db:
        assert db.execute("SELECT body FROM message").fetchall() == [("undelivered",)]
    db.close()
    assert "outbox_kept" in station.reasons("rollback")


def test_an_outbox_that_can_be_read_stays(publisher, station) -> None:
    outbox(station.places.state / "outbox.db", 1)
    release(publisher, "1.1.0", behaviour="crashes")
    station.update()
    assert (station.places.state / "outbox.db").exists()


def test_our_outbox_has_the_version_that_the_guard_is_told(tmp_path) -> None:
    from edge.results.outbox import Outbox
    from edge.results.upgrade import VERSION

    path = tmp_path / "outbox.db"
    Outbox.open(path, site="a", station="b", limit_bytes=1_000_000, at_limit="refuse").close()
    with closing(sqlite3.connect(path)) as db, db:
        assert db.execute("PRAGMA user_version").fetchone() == (VERSION,)
    db.close()


def test_a_release_on_trial_that_reboots_three_times_is_rolled_back(publisher, station) -> None:
    release(publisher, "1.1.0")
    station.download().run()

    class PowerCut(Exception):
        pass

    def sleep(_seconds: float) -> None:
        raise PowerCut

    with pytest.raises(PowerCut):
        station.guard(sleep=sleep).run(station.trust())
    for _ in range(2):
        assert station.power_on()
        assert station.serves == "1.1.0"
    assert not station.power_on()
    assert station.serves == IMAGE_VERSION
    assert station.reasons("rollback") == ["tries_used_up"]


def test_an_environment_that_the_disk_lost_is_no_dead_end(publisher, station) -> None:
    for version in ("1.1.0", "1.2.0"):
        release(publisher, version)
        station.update()
    shutil.rmtree(station.places.active.resolve())
    station.power_on()
    assert station.serves == "1.1.0"
    shutil.rmtree(station.places.active.resolve())
    station.power_on()
    assert station.serves == IMAGE_VERSION
    station.update()
    assert station.serves == "1.2.0", "nobody was to blame, so it is taken again"


def test_a_damaged_state_file_lets_the_image_serve(publisher, station) -> None:
    release(publisher, "1.1.0")
    station.update()
    (station.places.folder / "releases.json").write_bytes(b"\0" * 40)
    station.power_on()
    assert station.serves == IMAGE_VERSION
    assert "state_damaged" in station.reasons("rollback")
    station.update()
    assert station.serves == "1.1.0"


def test_an_installation_by_hand_serves_at_once(publisher, station) -> None:
    release(publisher, "1.1.0")
    station.update()
    station.guard().use_image()
    assert station.serves == IMAGE_VERSION
    assert not list((station.places.folder / "releases").iterdir())


@pytest.mark.parametrize(
    ("conditions", "word"),
    [
        ({"ring": 0}, None),
        ({"not_before": "2999-01-01T00:00:00Z"}, None),
        ({}, Desired(version=1, hold=True)),
    ],
    ids=["outside of the ring", "not yet", "held"],
)
def test_a_release_that_is_not_for_this_station_now(publisher, station, conditions, word) -> None:
    release(publisher, "1.1.0", **conditions)
    if word is not None:
        station.desired.write_bytes(encode(word))
    assert station.download().run() is None
    assert station.serves == IMAGE_VERSION


def test_held_after_it_was_handed_over(publisher, station) -> None:
    """The guard decides again: the operator's word may have come in between."""
    release(publisher, "1.1.0")
    station.download().run()
    station.desired.write_bytes(encode(Desired(version=1, hold=True)))
    station.guard().run(station.trust())
    assert station.serves == IMAGE_VERSION

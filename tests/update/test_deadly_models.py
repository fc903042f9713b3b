"""A confirmed model that kills its process at each start, as after a change of a driver."""

from __future__ import annotations

import multiprocessing
import signal

import pytest
from simulators.children import python_path
from simulators.deadly_engine import work
from simulators.room import CHANGE, EMPTY, PERSON, Room

from edge.update import failed_starts
from edge.update.failed_starts import MAX_STARTS


@pytest.fixture
def start(station, monkeypatch: pytest.MonkeyPatch):
    """Starts the engine in a process and returns how it ended; negative is a signal."""
    monkeypatch.setenv("PYTHONPATH", python_path())
    context = multiprocessing.get_context("spawn")

    def run(deadly: str, where: str = "first picture") -> int | None:
        child = context.Process(target=work, args=(station, deadly, where))
        child.start()
        child.join()
        return child.exitcode

    return run


def confirmed(station, publisher, model: bytes) -> str:
    """The file is taken, tried before a person and confirmed."""
    sha256 = publisher.offer(model)
    station.updater().run()
    room = Room(station)
    room.see(EMPTY, CHANGE)
    room.see(PERSON, 20)
    room.screened()
    room.see(PERSON, 1)
    assert station.slots.active["whole"].sha256 == sha256
    return sha256


@pytest.mark.parametrize("where", ["load", "first picture"])
def test_after_three_deaths_the_file_before_it_serves_and_then_the_shipped_one(
    start, station, publisher, models, where
) -> None:
    confirmed(station, publisher, models["2"])
    third = confirmed(station, publisher, models["3"])
    assert start("none") == 0
    for _ in range(MAX_STARTS):
        assert station.slots.active["whole"].sha256 == third
        assert start("3", where) == -signal.SIGSEGV
    assert start("3", where) == 0, "the one before it serves"
    assert station.slots.active["whole"].version == "2"
    for _ in range(MAX_STARTS):
        assert start("2", where) == -signal.SIGSEGV
    room = Room(station)
    assert room.see(PERSON, 3) == [1, 1, 1]
    assert room.version == "1"
    assert station.slots.active == {}
    [event] = [event for event in station.events if event["step"] == "rollback"]
    assert (event["reason"], event["version"]) == ("dies_at_start", "2")
    assert start("1", where) == -signal.SIGSEGV, "there is nothing left to fall back to"


def test_deaths_with_a_good_start_between_them_are_not_in_a_row(
    start, station, publisher, models
) -> None:
    confirmed(station, publisher, models["2"])
    for deadly in ("2", "2", "none", "2", "2"):
        assert (start(deadly) == 0) == (deadly == "none")
    assert Room(station).version == "2"


def test_death_in_a_later_picture_blames_no_file(start, station, publisher, models) -> None:
    confirmed(station, publisher, models["2"])
    for _ in range(MAX_STARTS + 1):
        assert start("2", "fifth picture") == -signal.SIGSEGV
    assert Room(station).version == "2"


def test_starts_of_another_boot_do_not_count(station, publisher, models, monkeypatch) -> None:
    confirmed(station, publisher, models["2"])
    for boot in "abcdef":
        monkeypatch.setattr(failed_starts, "boot_id", lambda boot=boot: boot)
        assert Room(station).version == "2"
        station_dies_at_its_first_picture(station)
    assert Room(station).version == "2"


def station_dies_at_its_first_picture(station) -> None:
    room = Room(station)
    room.store.begin_try()  # and here the power fails

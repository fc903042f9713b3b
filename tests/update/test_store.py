"""The store keeps what is in use, and nothing else; what cannot be read stops nobody."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from posture_tools.repository import folder

from edge.errors import UpdateDelayed
from edge.update import updater as updaters
from edge.update.serving import ModelStore


def engine_of(station) -> ModelStore:
    return ModelStore(station.folder, {"whole": station.shipped}, station.events.append)


def kept(station) -> set[str]:
    return {path.stem for path in (station.folder / "store").iterdir()}


def test_active_previous_and_candidate_stay_and_older_ones_go(publisher, station, models) -> None:
    taken = []
    for version in ("2", "3"):
        taken.append(publisher.offer(models[version]))
        station.updater().run()
        engine_of(station).confirm()
    assert kept(station) == set(taken)  # 3 serves, 2 is what it would fall back to
    taken.append(publisher.offer(models["4"]))
    station.updater().run()
    assert kept(station) == set(taken)
    engine_of(station).confirm()
    assert kept(station) == set(taken[1:])


def test_a_rolled_back_file_goes_with_the_next_run(publisher, station, models) -> None:
    publisher.offer(models["2"])
    station.updater().run()
    engine_of(station).fail("finds_nobody")
    station.updater().run()
    assert kept(station) == set()


def test_a_started_download_is_kept_until_another_file_is_wanted(
    publisher, server, station, models
) -> None:
    sha256 = publisher.offer(models["2"])
    server.statuses["/targets/"] = 503
    part = station.folder / "incoming" / f"{sha256}.part"
    with pytest.raises(UpdateDelayed):
        station.updater().run()
    part.write_bytes(b"begun")
    with pytest.raises(UpdateDelayed):
        station.updater().run()
    assert part.exists()
    publisher.offer(models["3"])
    with pytest.raises(UpdateDelayed):
        station.updater().run()
    assert not part.exists()


def test_disk_full(publisher, station, models, monkeypatch) -> None:
    """Refused before the first byte, and taken once there is room: nothing was left half done."""
    publisher.offer(models["2"])
    with monkeypatch.context() as patch:
        patch.setattr(updaters.shutil, "disk_usage", lambda _: SimpleNamespace(free=9))
        with pytest.raises(UpdateDelayed):
            station.updater().run()
    assert station.reasons("download") == ["disk_full"]
    assert station.updater().run() is not None


def test_just_enough_room_is_enough(publisher, station, models, monkeypatch) -> None:
    """Twice the file: what arrives, and what it becomes."""
    publisher.offer(models["2"])
    room = SimpleNamespace(free=2 * len(models["2"]) - 1)
    monkeypatch.setattr(updaters.shutil, "disk_usage", lambda _: room)
    with pytest.raises(UpdateDelayed):
        station.updater().run()
    room.free += 1
    assert station.updater().run() is not None


def test_slots_json_is_damaged(publisher, station, models, caplog) -> None:
    """Only a failing disk does that: the shipped file serves, and updates go on after it."""
    publisher.offer(models["2"])
    station.updater().run()
    (station.folder / "slots.json").write_bytes(b"\0" * 200)
    with pytest.raises(UpdateDelayed):
        station.updater().run()
    assert station.reasons("decide")[-1] == "slots_damaged"
    engine = engine_of(station)
    assert engine.load(lambda files: files["whole"].path) == station.shipped
    assert station.reasons("rollback") == ["slots_damaged"]
    assert "slots.json is damaged" in caplog.messages
    assert station.updater().run() is not None


def test_an_offer_that_this_software_cannot_read_is_passed_over(
    publisher, station, models, monkeypatch
) -> None:
    of_the_future = {"posture.terms": '{"slot": "of the future"}'}
    with monkeypatch.context() as patch:
        patch.setattr(folder, "custom_of", lambda _: of_the_future)
        publisher.offer(models["2"])
    assert station.updater().run() is None
    assert station.reasons("decide") == ["terms_unreadable"]


def test_a_failure_falls_back_as_long_as_something_is_left_to_fall_back_to(
    publisher, station, models
) -> None:
    publisher.offer(models["2"])
    station.updater().run()
    engine = engine_of(station)
    engine.confirm()
    publisher.offer(models["3"])
    station.updater().run()
    assert engine.fail("finds_nobody") is True  # the one on trial
    assert engine.fail("finds_nobody") is True  # the confirmed one: the shipped file serves
    assert engine.fail("finds_nobody") is False
    assert engine.load(lambda files: files["whole"].path) == station.shipped


def test_a_long_problem_is_told_in_500_letters(publisher, station, models, monkeypatch) -> None:
    def full(_folder: object) -> None:
        raise UpdateDelayed("disk_full", "x" * 700)

    publisher.offer(models["2"])
    monkeypatch.setattr(updaters.shutil, "disk_usage", full)
    with pytest.raises(UpdateDelayed):
        station.updater().run()
    assert station.events[-1]["detail"] == "x" * 500


def test_the_one_on_trial_serves_and_that_is_known(publisher, station, models) -> None:
    engine = engine_of(station)
    assert engine.load(dict)["whole"].sha256 is None
    sha256 = publisher.offer(models["2"])
    station.updater().run()
    assert engine.load(dict)["whole"].sha256 == sha256
    assert engine.on_trial is True
    assert engine.incumbent()["whole"].path == station.shipped
    engine.confirm()
    assert engine.load(dict)["whole"].sha256 == sha256
    assert engine.on_trial is False

"""The engine's estimator while files change under it, with dots for people."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from simulators.model_world import dots_model
from simulators.room import APART, CHANGE, EMPTY, PERSON, STEP_NS, Room

from edge.estimation.estimator import Seen
from edge.estimation.single import Single
from edge.inference.network import Network
from edge.records import Frame
from edge.update.live import BETWEEN_NS


@pytest.fixture
def room(station) -> Room:
    return Room(station)


def test_the_simulated_person_is_seen(room) -> None:
    assert room.see(PERSON, 3) == [1, 1, 1]
    assert room.see(EMPTY, 3) == [0, 0, 0]


def test_a_file_changes_only_between_subjects(room, publisher, station, models) -> None:
    room.see(PERSON)
    publisher.offer(models["2"])
    station.updater().run()
    assert room.see(PERSON, 100) == [1] * 100
    assert room.version == "1"  # somebody stands there
    room.see(EMPTY, CHANGE)
    assert room.version == "2"


def test_events_do_not_wait_until_the_room_is_empty(publisher, station, models) -> None:
    delivered: list[int] = []
    room = Room(station, deliver=lambda: delivered.append(len(station.events)))
    publisher.offer(models["2"])
    station.updater().run()
    told = len(station.events)
    room.see(PERSON, 100)
    assert delivered[-1] == told
    room.see(EMPTY, CHANGE)
    room.estimator.leave()
    assert delivered[-1] == len(station.events) > told


def test_a_candidate_whose_first_frames_kill_the_process_is_out_after_three(
    publisher, station, models, monkeypatch
) -> None:
    sha256 = publisher.offer(models["2"])
    station.updater().run()
    with monkeypatch.context() as patch:
        patch.setattr(Single, "estimate", _kill)
        for _ in range(3):
            with pytest.raises(SystemExit):
                Room(station).see(EMPTY)
    room = Room(station)
    assert room.see(PERSON) == [1]
    assert room.version == "1"
    assert station.slots.bad[sha256].reason == "tries_used_up"


def _kill(_candidate, _frame) -> None:
    raise SystemExit


def test_death_after_the_first_frames_blames_no_model(publisher, station, models) -> None:
    publisher.offer(models["2"])
    station.updater().run()
    for _ in range(5):
        assert Room(station).see(PERSON, 20) == [1] * 20  # and here the power fails
    assert station.slots.candidate.tries == 0


def test_working_confirms(room, publisher, station, models) -> None:
    publisher.offer(models["2"])
    station.updater().run()
    room.see(EMPTY, CHANGE)
    assert room.see(PERSON, 19) == [1] * 19
    room.screened()
    assert station.slots.candidate is not None  # 19 frames are not 20
    room.see(PERSON, 1)
    assert station.slots.active["whole"].version == "2"
    assert station.reasons("confirm") == ["ok"]


def test_a_screening_in_which_all_is_refused_confirms_nothing(
    room, publisher, station, models
) -> None:
    publisher.offer(models["2"])
    station.updater().run()
    room.see(EMPTY, CHANGE)
    room.see(PERSON, 50)
    room.screened(usable=False)
    room.see(PERSON, 50)
    assert station.slots.candidate is not None


def test_an_empty_room_confirms_nothing_however_long(room, publisher, station, models) -> None:
    publisher.offer(models["2"])
    station.updater().run()
    room.see(EMPTY, CHANGE)
    room.now_s += 3600
    room.see(EMPTY, CHANGE)
    assert station.slots.candidate is not None
    room.see(PERSON, 20)  # people pass by for long enough, nobody stands still
    assert station.slots.candidate is None
    assert station.slots.active["whole"].version == "2"


def test_a_model_that_finds_nobody_is_rolled_back(room, publisher, station) -> None:
    """Its golden vectors and the canary pass; before the first person it is found out."""
    sha256 = publisher.offer(dots_model("2", sick="blind"))
    station.updater().run()
    room.see(EMPTY, CHANGE)
    assert room.version == "2"
    found = room.see(PERSON, 70)
    assert room.version == "1"
    assert station.slots.bad[sha256].reason == "finds_nobody"
    # Five misses, then nobody for as long as the screening needs to start anew; then all is well.
    # Not one pose of the blind model came out.
    muted = BETWEEN_NS // STEP_NS - 1
    assert found == [0] * (5 + muted) + [1] * (65 - muted)
    assert station.updater().run() is None


def test_still_pictures_are_answered_by_who_sees_somebody(room, publisher, station) -> None:
    publisher.offer(dots_model("2", sick="blind"))
    station.updater().run()
    room.see(EMPTY, CHANGE)
    assert room.version == "2"
    for _ in range(10):
        assert room.see(PERSON, still=True) == [1]
        assert room.version == "1"
    assert station.reasons("rollback") == ["finds_nobody"]


def test_damage_while_serving_is_found_at_the_next_load(room, publisher, station, models) -> None:
    sha256 = publisher.offer(models["2"])
    station.updater().run()
    room.see(EMPTY, CHANGE)
    room.see(PERSON, 20)
    room.screened()
    room.see(PERSON)
    path = station.folder / "store" / f"{sha256}.onnx"
    path.write_bytes(path.read_bytes()[:-1])
    assert Room(station).version == "1"


def test_events_can_be_sent_as_json(room, publisher, station, models) -> None:
    publisher.offer(models["2"])
    station.updater().run()
    room.see(EMPTY, CHANGE)
    assert json.loads(json.dumps(station.events)) == station.events
    assert all({"step", "reason"} <= set(event) for event in station.events)


FEW = 3


@pytest.fixture
def few(monkeypatch) -> None:
    monkeypatch.setattr("edge.update.live.VISITS", FEW)


def test_a_shadow_run_reports_agreement_and_changes_no_answer(
    few, publisher, station, models
) -> None:
    room = Room(station, shadow_every=2)
    publisher.offer(models["2"])
    station.updater().run()
    for _ in range(2 * FEW):
        room.see(EMPTY, APART)
        assert room.see(PERSON, 20) == [1] * 20
        assert room.version == "1"
    room.see(EMPTY, APART)
    room.see(PERSON, 1)
    [event] = [event for event in station.events if event["step"] == "shadow"]
    assert event["agreement"]["both"] == 4 * FEW  # every 5th of 20 frames, every 2nd visit
    assert event["agreement"]["only_serving"] == event["agreement"]["only_candidate"] == 0
    assert event["agreement"]["distance_p95"] == 0.0
    room.see(EMPTY, CHANGE)
    assert room.version == "2"  # now the trial


def test_a_blind_model_shows_in_the_shadow(few, publisher, station) -> None:
    room = Room(station, shadow_every=1)
    publisher.offer(dots_model("2", sick="blind"))
    station.updater().run()
    for _ in range(FEW + 1):
        room.see(EMPTY, APART)
        assert room.see(PERSON, 10) == [1] * 10
    [event] = [event for event in station.events if event["step"] == "shadow"]
    assert event["agreement"]["both"] == 0
    assert event["agreement"]["only_serving"] > FEW


class _Closer(Single):
    """Measures, which shows in the score; version 2 lacks an operator for it."""

    def measure(self, seen, about, *, budget_s=None, progress=None):
        if self.models[0].version == "2":
            raise RuntimeError("an operator is missing")
        return replace(about, score=0.123)


class _MeasuringRoom(Room):
    @staticmethod
    def _build(files) -> _Closer:
        file = files["whole"]
        return _Closer(Network.load(file.path, sha256=file.sha256, threads=1))


def test_a_candidate_that_cannot_measure_is_rolled_back_and_the_guide_stays(
    publisher, station
) -> None:
    room = _MeasuringRoom(station)
    (guide,) = room.poses(PERSON)
    frame = Frame(PERSON, 1, room.frames * STEP_NS)
    assert room.estimator.measure([Seen(frame, guide)], guide).score == pytest.approx(0.123)
    sha256 = publisher.offer(dots_model("2"))
    station.updater().run()
    room.see(EMPTY, CHANGE)
    (guide,) = room.poses(PERSON)
    assert room.version == "2"
    frame = Frame(PERSON, 2, room.frames * STEP_NS)
    assert room.estimator.measure([Seen(frame, guide)], guide) is guide
    assert station.slots.bad[sha256].reason == "does_not_run"
    assert room.see(PERSON) == [0]  # the screening starts anew
    room.see(EMPTY, CHANGE)
    assert room.see(PERSON) == [1]
    assert room.version == "1"


def test_without_a_close_network_the_guide_stays(room) -> None:
    (guide,) = room.poses(PERSON)
    assert room.estimator.measure([Seen(Frame(PERSON, 1, 0), guide)], guide) is guide

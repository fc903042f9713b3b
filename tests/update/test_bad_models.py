"""Models that must never serve, or are rolled back: what is published meanwhile is not wrong."""

from __future__ import annotations

import itertools
import random
from contextlib import suppress

import numpy as np
import pytest
from simulators.model_world import dots_model
from simulators.networks import DOTS
from simulators.room import CHANGE, EMPTY, PERSON, Room

from edge.errors import ModelRefused, PostureError, UpdateDelayed, UpdateRefused
from edge.inference.network import Network
from edge.update.canary import in_child
from edge.update.serving import ModelStore


def engine_of(station) -> ModelStore:
    return ModelStore(station.folder, {"whole": station.shipped}, station.events.append)


def network_of(store: ModelStore) -> Network:
    return store.load(lambda files: Network.load(files["whole"].path, sha256=files["whole"].sha256))


def damages(model: bytes) -> dict[str, bytes]:
    draw = random.Random(11)
    page = bytearray(model)
    page[4096:8192] = bytes(4096)
    flipped = bytearray(model)
    flipped[draw.randrange(len(model))] ^= 1 << draw.randrange(8)
    scattered = bytearray(model)
    for at in draw.sample(range(len(model)), 300):
        scattered[at] ^= 1 << draw.randrange(8)
    return {
        "one zeroed page": bytes(page), "one flipped bit": bytes(flipped),
        "300 flipped bits": bytes(scattered), "cut": model[:-1], "longer": model + b"\0",
    }  # fmt: skip


@pytest.mark.parametrize("damage", ["one zeroed page", "one flipped bit", "300 flipped bits"])
def test_damage_on_the_way_is_refused(publisher, server, station, models, damage) -> None:
    publisher.offer(models["2"])
    server.replaced["/targets/"] = damages(models["2"])[damage]
    with pytest.raises(UpdateRefused) as caught:
        station.updater().run()
    assert caught.value.reason == "mismatch"
    assert network_of(engine_of(station)).identity.version == "1"


@pytest.mark.parametrize(
    "damage", ["one zeroed page", "one flipped bit", "300 flipped bits", "cut", "longer"]
)
@pytest.mark.parametrize("confirmed", [False, True])
def test_damage_on_disk_never_serves(publisher, station, models, damage, confirmed) -> None:
    sha256 = publisher.offer(models["2"])
    station.updater().run()
    if confirmed:
        engine_of(station).confirm()
    path = station.folder / "store" / f"{sha256}.onnx"
    path.write_bytes(damages(models["2"])[damage])
    assert network_of(engine_of(station)).identity.version == "1"
    assert station.reasons("rollback") == ["damaged_on_disk"]
    # The disk is to blame, not the file: it is fetched again.
    assert station.updater().run().sha256 == sha256
    assert network_of(engine_of(station)).identity.version == "2"


def test_300_random_bits_never_serve(publisher, station, models) -> None:
    """Each of 300 flips, one at a time: not one wrong answer."""
    sha256 = publisher.offer(models["2"])
    station.updater().run()
    path = station.folder / "store" / f"{sha256}.onnx"
    draw = random.Random(3)
    for _ in range(300):
        flipped = bytearray(models["2"])
        flipped[draw.randrange(len(flipped))] ^= 1 << draw.randrange(8)
        path.write_bytes(flipped)
        with pytest.raises(ModelRefused):
            Network.load(path, sha256=sha256)


SICK = {
    "not_finite": lambda: dots_model("2", sick="nan"),
    "lacks_keypoint": lambda: dots_model("2", keypoints=("left_shoulder", "right_shoulder")),
}


@pytest.mark.parametrize("code", SICK)
def test_the_canary_refuses(publisher, station, code) -> None:
    sha256 = publisher.offer(SICK[code]())
    with pytest.raises(ModelRefused) as caught:
        station.updater(canary=in_child).run()
    assert caught.value.problem.startswith(code)
    assert station.slots.bad[sha256].reason == code
    assert network_of(engine_of(station)).identity.version == "1"
    assert station.updater().run() is None  # not offered again


def wrong_answers(station, bring) -> int:
    """Poses that are not those of the shipped file, while a bad one comes in before people."""
    room = Room(station)
    [right] = room.poses(PERSON)
    with suppress(PostureError):
        bring()
    seen = []
    room.see(EMPTY, CHANGE)
    seen += [pose for _ in range(80) for pose in room.poses(PERSON)]
    room = Room(station)  # and after a new start
    seen += [pose for _ in range(10) for pose in room.poses(PERSON)]
    assert len(seen) > 20
    assert room.version == "1"
    return sum(not np.array_equal(pose.keypoints, right.keypoints, equal_nan=True) for pose in seen)


@pytest.mark.parametrize("sick", ["nan", "nan on people", "blind", "lacks keypoint"])
def test_a_sick_model_gives_no_wrong_answer(publisher, station, sick) -> None:
    keypoints = DOTS[:-1] if sick == "lacks keypoint" else DOTS
    publisher.offer(dots_model("2", sick=sick, keypoints=keypoints))
    assert wrong_answers(station, station.updater().run) == 0
    assert len(station.slots.bad) == 1


@pytest.mark.parametrize("damage", ["one zeroed page", "one flipped bit", "300 flipped bits"])
@pytest.mark.parametrize("where", ["on the way", "on disk"])
def test_a_damaged_model_gives_no_wrong_answer(
    publisher, server, station, models, damage, where
) -> None:
    sha256 = publisher.offer(models["2"])
    damaged = damages(models["2"])[damage]

    def bring() -> None:
        station.updater().run()
        (station.folder / "store" / f"{sha256}.onnx").write_bytes(damaged)

    if where == "on the way":
        server.replaced["/targets/"] = damaged
    assert wrong_answers(station, bring) == 0


@pytest.mark.parametrize("terms", [{"latency_ms": 1e-6}, {"min_sw": "999.1"}])
def test_a_model_that_does_not_fit_gives_no_wrong_answer(publisher, station, models, terms) -> None:
    publisher.offer(models["2"], **terms)
    assert wrong_answers(station, station.updater().run) == 0


def test_a_canary_that_never_ends_is_ended(
    publisher, station, models, tmp_path, monkeypatch
) -> None:
    sleeper = tmp_path / "sleeper"
    sleeper.write_text("#!/bin/sh\nexec sleep 600\n")
    sleeper.chmod(0o755)
    monkeypatch.setattr("edge.update.canary.sys.executable", str(sleeper))
    monkeypatch.setattr("edge.update.canary._WALL_S", 0.1)
    publisher.offer(models["2"])
    with pytest.raises(ModelRefused, match="canary_never_ended"):
        station.updater(canary=in_child).run()


def test_a_model_that_is_too_slow_is_refused(publisher, station, models) -> None:
    publisher.offer(models["2"], latency_ms=1e-6)
    with pytest.raises(ModelRefused, match="too_slow"):
        station.updater(canary=in_child).run()


def test_a_busy_machine_blames_no_model(publisher, station, models, monkeypatch) -> None:
    sha256 = publisher.offer(models["2"], latency_ms=500.0)
    with monkeypatch.context() as patch:
        # A second passes in each run, of which this process gets some milliseconds.
        for clock, step_ns in (("perf_counter_ns", 10**9), ("process_time_ns", 10**8)):
            ticks_ns = itertools.count(step=step_ns)
            patch.setattr(f"edge.update.canary.time.{clock}", ticks_ns.__next__)
        with pytest.raises(UpdateDelayed, match="busy"):
            station.updater().run()
    assert station.reasons("canary") == ["machine_busy"]
    assert station.slots.bad == {}
    assert station.updater().run().sha256 == sha256
    assert station.reasons("download") == ["ok"]  # the file had stayed


def test_a_model_that_ends_its_process_is_refused(publisher, station, models, monkeypatch) -> None:
    publisher.offer(models["2"])
    monkeypatch.setattr("edge.update.canary.sys.executable", "/bin/false")
    with pytest.raises(ModelRefused, match="canary_died"):
        station.updater(canary=in_child).run()


def test_a_model_for_newer_software_is_passed_over(publisher, station, models) -> None:
    publisher.offer(models["2"], min_sw="999.1")
    assert station.updater().run() is None
    assert "needs_newer_software" in station.reasons("decide")


def test_a_model_that_kills_its_process_is_out_after_three_starts(
    publisher, station, models
) -> None:
    """Each start raises the tries before it loads, and dies."""
    sha256 = publisher.offer(models["2"])
    station.updater().run()
    for _ in range(3):
        files = []
        with pytest.raises(RuntimeError):
            engine_of(station).load(lambda serving, seen=files: _die(serving, seen))
        assert files[0]["whole"].sha256 == sha256
    assert network_of(engine_of(station)).identity.version == "1"
    assert station.slots.bad[sha256].reason == "tries_used_up"
    assert station.updater().run() is None


def _die(serving, seen):
    seen.append(serving)
    raise RuntimeError("the runtime took the process with it")


def test_a_process_that_dies_of_something_else_blames_no_model(publisher, station, models) -> None:
    """A camera that hangs, a power cut while nobody is there: the candidate stays on trial."""
    publisher.offer(models["2"])
    station.updater().run()
    for _ in range(10):
        assert network_of(engine_of(station)).identity.version == "2"
    assert station.slots.candidate.tries == 0


def test_a_rolled_back_file_comes_again_only_by_force(publisher, station, models) -> None:
    from edge.update.desired import keep_desired
    from edge.wire.clock import read_clock

    sha256 = publisher.offer(models["2"])
    station.updater().run()
    engine_of(station).fail("finds_nobody")
    assert station.updater().run() is None
    force = f'{{"schema":"ps.desired/1","version":7,"force":["{sha256}"]}}'.encode()
    assert keep_desired(station.desired, force, read_clock())
    assert station.updater().run().sha256 == sha256
    engine_of(station).fail("finds_nobody")
    assert station.updater().run() is None  # once is once

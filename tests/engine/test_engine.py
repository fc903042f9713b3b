"""The measuring loop, with a scripted camera and the real outbox."""

from __future__ import annotations

import contextlib
import json
import math
import socket
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from edge.engine import engine as engine_module
from edge.engine import saving as saving_module
from edge.engine.engine import Engine
from edge.errors import (
    CameraHung,
    CameraLost,
    CameraStalled,
    ImageUnreadable,
    MessageRefused,
    OutboxFull,
    OutboxUnusable,
    PostureError,
    SourceInvalid,
)
from edge.records import Assessment, Frame, Measure, Pose, Quality
from edge.results.outbox import Outbox
from edge.wire.event import EventKind

OUT = OutboxFull("the outbox is full.", "Start the collector.")


class ScriptedCamera:
    """Delivers frames and faults in the order of a script; every fault needs a new `open`."""

    name = "scripted"
    dropped = 0

    def __init__(self, *script: int | PostureError) -> None:
        self._script = list(script)
        self.opened = 0
        self.paced: list[float] = []

    def open(self) -> None:
        self.opened += 1
        if self._script and isinstance(self._script[0], SourceInvalid):
            raise self._script.pop(0)

    def read(self) -> Frame | None:
        if not self._script:
            return None
        step = self._script.pop(0)
        if isinstance(step, PostureError):
            raise step
        return Frame(np.zeros((4, 4, 3), np.uint8), step, step, still=True, name=f"frame {step}")

    def pace(self, most_fps: float) -> None:
        self.paced.append(most_fps)

    def close(self) -> None:
        pass


class Nobody:
    """Finds no one: what follows is the screening's word."""

    models = ()

    def __init__(self) -> None:
        self.timings: dict[str, float] = {"inference": 1.0}

    def estimate(self, _frame: Frame) -> list[Pose]:
        return []


class EveryFrame:
    """A screening that gives one assessment a frame."""

    prompt = SimpleNamespace(code="hold_still")

    def conclude(self) -> None:
        return None

    def observe(self, frame: Frame, _poses: list[Pose]) -> Assessment:
        measure = Measure("head_tilt_ear", None, "deg", None, 1, Quality.REFUSED, ("nobody",))
        return Assessment(
            "posture", f"s{frame.frame_id}", "front", frame.name, 0, (measure,), 1, 1, 0.0
        )


class Station:
    """An engine with what it told its person."""

    def __init__(
        self, camera: ScriptedCamera, outbox: Any, state_path: Path, estimator: Any = None
    ) -> None:
        self.stop = threading.Event()
        self.saved: list[int] = []
        self.problems: list[PostureError] = []
        self.engine = Engine(
            camera,
            estimator or Nobody(),
            EveryFrame(),  # type: ignore[arg-type]
            outbox,
            state_path=state_path,
            on_saved=lambda _assessment, seq: self.saved.append(seq),
            on_problem=self.problems.append,
        )

    def run(self) -> Station:
        self.engine.run(self.stop)
        return self


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_module, "_REOPEN_FIRST_S", 0.01)
    monkeypatch.setattr(saving_module, "_RETRY_FIRST_S", 0.01)


def _events(outbox: Outbox) -> list[dict[str, Any]]:
    bodies = [json.loads(pending.body) for pending in outbox.pending(100)]
    return [{"kind": body["kind"], **body["data"]} for body in bodies if "data" in body]


def test_every_assessment_is_committed_before_it_is_called_saved(
    outbox: Outbox, tmp_path: Path
) -> None:
    station = Station(ScriptedCamera(0, 1, 2), outbox, tmp_path).run()
    assert station.saved == [1, 2, 3]
    assert outbox.depth() == 3
    assert not station.problems
    assert station.engine.frames == 3
    assert station.engine.times.percentile("inference", 50) == 1.0


def test_the_camera_is_unplugged_and_plugged_in_again(outbox: Outbox, tmp_path: Path) -> None:
    lost = CameraLost("usb went away.")
    camera = ScriptedCamera(0, lost, lost, lost, 1)
    station = Station(camera, outbox, tmp_path).run()
    assert station.problems == [lost], "a dead camera fills no journal"
    assert (station.engine.frames, camera.opened) == (2, 4)
    told = _events(outbox)
    assert [(e["kind"], e["state"]) for e in told] == [("camera", "lost"), ("camera", "back")]
    assert told[0]["fault"] == "lost"
    assert len(station.saved) == 2


def test_each_reason_of_an_outage_is_told_once(outbox: Outbox, tmp_path: Path) -> None:
    gone = CameraLost("it went away.")
    absent = CameraLost("there is none.", reason="absent")
    stalled = CameraStalled("no frame.")
    camera = ScriptedCamera(0, gone, absent, stalled, absent, gone, 1)
    Station(camera, outbox, tmp_path).run()
    told = _events(outbox)
    assert [e.get("fault") for e in told] == ["lost", "absent", "stalled", None]
    assert told[-1]["faults"] == ["lost", "absent", "stalled"]


def test_an_outage_survives_the_process_that_a_hung_camera_ends(
    outbox: Outbox, tmp_path: Path
) -> None:
    hung = CameraHung("the driver hangs.")
    with pytest.raises(CameraHung):
        Station(ScriptedCamera(0, hung), outbox, tmp_path).run()
    with pytest.raises(CameraHung):
        Station(ScriptedCamera(hung), outbox, tmp_path).run()
    Station(ScriptedCamera(1), outbox, tmp_path).run()
    assert [(e["state"], e.get("fault")) for e in _events(outbox)] == [
        ("lost", "hung"),
        ("back", None),
    ]


def test_a_damaged_photograph_does_not_stop_the_rest(outbox: Outbox, tmp_path: Path) -> None:
    camera = ScriptedCamera(0, ImageUnreadable("b.jpg is cut."), 1)
    station = Station(camera, outbox, tmp_path).run()
    assert len(station.saved) == 2
    assert [type(p) for p in station.problems] == [ImageUnreadable]
    assert station.engine.camera_faults == 0


class RefusingOutbox:
    """The real outbox, that refuses first: each entry of `troubles` is raised by one `accept`."""

    def __init__(self, outbox: Outbox, *troubles: PostureError, events_too: bool = False) -> None:
        self._outbox = outbox
        self._troubles = list(troubles)
        self._events_too = events_too

    def accept(self, assessment: Assessment, _consent: object = None) -> int:
        if self._troubles:
            raise self._troubles.pop(0)
        return self._outbox.accept(assessment)

    def accept_event(self, kind: EventKind, data: dict[str, Any]) -> int:
        if self._troubles and self._events_too:
            raise self._troubles.pop(0)
        return self._outbox.accept_event(kind, data)


@pytest.mark.parametrize("kind", [OutboxFull, OutboxUnusable])
def test_what_was_measured_waits_for_an_outbox_that_recovers(
    outbox: Outbox, tmp_path: Path, kind: type[PostureError]
) -> None:
    refusing = RefusingOutbox(outbox, *[kind("it cannot take it.", "Do this.")] * 3)
    station = Station(ScriptedCamera(0, 1), refusing, tmp_path).run()
    assert station.saved == [1, 3], "both results, and between them the event"
    assert [type(p) for p in station.problems] == [kind], "said once"
    [event] = _events(outbox)
    assert (event["part"], event["state"], event["fault"]) == ("outbox", "back", kind.__name__)
    assert station.engine.problem == ""


def test_stopped_while_the_outbox_is_full_nothing_is_called_saved(
    outbox: Outbox, tmp_path: Path
) -> None:
    station = Station(ScriptedCamera(0, 1), RefusingOutbox(outbox, *[OUT] * 99), tmp_path)
    threading.Timer(0.1, station.stop.set).start()
    station.run()
    assert station.problems == [OUT]
    assert station.engine.frames == 1, "nobody else is screened"
    assert station.saved == []
    assert outbox.depth() == 0


def test_an_outbox_that_stays_unusable_ends_the_process(
    outbox: Outbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(saving_module, "_PATIENCE_S", 0.0)
    damaged = OutboxUnusable("it is damaged.", "Move it away.")
    with pytest.raises(OutboxUnusable, match="Move it away"):
        Station(ScriptedCamera(0), RefusingOutbox(outbox, *[damaged] * 9), tmp_path).run()


def test_a_result_that_breaks_the_contract_is_told_and_the_next_is_saved(
    outbox: Outbox, tmp_path: Path
) -> None:
    refusing = RefusingOutbox(outbox, MessageRefused("17000 bytes."))
    station = Station(ScriptedCamera(0, 1), refusing, tmp_path).run()
    [event] = _events(outbox)
    assert (event["kind"], event["part"], event["state"]) == ("fault", "result", "refused")
    assert event["session"] == "s0"
    assert station.saved == [2]
    assert [type(p) for p in station.problems] == [MessageRefused]


def test_camera_events_wait_for_the_outbox_too(outbox: Outbox, tmp_path: Path) -> None:
    refusing = RefusingOutbox(outbox, *[OUT] * 2, events_too=True)
    camera = ScriptedCamera(CameraLost("unplugged."), CameraLost("unplugged."), 0)
    station = Station(camera, refusing, tmp_path).run()
    assert [e["state"] for e in _events(outbox)] == ["lost", "back"]
    assert station.saved == [3]


def test_nobody_for_half_a_minute_slows_the_camera_and_a_person_wakes_it(
    outbox: Outbox, tmp_path: Path
) -> None:
    class Visits(Nobody):
        """Somebody at 50 s."""

        def estimate(self, frame: Frame) -> list[Pose]:
            return ["a pose"] if frame.captured_ns == 50e9 else []  # type: ignore[list-item]

    camera = ScriptedCamera(*(s * 10**9 for s in (0, 10, 29, 31, 40, 50, 60, 79, 81)))
    Station(camera, outbox, tmp_path, Visits()).run()
    assert camera.paced == [2.0, math.inf, 2.0]


@pytest.mark.parametrize(("blind_s", "fed"), [(600.0, True), (0.0, False)])
def test_an_absent_camera_feeds_the_watchdog_for_a_while_only(
    outbox: Outbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, blind_s: float, fed: bool
) -> None:
    monkeypatch.setattr(engine_module, "_FED_BLIND_S", blind_s)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.setblocking(False)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        absent = CameraLost("there is none.", reason="absent")
        Station(ScriptedCamera(absent, absent), outbox, tmp_path).run()
        heard = b""
        with contextlib.suppress(BlockingIOError):
            while True:
                heard += manager.recv(1000)
    assert (b"WATCHDOG=1\nSTATUS=no picture: there is none." in heard) == fed
    assert b"READY=1" not in heard


def test_a_source_that_cannot_exist_is_not_tried_for_ever(outbox: Outbox, tmp_path: Path) -> None:
    with pytest.raises(SourceInvalid, match="empty folder"):
        Station(ScriptedCamera(SourceInvalid("empty folder.")), outbox, tmp_path).run()

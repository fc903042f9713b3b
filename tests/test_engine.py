"""The measuring loop, with a scripted camera and the real outbox."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from edge import engine as engine_module
from edge.engine import Engine
from edge.errors import (
    CameraLost,
    ImageUnreadable,
    OutboxFull,
    PostureError,
    SourceInvalid,
)
from edge.records import Assessment, Frame, Measure, Pose, Quality
from edge.results.outbox import Outbox


class ScriptedCamera:
    """Delivers frames and faults in the order of a script; every fault needs a new `open`."""

    name = "scripted"
    dropped = 0

    def __init__(self, *script: int | PostureError) -> None:
        self._script = list(script)
        self.opened = 0

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

    def observe(self, frame: Frame, _poses: list[Pose]) -> Assessment:
        measure = Measure("head_tilt_ear", None, "deg", None, 1, Quality.REFUSED, ("nobody",))
        return Assessment(
            "posture", f"s{frame.frame_id}", "front", frame.name, 0, (measure,), 1, 1, 0.0
        )


@pytest.fixture
def outbox(tmp_path: Path) -> Iterator[Outbox]:
    with Outbox.open(
        tmp_path / "outbox.db", site="x", station="y", limit_bytes=10**7, at_limit="refuse"
    ) as box:
        yield box


def _run(camera: ScriptedCamera, outbox: Any) -> tuple[Engine, list[int], list[PostureError]]:
    saved: list[int] = []
    problems: list[PostureError] = []
    engine = Engine(
        camera,
        Nobody(),
        EveryFrame(),  # type: ignore[arg-type]
        outbox,
        on_saved=lambda _assessment, seq: saved.append(seq),
        on_problem=problems.append,
    )
    engine.run(threading.Event())
    return engine, saved, problems


def test_every_assessment_is_committed_before_it_is_called_saved(outbox: Outbox) -> None:
    engine, saved, problems = _run(ScriptedCamera(0, 1, 2), outbox)
    assert saved == [1, 2, 3]
    assert outbox.depth() == 3
    assert not problems
    assert engine.frames == 3
    assert engine.times.percentile("inference", 50) == 1.0


def test_the_camera_is_unplugged_and_plugged_in_again(
    outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine_module, "_REOPEN_FIRST_S", 0.01)
    lost = CameraLost("usb went away.")
    camera = ScriptedCamera(0, lost, lost, lost, 1)
    engine, saved, problems = _run(camera, outbox)
    assert problems == [lost, lost, lost]
    assert (engine.frames, camera.opened) == (2, 4)
    bodies = [json.loads(pending.body) for pending in outbox.pending(10)]
    camera_events = [body["data"] for body in bodies if "data" in body]
    assert [event["state"] for event in camera_events] == ["lost", "back"], "one event an outage"
    assert len(saved) == 2


def test_a_damaged_photograph_does_not_stop_the_rest(outbox: Outbox) -> None:
    engine, saved, problems = _run(ScriptedCamera(0, ImageUnreadable("b.jpg is cut."), 1), outbox)
    assert len(saved) == 2
    assert [type(p) for p in problems] == [ImageUnreadable]
    assert engine.camera_faults == 0


def test_a_full_outbox_refuses_and_measuring_goes_on() -> None:
    class Full:
        def accept(self, _assessment: Assessment) -> int:
            raise OutboxFull("the outbox is full.", "Start the collector.")

    engine, saved, problems = _run(ScriptedCamera(0, 1), Full())
    assert engine.frames == 2
    assert saved == [], "what was not committed is never called saved"
    assert [type(p) for p in problems] == [OutboxFull, OutboxFull]


def test_a_source_that_cannot_exist_is_not_tried_for_ever(outbox: Outbox) -> None:
    with pytest.raises(SourceInvalid, match="empty folder"):
        _run(ScriptedCamera(SourceInvalid("empty folder.")), outbox)

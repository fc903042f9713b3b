"""What a station says of itself every minute."""

from __future__ import annotations

import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from edge.engine.engine import Engine
from edge.engine.health import engine_health
from edge.records import Frame, Pose
from edge.results.outbox import Outbox


class HundredFrames:
    name = "hundred"
    dropped = 0

    def __init__(self) -> None:
        self._left = 100

    def open(self) -> None: ...

    def read(self) -> Frame | None:
        self._left -= 1
        return Frame(np.zeros((4, 4, 3), np.uint8), 0, 0, still=True) if self._left >= 0 else None

    def pace(self, most_fps: float) -> None: ...

    def close(self) -> None: ...


class Slower:
    """Decoding takes 1 ms at the first frame, 2 ms at the second, and so on."""

    models = ()

    def __init__(self) -> None:
        self.timings = {"inference": 30.0, "decode": 0.0}

    def estimate(self, _frame: Frame) -> list[Pose]:
        self.timings = self.timings | {"decode": self.timings["decode"] + 1.0}
        return []


def test_b9_every_stage_is_published_with_its_p50_and_p95(tmp_path: Path, outbox: Outbox) -> None:
    prompt = SimpleNamespace(code="")
    nobody = SimpleNamespace(observe=lambda *_: None, conclude=lambda: None, prompt=prompt)
    engine = Engine(
        HundredFrames(),
        Slower(),
        nobody,  # type: ignore[arg-type]
        outbox,
        state_path=tmp_path,
    )
    engine.run(threading.Event())
    health = engine_health(engine)
    assert health["frames"] == 100
    assert health["stages"]["inference"] == {"p50_ms": 30.0, "p95_ms": 30.0}
    decode = health["stages"]["decode"]
    assert decode["p50_ms"] == pytest.approx(50.5)
    assert decode["p95_ms"] == pytest.approx(95.05)
    assert all(set(times) == {"p50_ms", "p95_ms"} for times in health["stages"].values())


def test_c6_a_person_is_lost_and_frames_go_on_with_person_count_0(
    tmp_path: Path, outbox: Outbox
) -> None:
    somebody: list[Any] = [object()]
    counts: list[int] = []

    class Leaves(Slower):
        def estimate(self, frame: Frame) -> list[Pose]:
            super().estimate(frame)
            return somebody if self.timings["decode"] <= 2 else []

    class Watched(HundredFrames):
        def read(self) -> Frame | None:
            counts.append(engine_health(engine)["person_count"])
            return super().read()

    standing = SimpleNamespace(
        observe=lambda *_: None, conclude=lambda: None, prompt=SimpleNamespace(code="")
    )
    engine = Engine(Watched(), Leaves(), standing, outbox, state_path=tmp_path)  # type: ignore[arg-type]
    engine.run(threading.Event())
    assert counts == [0, 1, 1, *[0] * 98]

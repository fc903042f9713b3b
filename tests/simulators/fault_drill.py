"""One camera fault from its beginning to the healed station: `fault_drill.py` prints them all.

The engine, the capture thread, the watch and the outbox are the station's own; where a fault ends
the station's process, the engine is built anew as by the next process, at once.
"""

from __future__ import annotations

import json
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import pytest
from simulators import picamera2_device
from simulators.faulty_camera import NODE, Fault, FaultyCamera
from simulators.waiting import eventually

from edge.camera import connect, slot
from edge.camera.base import Camera
from edge.camera.live import LiveCamera
from edge.camera.picamera import PiCamera
from edge.camera.watch import BLACK_AFTER_S, FROZEN_AFTER_S, PictureWatch
from edge.engine import engine as engine_module
from edge.engine.engine import Engine
from edge.errors import CameraHung
from edge.results.outbox import Outbox

FAULTS: tuple[Fault, ...] = (
    "unplugged", "permission", "busy", "stalled", "hung", "frozen", "black", "format", "size",
)  # fmt: skip


@dataclass(frozen=True)
class Limits:
    """The station's stated times; tests shorten them."""

    stall_s: float = 5.0
    lets_go_s: float = slot.LETS_GO_S
    frozen_s: float = FROZEN_AFTER_S
    black_s: float = BLACK_AFTER_S
    reopen_s: float = 1.0
    fps: float = 15.0


@dataclass(frozen=True)
class Healed:
    """faults : codes of the events, in their order. found_s : from the fault to the first event.
    back_s : from the fault's end to the event that says so. processes : that it took."""

    faults: tuple[str, ...]
    found_s: float
    back_s: float
    processes: int


class _Nobody:
    models = ()
    timings: dict[str, float] = {}  # noqa: RUF012

    def estimate(self, _frame: Any) -> list[Any]:
        return []


class _Station:
    """Engines over one outbox, one after the other, as service manager and engine do it."""

    def __init__(
        self, folder: Path, camera: Callable[[], Camera], watch: Callable[[], PictureWatch]
    ) -> None:
        self._folder, self._camera, self._watch = folder, camera, watch
        self._stop = threading.Event()
        self.outbox = Outbox.open(
            folder / "outbox.db", site="x", station="y", limit_bytes=10**7, at_limit="refuse"
        )
        self.frames = 0
        self.processes = 0
        self._thread = threading.Thread(target=self._serve)

    def _serve(self) -> None:
        prompt = SimpleNamespace(code="no_person")
        nobody = SimpleNamespace(observe=self._count, conclude=lambda: None, prompt=prompt)
        while not self._stop.is_set():
            self.processes += 1
            engine = Engine(
                self._camera(),
                _Nobody(),
                nobody,  # type: ignore[arg-type]
                self.outbox,
                state_path=self._folder,
                watch=self._watch(),
            )
            try:
                engine.run(self._stop)
            except CameraHung:
                continue

    def _count(self, _frame: Any, _poses: Any) -> None:
        self.frames += 1

    def events(self, state: str) -> list[dict[str, Any]]:
        told = [json.loads(pending.body)["data"] for pending in self.outbox.pending(1000)]
        return [event for event in told if event["state"] == state]

    def __enter__(self) -> _Station:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        self.outbox.close()


def drill(fault: Fault, folder: Path, limits: Limits) -> Healed:
    """Let a V4L2 camera have the fault until the station has told it, then end the fault."""
    device = FaultyCamera(limits.fps)
    connected = partial(connect.open_v4l2, NODE, (96, 128), limits.fps)

    def begin() -> None:
        device.fault = fault

    def end() -> None:
        device.fault = ""

    with pytest.MonkeyPatch.context() as patch:
        device.install(patch)
        try:
            return _drill(
                folder, limits, patch, begin, end,
                lambda: LiveCamera(NODE, connected, stall_s=limits.stall_s),
                exits=fault == "hung",
            )  # fmt: skip
        finally:
            device.let_go.set()


def drill_pi_camera(folder: Path, limits: Limits) -> Healed:
    """The Pi camera's front end times out; only a new process may open it again."""
    package = picamera2_device.module()

    def begin() -> None:
        package.opened[-1].hangs = True

    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "picamera2", package)
        camera = partial(PiCamera, (96, 128), fps=limits.fps, stall_s=limits.stall_s)
        return _drill(folder, limits, patch, begin, lambda: None, camera, exits=True)


def _drill(
    folder: Path,
    limits: Limits,
    patch: pytest.MonkeyPatch,
    begin: Callable[[], None],
    end: Callable[[], None],
    camera: Callable[[], Camera],
    *,
    exits: bool,
) -> Healed:
    patch.setattr(engine_module, "_REOPEN_FIRST_S", limits.reopen_s)
    patch.setattr(slot, "LETS_GO_S", limits.lets_go_s)
    watch = partial(PictureWatch, frozen_after_s=limits.frozen_s, black_after_s=limits.black_s)
    with _Station(folder, camera, watch) as station:
        eventually(lambda: station.frames > 3)
        began_s = time.monotonic()
        begin()
        eventually(lambda: station.events("lost"), within_s=60)
        found_s = time.monotonic() - began_s
        if exits:
            eventually(lambda: station.processes > 1, within_s=60)
        else:  # long enough for a second reason, where opening anew finds one
            time.sleep(2 * limits.reopen_s)
        ended_s = time.monotonic()
        end()
        eventually(lambda: station.events("back"), within_s=60)
        back_s = max(0.0, time.monotonic() - ended_s)
        faults = tuple(event["fault"] for event in station.events("lost"))
        return Healed(faults, found_s, back_s, station.processes)


def main() -> None:
    drills: dict[str, Callable[[Path, Limits], Healed]] = {
        f"V4L2 {fault}": lambda folder, limits, fault=fault: drill(fault, folder, limits)
        for fault in FAULTS
    }
    drills["picamera2 stalled"] = drill_pi_camera
    print("| fault | found after s | event/camera fault | recovery | back after s |")
    print("|---|---|---|---|---|")
    for name, run in drills.items():
        with tempfile.TemporaryDirectory() as folder:
            healed = run(Path(folder), Limits())
        how = "new process" if healed.processes > 1 else "opened anew"
        how = "light" if healed.faults == ("black",) else how
        print(
            f"| {name} | {healed.found_s:.1f} | {', '.join(healed.faults)} | {how} "
            f"| {healed.back_s:.1f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()

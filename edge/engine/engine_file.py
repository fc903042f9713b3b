"""The engine's health as a file: what the uplink, doctor and the next engine know of this one.

The engine has no network and the uplink no camera, so the engine writes down how it is, every few
seconds, and the uplink sends it every minute. From the same file the next process sees how the
last one ended, and tells the collector where that was not in good order.
"""

from __future__ import annotations

import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import msgspec

from edge.engine.engine import Engine
from edge.engine.health import engine_health
from edge.engine.saving import Saving
from edge.errors import NOT_JSON, CameraHung, PostureError
from edge.files import write_for_this_boot
from edge.machine import Machine, read_machine
from edge.records import Abilities
from edge.wire.clock import boot_id

ENGINE_FILE = "engine.json"
_EVERY_S = 15.0
_COOL_FOR_S = 300.0  # a board that is slowed down again within this time is still slowed down


class EngineState(msgspec.Struct):
    """ended : empty while it runs and when it broke off; `well`, or the error that ended it.

    starts : of this boot. written_ns : CLOCK_BOOTTIME.
    """

    boot_id: str
    written_ns: int
    starts: int
    ended: str = ""
    abilities: Abilities = Abilities()
    health: dict[str, Any] = {}

    @property
    def age_s(self) -> float:
        return (_now_ns() - self.written_ns) / 1e9

    @property
    def running(self) -> bool:
        return not self.ended and self.boot_id == boot_id() and self.age_s < 4 * _EVERY_S


def read_engine_file(state_path: Path) -> EngineState | None:
    """The engine's last word; None where there is none."""
    try:
        return msgspec.json.decode((state_path / ENGINE_FILE).read_bytes(), type=EngineState)
    except (OSError, *NOT_JSON):
        return None


def told_health(state_path: Path) -> dict[str, Any]:
    """The engine's numbers and their age, for the health message that the uplink sends."""
    state = read_engine_file(state_path)
    if state is None or state.boot_id != boot_id():
        return {"engine": "not started since boot"}
    how = "runs" if state.running else state.ended or "broke off"
    health = dict(state.health)
    if health.get("frame_age_s") is not None:
        health["frame_age_s"] = round(health["frame_age_s"] + state.age_s, 1)
    return {"engine": how, "told_s_ago": round(state.age_s, 1), "starts": state.starts} | health


def told_abilities(state_path: Path) -> Abilities:
    """What the engine measures, for the uplink's birth message; nothing before it has run."""
    state = read_engine_file(state_path)
    return Abilities() if state is None or state.boot_id != boot_id() else state.abilities


class EngineFile:
    """Follows one engine in a thread of its own for as long as the context lasts.

    It watches the machine too: an event says that it is held back, another that it no longer is.
    A thread that only looks feeds no watchdog.
    """

    def __init__(self, state_path: Path, saving: Saving) -> None:
        self._path = state_path / ENGINE_FILE
        self._saving = saving
        self._last = read_engine_file(state_path)
        same_boot = self._last is not None and self._last.boot_id == boot_id()
        starts = self._last.starts + 1 if self._last is not None and same_boot else 1
        self._state = EngineState(boot_id(), _now_ns(), starts)
        self._engine: Engine | None = None
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._follow, name="engine file", daemon=True)
        self._held_back_at_s: float | None = None
        self._seen_held_back_s = 0.0

    def __enter__(self) -> Self:
        if self._last is not None and not self._last.ended:
            same_boot = self._last.boot_id == boot_id()
            why = "the process broke off" if same_boot else "the power was cut"
            self._saving.tell("fault", {"part": "engine", "state": "restarted", "problem": why})
        self._write()
        self._thread.start()
        return self

    def follow(self, engine: Engine) -> None:
        """Write what this engine measures with, and its numbers as soon as there are some."""
        self._state.abilities = engine.abilities
        self._write()
        self._engine = engine

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        error: BaseException | None,
        _: TracebackType | None,
    ) -> None:
        self._stop.set()
        self._thread.join()
        if error is not None and not isinstance(error, PostureError):
            return  # a bug: the file says killed, and the next process tells
        self._state.ended = f"{type(error).__name__}: {error}" if error else "well"
        known = self._last is not None and self._last.ended == self._state.ended
        if isinstance(error, PostureError) and not isinstance(error, CameraHung) and not known:
            fault = {"fault": type(error).__name__, "problem": str(error)[:500]}
            self._saving.tell("fault", {"part": "engine", "state": "ended", **fault})
        self._write()

    def _follow(self) -> None:
        while not self._stop.wait(_EVERY_S):
            self._write()
            self._watch_machine(read_machine(), time.monotonic())
            self._saving.tell_waiting()
            self._saving.tend()

    def _write(self) -> None:
        with self._lock:  # of two threads
            if self._engine is not None:
                self._state.health = engine_health(self._engine)
                self._state.abilities = self._engine.abilities
            self._state.written_ns = _now_ns()
            write_for_this_boot(self._path, self._state)  # the outbox tells of a full disk

    def _watch_machine(self, machine: Machine, now_s: float) -> None:
        about = {"part": "machine", "temperature_c": machine.temperature_c}
        if machine.held_back:
            self._seen_held_back_s = now_s
            if self._held_back_at_s is None:
                self._held_back_at_s = now_s
                self._saving.tell(
                    "fault", {**about, "state": "held_back", "why": list(machine.held_back)}
                )
        elif self._held_back_at_s is not None and now_s - self._seen_held_back_s > _COOL_FOR_S:
            lasted_s = round(self._seen_held_back_s - self._held_back_at_s)
            self._held_back_at_s = None
            self._saving.tell("fault", {**about, "state": "back", "lasted_s": lasted_s})


def _now_ns() -> int:
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME)

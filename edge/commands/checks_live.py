"""What `doctor` looks at while the station works: services, engine, camera, machine."""

from __future__ import annotations

import shutil
import subprocess
import time
from pathlib import Path

import numpy as np

from edge.camera.base import Camera, origin_of
from edge.camera.live import LiveCamera
from edge.camera.sources import camera_for, shown_source
from edge.camera.watch import is_black
from edge.commands.checks import Check, State
from edge.engine.engine_file import read_engine_file
from edge.machine import board, read_machine
from edge.records import Frame
from edge.settings import Settings
from edge.wire.clock import boot_id

SYSTEMD_RUNS = Path("/run/systemd/system")
_ENGINE = "posture-engine"
UNITS = (_ENGINE, "posture-uplink")
_BETWEEN_RUNS = ("deactivating", "activating")
_LOOK_FRAMES = 5
_HOT_C = 80.0
_LATE_FRAME_S = 10.0
_LEAST_MEMORY_MB = 200.0
_START = "`systemctl start posture-engine`, or `posture-station run` at a desk."


def services(settings: Settings) -> Check:
    """The units, as systemd sees them. `doctor` changes nothing."""
    if shutil.which("systemctl") is None or not SYSTEMD_RUNS.exists():
        return Check("services", State.OK, "no systemd here: run by hand")
    found, state = [], State.OK
    for unit in UNITS:
        asked = subprocess.run(  # noqa: S603
            ["systemctl", "show", "-p", "LoadState,ActiveState,NRestarts,StatusText", unit],  # noqa: S607
            capture_output=True,
            text=True,
            timeout=10,
            check=False,
        )
        told = dict(line.split("=", 1) for line in asked.stdout.splitlines() if "=" in line)
        if told.get("LoadState") != "loaded":
            found.append(f"{unit} not installed")
            continue
        active = told.get("ActiveState", "unknown")
        words = f"{unit} {active}, {told.get('NRestarts', '?')} restarts"
        if unit == _ENGINE and active in _BETWEEN_RUNS and _is_recording(settings):
            words = f"{words}, for its recording has ended and begins anew"
        elif active != "active":
            state = State.FAIL
        found.append(": ".join(filter(None, (words, told.get("StatusText")))))
    remedy = f"`systemctl status {' '.join(UNITS)}` says more." if state is State.FAIL else ""
    return Check("services", state, "; ".join(found), remedy)


def _is_recording(settings: Settings) -> bool:
    """Whether the source ends by itself, as a camera does not."""
    asked = settings.camera
    return asked.source != "" and origin_of(camera_for(asked)) in ("file", "rendered")


def engine(settings: Settings) -> Check:
    """What the running engine says of itself; it measures, or says why not."""
    told = read_engine_file(settings.state_path)
    if told is None or told.boot_id != boot_id():
        return Check("engine", State.OK, "has not run since boot")
    if not told.running:
        how = told.ended or f"it broke off; its last word is {told.age_s:.0f} s old"
        state = State.OK if told.ended == "well" else State.FAIL
        return Check("engine", state, f"not running, ended: {how}", _START)
    health = told.health
    if not health:
        return Check("engine", State.WARN, "is starting", "Wait for its first frame.")
    age_s = health.get("frame_age_s")
    found = (
        f"start {told.starts} of this boot; {health.get('frames')} frames, {health.get('fps')} fps"
        f"{', idle' if health.get('idle') else ''}; frame p50 "
        f"{health.get('stages', {}).get('frame', {}).get('p50_ms')} ms; "
        f"{health.get('memory_mb')} MB"
    )
    if health.get("problem"):
        where = "camera" if health["problem"].startswith("camera") else "outbox"
        return Check("engine", State.FAIL, f"{health['problem']}; {found}", f"See `{where}`.")
    if age_s is None or age_s > _LATE_FRAME_S:
        return Check("engine", State.FAIL, f"no frame for {age_s} s; {found}", "See `camera`.")
    return Check("engine", State.OK, found)


def camera(settings: Settings) -> Check:
    """Open it and look at a few frames; while the engine has it, take the engine's word."""
    told = read_engine_file(settings.state_path)
    source = settings.camera.source
    shown = shown_source(source)
    opened = camera_for(settings.camera)
    live = origin_of(opened) == "camera"
    if told is not None and told.running and live and told.health:
        problem, size = told.health.get("problem", ""), told.health.get("picture_px")
        found = f"{shown} in use by the engine, {size} px"
        if problem.startswith("camera"):
            return Check("camera", State.FAIL, f"{found}; {problem}", "Cable, power, light, lens?")
        return Check("camera", State.OK, found)
    try:
        opened.open()
        began_s = time.perf_counter()
        frames = [opened.read() for _ in range(_LOOK_FRAMES if live else 1)]
        ms = (time.perf_counter() - began_s) * 1e3 / len(frames)
    finally:
        opened.close()
    seen = [frame for frame in frames if frame is not None]
    if not seen:
        return Check("camera", State.FAIL, f"{opened.name}: the source is empty", "Name another.")
    return _picture(settings, opened, seen, ms)


def _picture(settings: Settings, opened: Camera, seen: list[Frame], ms: float) -> Check:
    first = seen[0]
    gives = f" ({opened.format})" if isinstance(opened, LiveCamera) else ""
    found = f"{opened.name}{gives}: {first.width_px} x {first.height_px}, {ms:.0f} ms a frame"
    if is_black(first.image):
        return Check("camera", State.WARN, f"{found}, black", "Open the lens cover, add light.")
    if len(seen) > 1 and all(np.array_equal(first.image, later.image) for later in seen[1:]):
        return Check("camera", State.FAIL, f"{found}, frozen", "Cut the camera's power for 10 s.")
    if (origin := origin_of(opened)) != "camera":
        return Check(
            "camera",
            State.WARN,
            f"{found}; no live camera ({origin})",
            "Its results are marked everywhere. Set camera.source to a camera to measure people.",
        )
    asked = settings.camera.width_px, settings.camera.height_px
    if gives and max(first.width_px, first.height_px) < max(asked):
        return Check(
            "camera",
            State.WARN,
            f"{found}; asked for {asked[0]} x {asked[1]}",
            "`v4l2-ctl --list-formats-ext` shows its modes; USB 2 carries large ones as MJPG only.",
        )
    return Check("camera", State.OK, found)


def machine(_settings: Settings) -> Check:
    """How warm, how held back, how much memory."""
    now = read_machine()
    free_mb = _available_memory_mb()
    warm = "temperature unknown" if now.temperature_c is None else f"{now.temperature_c:.0f} °C"
    found = f"{board() or 'board unknown'}, {warm}, {free_mb:.0f} MB of memory free"
    if "undervoltage" in now.held_back:
        return Check("machine", State.FAIL, f"{found}, undervoltage", "Use the board's own supply.")
    if now.held_back or (now.temperature_c or 0) > _HOT_C:
        held = ", ".join(now.held_back) or "hot"
        return Check("machine", State.WARN, f"{found}, {held}", "Give it air, or a fan.")
    if free_mb < _LEAST_MEMORY_MB:
        return Check("machine", State.WARN, found, "End what else runs here.")
    return Check("machine", State.OK, found)


def _available_memory_mb() -> float:
    for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) / 1e3
    return 0.0

"""`posture-station doctor`: checks what measuring needs and says what to do."""

from __future__ import annotations

import enum
import importlib.metadata
import json
import os
import platform
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from edge.app import OUTBOX_NAME, open_outbox
from edge.camera.sources import camera_for
from edge.errors import PostureError
from edge.estimation.factory import estimator_for
from edge.records import Frame
from edge.results.clock import read_clock
from edge.settings import Settings
from edge.uplink.probe import probe_broker

_DEVICE_PACKAGES = ("numpy", "numba", "onnxruntime", "opencv-python-headless", "paho-mqtt")
_DARK = 12.0  # mean grey value below which a picture shows nothing


class State(enum.StrEnum):
    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True)
class Check:
    """What was looked at, what was found, and what to do when it is not well."""

    name: str
    state: State
    found: str
    remedy: str = ""


def _software(_settings: Settings) -> Check:
    found = [f"Python {platform.python_version()}", platform.machine()]
    found += [f"{name} {importlib.metadata.version(name)}" for name in _DEVICE_PACKAGES]
    old = sys.version_info < (3, 11)
    return Check("software", State.FAIL if old else State.OK, ", ".join(found))


def _models(settings: Settings) -> Check:
    estimator = estimator_for(settings.models)
    blank = Frame(np.full((640, 480, 3), 127, np.uint8), 0, 0)
    estimator.estimate(blank)  # the first call compiles and allocates
    began = time.perf_counter()
    people = estimator.estimate(blank)
    ms = (time.perf_counter() - began) * 1e3
    names = ", ".join(f"{m.name} {m.version} ({m.sha256[:12]})" for m in estimator.models)
    if people:
        return Check("models", State.FAIL, f"{names}: a person seen in an empty picture")
    return Check("models", State.OK, f"{names}: verified, {ms:.0f} ms for an empty picture")


def _camera(settings: Settings) -> Check:
    camera = camera_for(settings.camera)
    try:
        camera.open()
        began = time.perf_counter()
        frame = camera.read()
        ms = (time.perf_counter() - began) * 1e3
    finally:
        camera.close()
    if frame is None:
        return Check("camera", State.FAIL, f"{camera.name}: the source is empty", "Name another.")
    found = f"{camera.name}: {frame.width_px} x {frame.height_px}, first frame after {ms:.0f} ms"
    if float(frame.image.mean()) < _DARK:
        return Check("camera", State.WARN, f"{found}, black", "Open the lens cover, add light.")
    return Check("camera", State.OK, found)


def _broker(settings: Settings) -> Check:
    return Check("broker", State.OK, probe_broker(settings.mqtt))


def _clock(_settings: Settings) -> Check:
    clock = read_clock()
    if clock.state == "synced":
        return Check("clock", State.OK, f"{clock.utc}, synchronised")
    return Check(
        "clock",
        State.WARN,
        f"{clock.utc}, {clock.state}",
        "Start systemd-timesyncd or give the station a time server; results say how sure they are.",
    )


def _disk(settings: Settings) -> Check:
    folder = settings.state_path
    folder.mkdir(parents=True, exist_ok=True)
    if not os.access(folder, os.W_OK):
        return Check("disk", State.FAIL, f"{folder} cannot be written", "Mend its owner or rights.")
    free_mb = shutil.disk_usage(folder).free / 1e6
    needed_mb = settings.outbox.limit_mb * 1.5
    found = f"{folder}: {free_mb:.0f} MB free, the outbox may take {settings.outbox.limit_mb:.0f}"
    if free_mb < needed_mb:
        return Check("disk", State.FAIL, found, "Free space or lower outbox.limit_mb.")
    return Check("disk", State.OK, found)


def _outbox(settings: Settings) -> Check:
    if not (settings.state_path / OUTBOX_NAME).exists():
        return Check("outbox", State.OK, "empty, never used")
    with open_outbox(settings) as outbox:
        depth, oldest_s = outbox.depth(), outbox.oldest_age_s()
    found = f"{depth} results wait, the oldest for {oldest_s / 3600:.1f} h"
    if oldest_s > 24 * 3600:
        return Check("outbox", State.WARN, found, "Is the collector running? See `broker`.")
    return Check("outbox", State.OK, found)


def _kernels(_settings: Settings) -> Check:
    cache = Path(os.environ.get("NUMBA_CACHE_DIR") or Path(__file__).parent.parent / "decode")
    compiled = list(cache.rglob("*.nbi"))
    if compiled:
        return Check("kernels", State.OK, f"{len(compiled)} compiled in {cache}")
    return Check(
        "kernels", State.WARN, f"none compiled in {cache}", "Run `posture-station warmup` once."
    )


CHECKS: dict[str, Callable[[Settings], Check]] = {
    "software": _software,
    "kernels": _kernels,
    "models": _models,
    "camera": _camera,
    "broker": _broker,
    "clock": _clock,
    "disk": _disk,
    "outbox": _outbox,
}


def examine(settings: Settings) -> Iterator[Check]:
    """All checks in order; a fault of one never hides the others."""
    for name, check in CHECKS.items():
        try:
            yield check(settings)
        except PostureError as error:
            yield Check(name, State.FAIL, error.problem, error.remedy)


def run(settings: Settings, *, as_json: bool) -> int:
    """Print a table, or JSON for machines. Returns 1 when anything failed."""
    checks = list(examine(settings))
    if as_json:
        json.dump([asdict(check) for check in checks], sys.stdout, indent=1)
        sys.stdout.write("\n")
    else:
        colour = {State.OK: "green", State.WARN: "yellow", State.FAIL: "red"}
        table = Table("part", "state", "found", "what to do")
        for check in checks:
            shown = f"[{colour[check.state]}]{check.state}[/]"
            table.add_row(check.name, shown, check.found, check.remedy)
        Console().print(table)
    return 1 if any(check.state is State.FAIL for check in checks) else 0

"""What `doctor` looks at: the program, its models, its disk and its ways out."""

from __future__ import annotations

import enum
import importlib.metadata
import os
import platform
import shutil
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from edge.app import OUTBOX_NAME, open_outbox, shipped_models
from edge.errors import PostureError
from edge.estimation.factory import estimator_for
from edge.inference.network import Network
from edge.inference.opencv_threads import leave_cores_to_networks
from edge.inference.providers import available
from edge.mqtt.probe import has_name, probe_broker, reach_broker
from edge.records import Frame
from edge.settings import Settings
from edge.shown import shown
from edge.uplink.uplink_file import read_uplink_file
from edge.wire.clock import read_clock

_DEVICE_PACKAGES = ("numpy", "numba", "opencv-python-headless", "paho-mqtt")
_NEARLY_FULL = 0.8


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

    def __post_init__(self) -> None:
        object.__setattr__(self, "found", shown(self.found))


def software(_settings: Settings) -> Check:
    found = [f"Python {platform.python_version()}", platform.machine()]
    for name in _DEVICE_PACKAGES:
        try:
            found.append(f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:  # JetPack's own OpenCV has no such entry
            found.append(f"{name} not from a wheel")
    old = sys.version_info < (3, 11)
    return Check("software", State.FAIL if old else State.OK, ", ".join(found))


def kernels(_settings: Settings) -> Check:
    cache = Path(os.environ.get("NUMBA_CACHE_DIR") or Path(__file__).parent.parent / "decode")
    compiled = list(cache.rglob("*.nbi"))
    if compiled:
        return Check("kernels", State.OK, f"{len(compiled)} compiled in {cache}")
    return Check(
        "kernels", State.WARN, f"none compiled in {cache}", "Run `posture-station warmup` once."
    )


def models(settings: Settings) -> Check:
    leave_cores_to_networks()
    estimator = estimator_for(settings.models)
    blank = np.full((640, 480, 3), 127, np.uint8)
    estimator.estimate(Frame(blank, 0, 0))  # the first call compiles and allocates
    began = time.perf_counter()
    people = estimator.estimate(Frame(blank, 1, 0))
    ms = (time.perf_counter() - began) * 1e3
    names = ", ".join(f"{m.name} {m.version} ({m.sha256[:12]})" for m in estimator.models)
    if people:
        return Check(
            "models",
            State.FAIL,
            f"{names}: a person seen in an empty picture",
            "Choose other models; `posture-models check FILE` says more.",
        )
    return Check("models", State.OK, f"{names}: verified, {ms:.0f} ms for an empty picture")


def accelerator(settings: Settings) -> Check:
    """Which execution provider serves, and which this onnxruntime would have."""
    asked = settings.models.accelerator
    file = settings.models.single.split("+")[0] or shipped_models(settings)["finder"]
    serving = Network.load(file, threads=1, accelerator=asked).provider
    here = available()
    version = importlib.metadata.version
    try:
        runtime = f"onnxruntime {version('onnxruntime')}"
    except importlib.metadata.PackageNotFoundError:
        runtime = f"onnxruntime-gpu {version('onnxruntime-gpu')}"
    found = f"{runtime} offers {', '.join(_short(name) for name in here)}; {_short(serving)} serves"
    if asked == "auto" and serving != here[0]:
        remedy = f"Run `posture-station warmup` to build what {_short(here[0])} needs."
        return Check("accelerator", State.WARN, found, remedy)
    return Check("accelerator", State.OK, found)


def broker(settings: Settings) -> Check:
    """Whether the site's brokers answer. A station that reaches one of them works, and is told of
    the others.

    Of the one that the uplink is connected to, its word is taken, and to the others nobody logs
    in meanwhile: see uplink_file.py.
    """
    told_by = read_uplink_file(settings.state_path)
    connected_to = told_by.broker if told_by is not None and told_by.is_connected else ""
    found: list[str] = []
    failed: list[PostureError] = []
    for each in settings.mqtt.each:
        try:
            if told_by is not None and connected_to == each.address:
                found.append(told_by.words)
            elif connected_to and has_name(each):
                found.append(reach_broker(each))
            else:
                found.append(probe_broker(each))
        except PostureError as problem:
            failed.append(problem)
    if failed and not found:
        raise failed[0]
    told = "; ".join([*found, *(problem.problem for problem in failed)])
    if failed:
        return Check("broker", State.WARN, told, failed[0].remedy)
    return Check("broker", State.OK, told)


def clock(_settings: Settings) -> Check:
    now = read_clock()
    if now.state == "synced":
        return Check("clock", State.OK, f"{now.utc}, synchronised")
    return Check(
        "clock",
        State.WARN,
        f"{now.utc}, {now.state}",
        "Start systemd-timesyncd or give the station a time server; results say how sure they are.",
    )


def disk(settings: Settings) -> Check:
    folder = settings.state_path
    folder.mkdir(parents=True, exist_ok=True)
    if not os.access(folder, os.W_OK):
        return Check(
            "disk",
            State.FAIL,
            f"{folder} cannot be written",
            "On a station call doctor with sudo; else mend the folder's owner or rights.",
        )
    free_mb = shutil.disk_usage(folder).free / 1e6
    needed_mb = settings.outbox.limit_mb * 1.5
    found = f"{folder}: {free_mb:.0f} MB free, the outbox may take {settings.outbox.limit_mb:.0f}"
    if free_mb < needed_mb:
        return Check("disk", State.FAIL, found, "Free space or lower outbox.limit_mb.")
    return Check("disk", State.OK, found)


def outbox(settings: Settings) -> Check:
    if not (settings.state_path / OUTBOX_NAME).exists():
        return Check("outbox", State.OK, "empty, never used")
    with open_outbox(settings) as box:
        counts = box.counts()
    used_mb, limit_mb = counts.used_bytes / 1e6, counts.limit_bytes / 1e6
    found = (
        f"{counts.accepted} messages accepted, {counts.waiting} wait, the oldest for "
        f"{counts.oldest_age_s / 3600:.1f} h; {used_mb:.1f} of {limit_mb:.0f} MB"
    )
    if counts.dropped or counts.quarantined:
        lost = f"{found}; {counts.dropped} dropped, {counts.quarantined} rejected by the collector"
        return Check("outbox", State.WARN, lost, "The collector's `fleet` says which.")
    if counts.used_bytes > _NEARLY_FULL * counts.limit_bytes:
        return Check("outbox", State.FAIL, found, "Bring network or collector back: see `broker`.")
    if counts.oldest_age_s > 24 * 3600:
        return Check("outbox", State.WARN, found, "Is the collector running? See `broker`.")
    return Check("outbox", State.OK, found)


def _short(provider: str) -> str:
    return provider.removesuffix("ExecutionProvider")

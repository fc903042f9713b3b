"""Run a model file as the device would: every proof it must give, and how long it takes."""

from __future__ import annotations

import time
from pathlib import Path

import msgspec
import numpy as np

from edge.inference.golden import golden_picture
from edge.inference.network import Network


class Checked(msgspec.Struct, frozen=True):
    """A file that serves, and this machine's latency with it."""

    path: str
    name: str
    version: str
    sha256: str
    threads: int
    load_ms: float
    p50_ms: float
    p95_ms: float
    bytes: int


def check(path: Path, *, threads: int = 1, runs: int = 20) -> Checked:
    """Load with every proof (seal, graph, golden vectors), then time `runs` runs after one more.

    Raises
    ------
    ModelRefused : the file must not serve; says why.
    """
    began = time.perf_counter()
    network = Network.load(path, threads=threads)
    load_ms = (time.perf_counter() - began) * 1e3
    spec = network.description.input
    picture = golden_picture(1, spec.height_px, spec.width_px)
    times_ms = []
    for _ in range(runs + 1):
        began = time.perf_counter()
        network.run(picture)
        times_ms.append((time.perf_counter() - began) * 1e3)
    p50, p95 = np.percentile(times_ms[1:], [50, 95])
    return Checked(
        path=str(path),
        name=network.identity.name,
        version=network.identity.version,
        sha256=network.identity.sha256,
        threads=threads,
        load_ms=round(load_ms, 1),
        p50_ms=round(float(p50), 2),
        p95_ms=round(float(p95), 2),
        bytes=path.stat().st_size,
    )

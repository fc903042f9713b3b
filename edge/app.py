"""The composition root: reads settings, builds the objects.

Nothing else knows concrete classes. The engine and the uplink share only the outbox on disk, so
they run as two processes on a station and as two threads on a desk, by the same code.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import msgspec

from edge.camera.sources import camera_for
from edge.engine import Engine
from edge.errors import PostureError
from edge.estimation.factory import estimator_for
from edge.health import engine_health, machine_health
from edge.records import Assessment
from edge.results.outbox import Outbox
from edge.screening.screening import Screening
from edge.settings import Settings
from edge.uplink.uplink import Uplink

OUTBOX_NAME = "outbox.db"

OnSaved = Callable[[Assessment, int], None]
OnProblem = Callable[[PostureError], None]


def open_outbox(settings: Settings) -> Outbox:
    """The station's outbox; its folder is made where it is missing."""
    settings.state_path.mkdir(parents=True, exist_ok=True)
    return Outbox.open(
        settings.state_path / OUTBOX_NAME,
        site=settings.site,
        station=settings.station,
        limit_bytes=int(settings.outbox.limit_mb * 1e6),
        at_limit=settings.outbox.at_limit,
        cfg_sha256=hashlib.sha256(msgspec.json.encode(settings, order="deterministic")).hexdigest(),
    )


def build_engine(
    settings: Settings, outbox: Outbox, *, on_saved: OnSaved, on_problem: OnProblem
) -> Engine:
    """Camera, models and screening around one outbox."""
    camera = camera_for(settings.camera)
    estimator = estimator_for(settings.models)
    screening = Screening(settings.screening, source=camera.name, models=estimator.models)
    return Engine(camera, estimator, screening, outbox, on_saved=on_saved, on_problem=on_problem)


def build_uplink(
    settings: Settings, outbox: Outbox, *, engine: Engine | None, on_problem: OnProblem
) -> Uplink:
    """What sends the outbox; with the engine in the same process its health is told too."""

    def vitals() -> dict[str, Any]:
        health = machine_health(settings.state_path)
        return health if engine is None else health | engine_health(engine)

    models = () if engine is None else engine.models
    return Uplink(settings, outbox, vitals=vitals, models=models, on_problem=on_problem)

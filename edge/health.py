"""What a station says of itself every minute: its machine, its frames, its work in hand."""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from typing import Any

from edge.engine import Engine

_THERMAL = Path("/sys/class/thermal/thermal_zone0/temp")


def machine_health(state_path: Path) -> dict[str, Any]:
    """Temperature in degrees Celsius where the kernel tells it, and the free disk in MB."""
    health: dict[str, Any] = {"disk_free_mb": shutil.disk_usage(state_path).free // 1_000_000}
    try:
        health["temperature_c"] = int(_THERMAL.read_text()) / 1000
    except (OSError, ValueError):
        health["temperature_c"] = None
    return health


def engine_health(engine: Engine) -> dict[str, Any]:
    """Age of the last frame, and the time the stages take."""
    seen = engine.last_frame_at_s
    stages = {
        stage: {
            "p50_ms": round(engine.times.percentile(stage, 50), 2),
            "p95_ms": round(engine.times.percentile(stage, 95), 2),
        }
        for stage in engine.times.stages
    }
    return {
        "frames": engine.frames,
        "frame_age_s": round(time.monotonic() - seen, 1) if seen else None,
        "camera_faults": engine.camera_faults,
        "stages": stages,
    }

"""What a station says of itself every minute: its machine, its frames, its unsent work."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path
from typing import Any

from edge.engine.engine import Engine
from edge.machine import read_machine


def machine_health(state_path: Path) -> dict[str, Any]:
    """Temperature in degrees Celsius where the kernel tells it, what holds the machine back
    (undervoltage, slowed, throttled, hot), and the free disk in MB."""
    machine = read_machine()
    return {
        "disk_free_mb": shutil.disk_usage(state_path).free // 1_000_000,
        "temperature_c": machine.temperature_c,
        "held_back": list(machine.held_back),
    }


def engine_health(engine: Engine) -> dict[str, Any]:
    """Frames, their rate and age, the time the stages take, and what the process holds."""
    seen = engine.last_frame_at_s
    stages = {
        stage: {
            "p50_ms": round(engine.times.percentile(stage, 50), 2),
            "p95_ms": round(engine.times.percentile(stage, 95), 2),
        }
        for stage in engine.times.stages
    }
    return {
        "camera": engine.source,
        "origin": engine.origin,
        "frames": engine.frames,
        "frame_age_s": round(time.monotonic() - seen, 1) if seen else None,
        "fps": round(engine.fps, 1),
        "picture_px": list(engine.frame_size_px),
        "person_count": engine.person_count,
        "idle": engine.idle,
        "dropped": engine.dropped,
        "models": [f"{m.name} {m.version} {m.sha256[:12]}" for m in engine.models],
        "camera_faults": engine.camera_faults,
        "problem": engine.problem,
        "memory_mb": round(resident_mb(), 1),
        "open_files": len(os.listdir("/proc/self/fd")),  # noqa: PTH208
        "stages": stages,
    }


def resident_mb() -> float:
    """Memory of this process that is in RAM, MB."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6

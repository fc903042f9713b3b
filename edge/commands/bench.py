"""`posture-station bench`: how long a frame takes here, and how much of it is not inference."""

from __future__ import annotations

import json
import sys
import time
from collections import defaultdict

import numpy as np
from rich.console import Console
from rich.table import Table

from edge.camera.mannequin import MannequinCamera
from edge.estimation.factory import estimator_for
from edge.records import Frame
from edge.screening.screening import Screening
from edge.settings import Settings

_FRAMES = 60
_WARM_UP = 5


def _frames() -> list[Frame]:
    camera = MannequinCamera("mannequin:?view=front&seed=3&seconds=8")
    camera.open()
    frames: list[Frame] = []
    while len(frames) < _FRAMES + _WARM_UP and (frame := camera.read()) is not None:
        frames.append(frame)
    camera.close()
    return frames


def measure(settings: Settings) -> dict[str, list[float]]:
    """Milliseconds per stage for each frame of a rendered person; `frame` is the whole."""
    estimator = estimator_for(settings.models)
    screening = Screening(settings.screening, source="bench", models=estimator.models)
    taken: dict[str, list[float]] = defaultdict(list)
    for number, frame in enumerate(_frames()):
        began = time.perf_counter()
        poses = estimator.estimate(frame)
        screening.observe(frame, poses)
        whole_ms = (time.perf_counter() - began) * 1e3
        if number >= _WARM_UP:
            taken["frame"].append(whole_ms)
            for stage, ms in estimator.timings.items():
                taken[stage].append(ms)
    return dict(taken)


def run(settings: Settings, *, as_json: bool) -> int:
    """Print p50 and p95 of every stage; the frame time over the inference time comes last."""
    taken = measure(settings)
    median = {stage: float(np.median(ms)) for stage, ms in taken.items()}
    p95 = {stage: float(np.percentile(ms, 95)) for stage, ms in taken.items()}
    inference_ms = np.sum([taken[stage] for stage in taken if "inference" in stage], axis=0)
    ratio = float(np.median(np.asarray(taken["frame"]) / inference_ms))
    if as_json:
        json.dump({"p50_ms": median, "p95_ms": p95, "frame_over_inference": ratio}, sys.stdout)
        sys.stdout.write("\n")
        return 0
    table = Table("stage", "p50 ms", "p95 ms", title=f"{len(taken['frame'])} frames of one person")
    for stage in taken:
        table.add_row(stage, f"{median[stage]:.2f}", f"{p95[stage]:.2f}")
    console = Console()
    console.print(table)
    console.print(f"a frame takes {ratio:.2f} times its inference", highlight=False)
    return 0

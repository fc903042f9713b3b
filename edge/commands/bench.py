"""`posture-station bench`: how long a frame takes here, and how much of it is not inference.

The source shows one person; a recorded one is played again until enough frames were taken.
"""

from __future__ import annotations

import os
import platform
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import numpy as np
from rich.table import Table

from edge.camera.sources import camera_for
from edge.cli.output import Output
from edge.engine.frame_rate import IDLE_AFTER_S, IDLE_FPS
from edge.errors import SourceInvalid
from edge.estimation.estimator import Estimator, Measurer, Seen
from edge.estimation.factory import estimator_for
from edge.inference.opencv_threads import leave_cores_to_networks
from edge.inference.shipped import NONE
from edge.machine import board, read_machine
from edge.records import Frame
from edge.screening.screening import MEASURING_S, Screening
from edge.settings import Settings

_FRAMES = 40
_WARM_UP = 5
_BEST_FRAMES = 3
_EMPTY_FRAMES = 10
_MOST_FRAMES = 10 * (_WARM_UP + _FRAMES)


def measure(settings: Settings, estimator: Estimator) -> dict[str, list[float]]:
    """Milliseconds per stage for each frame that shows a person.

    `frame` is the whole from picture to screening, `inference` all that onnxruntime took of it.
    """
    screening = Screening(settings.screening, source="bench", models=estimator.models)
    taken: dict[str, list[float]] = defaultdict(list)
    seen = 0
    for frame in _frames(settings):
        began = time.perf_counter()
        poses = estimator.estimate(frame)
        screening.observe(frame, poses)
        whole_ms = (time.perf_counter() - began) * 1e3
        seen += bool(poses)
        if poses and seen > _WARM_UP:
            stages = dict(estimator.timings)
            for stage, ms in stages.items():
                taken[stage].append(ms)
            taken["inference"].append(sum(ms for s, ms in stages.items() if "inference" in s))
            taken["frame"].append(whole_ms)
        if seen == _WARM_UP + _FRAMES:
            break
    if not taken:
        raise SourceInvalid(
            f"the models find nobody in {settings.camera.source}.",
            "Name a source that shows a person, or other models.",
        )
    return dict(taken)


def measure_hold(settings: Settings, estimator: Estimator) -> dict[str, float]:
    """Seconds that a hold's closer look takes here, and how many crops there was time for.

    Nothing where no close network serves.
    """
    if not isinstance(estimator, Measurer) or settings.models.close == NONE:
        return {}
    seen: list[Seen] = []
    for frame in _frames(settings):
        seen += [Seen(frame, pose) for pose in estimator.estimate(frame)[:1]]
        if len(seen) == _BEST_FRAMES:
            break
    done: list[int] = []
    began_s = time.perf_counter()
    estimator.measure(
        seen, seen[0].pose, budget_s=MEASURING_S, progress=lambda at, _: done.append(at)
    )
    return {"seconds": time.perf_counter() - began_s, "looks": float(len(done))}


def _frames(settings: Settings) -> Iterator[Frame]:
    """The first few hundred frames of a source, so that one in which nobody is found comes to an
    end."""
    left = _MOST_FRAMES
    while left:
        camera = camera_for(settings.camera)
        with closing(camera):
            camera.open()
            before = left
            while left and (frame := camera.read()) is not None:
                left -= 1
                yield frame
        if left == before:
            return


def waiting_cores(settings: Settings, estimator: Estimator) -> dict[str, float]:
    """How many processor cores the estimator keeps busy before an empty room, awake and idle."""
    empty = np.full((1280, 720, 3), 127, np.uint8)
    estimator.estimate(Frame(empty, 0, 0))
    began_s = time.process_time()
    # A new frame each time: a frame keeps its halves, and making them is part of the cost.
    for frame_id in range(1, _EMPTY_FRAMES + 1):
        estimator.estimate(Frame(empty, frame_id, 0))
    frame_s = (time.process_time() - began_s) / _EMPTY_FRAMES
    return {"awake": frame_s * settings.camera.fps, "idle": frame_s * IDLE_FPS}


def circumstances(settings: Settings) -> dict[str, Any]:
    """What the times depend on: a board that is held back or busy measures itself, not the code."""
    machine = read_machine()
    return {
        "board": board(),
        "processor": platform.machine(),
        "threads": settings.models.threads,
        "accelerator": settings.models.accelerator,
        "temperature_c": machine.temperature_c,
        "held_back": list(machine.held_back),
        "load_1min": round(os.getloadavg()[0], 2),
    }


def run(settings: Settings, out: Output) -> int:
    """Print p50 and p95 of every stage; the frame time over the inference time comes last."""
    leave_cores_to_networks()
    before = circumstances(settings)
    estimator = estimator_for(settings.models)
    taken = measure(settings, estimator)
    hold = measure_hold(settings, estimator)
    cores = waiting_cores(settings, estimator)
    after = circumstances(settings)
    median = {stage: float(np.median(ms)) for stage, ms in taken.items()}
    p95 = {stage: float(np.percentile(ms, 95)) for stage, ms in taken.items()}
    ratio = float(np.median(np.asarray(taken["frame"]) / np.asarray(taken["inference"])))
    result = {"p50_ms": median, "p95_ms": p95, "frame_over_inference": ratio, "hold": hold}
    out.answer(result | {"waiting_cores": cores, "before": before, "after": after})
    table = Table("stage", "p50 ms", "p95 ms", title=f"{len(taken['frame'])} frames of one person")
    for stage in taken:
        table.add_row(stage, f"{median[stage]:.2f}", f"{p95[stage]:.2f}")
    out.table(table)
    out.line(f"a frame takes {ratio:.2f} times its inference")
    if hold:
        out.line(
            f"measuring a hold of {_BEST_FRAMES} frames takes {hold['seconds']:.2f} s and"
            f" {hold['looks']:.0f} crops, each with its mirror image"
        )
    out.line(
        f"an empty room takes {cores['awake']:.2f} cores at {settings.camera.fps:g} frames a second"
        f" and {cores['idle']:.2f} at {IDLE_FPS:g}, after {IDLE_AFTER_S:g} s with nobody; whoever"
        f" comes then is seen up to {1 / IDLE_FPS:g} s later"
    )
    changed = (f"{key} {before[key]} -> {after[key]}" for key in after if after[key] != before[key])
    out.line(", ".join((*(f"{key} {before[key]}" for key in before), *changed)))
    if after["held_back"]:
        out.line("The board was held back: give it air or power, then measure again.")
    return 0

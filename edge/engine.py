"""The loop that measures: one frame after another, until told to stop or the source ends.

It has the camera and the models, and no network: results go into the outbox on disk, from where
another process sends them.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from threading import Event
from typing import TYPE_CHECKING

import numpy as np

from edge import systemd
from edge.errors import CameraLost, CameraStalled, ImageUnreadable, OutboxFull, PostureError
from edge.records import Assessment, ModelIdentity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edge.camera.base import Camera
    from edge.estimation.estimator import Estimator
    from edge.results.outbox import Outbox
    from edge.screening.screening import Screening

_REOPEN_FIRST_S = 1.0
_REOPEN_MOST_S = 30.0
_REMEMBERED_FRAMES = 512


@dataclass
class StageTimes:
    """Milliseconds of the latest frames, a stage at a time."""

    stages: dict[str, deque[float]] = field(default_factory=dict)

    def add(self, stage: str, ms: float) -> None:
        self.stages.setdefault(stage, deque(maxlen=_REMEMBERED_FRAMES)).append(ms)

    @contextmanager
    def measure(self, stage: str) -> Iterator[None]:
        began = time.perf_counter()
        yield
        self.add(stage, (time.perf_counter() - began) * 1e3)

    def percentile(self, stage: str, q: float) -> float:
        return float(np.percentile(self.stages[stage], q)) if self.stages.get(stage) else 0.0


class Engine:
    """Camera to outbox.

    on_saved : called with an assessment and its sequence number once its commit has returned.
    on_problem : called with every fault that the loop outlives.
    on_end : called once the loop has ended in good order.
    """

    def __init__(
        self,
        camera: Camera,
        estimator: Estimator,
        screening: Screening,
        outbox: Outbox,
        *,
        on_saved: Callable[[Assessment, int], None] = lambda _assessment, _seq: None,
        on_problem: Callable[[PostureError], None] = lambda _problem: None,
        on_end: Callable[[], None] = lambda: None,
    ) -> None:
        self._camera = camera
        self._estimator = estimator
        self._screening = screening
        self._outbox = outbox
        self._on_saved = on_saved
        self._on_problem = on_problem
        self._on_end = on_end
        self.times = StageTimes()
        self.frames = 0
        self.last_frame_at_s = 0.0  # time.monotonic(); 0 before the first
        self.camera_faults = 0
        self._camera_lost_at_s: float | None = None

    @property
    def models(self) -> tuple[ModelIdentity, ...]:
        return self._estimator.models

    def run(self, stop: Event) -> None:
        """Measure until `stop` is set or the source has ended.

        Raises SourceInvalid, PartMissing and other AskPerson errors of the camera's opening:
        waiting would not mend them.
        """
        self._run(stop)
        self._on_end()

    def _run(self, stop: Event) -> None:
        wait_s = _REOPEN_FIRST_S
        while not stop.is_set():
            frames_before = self.frames
            try:
                self._camera.open()
                self._measure(stop)
                return
            except (CameraStalled, CameraLost) as fault:
                if self.frames > frames_before:
                    wait_s = _REOPEN_FIRST_S
                self._camera_failed(fault)
            finally:
                self._camera.close()
            stop.wait(wait_s)
            wait_s = min(_REOPEN_MOST_S, wait_s * 2)

    def _measure(self, stop: Event) -> None:
        while not stop.is_set():
            try:
                with self.times.measure("camera"):
                    frame = self._camera.read()
            except ImageUnreadable as fault:  # one damaged picture: the next may be good
                self._on_problem(fault)
                continue
            if frame is None:
                return
            self.frames += 1
            self.last_frame_at_s = time.monotonic()
            if self._camera_lost_at_s is not None:
                self._camera_is_back(self.last_frame_at_s - self._camera_lost_at_s)
            with self.times.measure("frame"):
                poses = self._estimator.estimate(frame)
                assessment = self._screening.observe(frame, poses)
            for stage, ms in self._estimator.timings.items():
                self.times.add(stage, ms)
            if assessment is not None:
                self._save(assessment)
            if self.frames == 1:
                systemd.ready("measuring")
            systemd.alive(f"{self.frames} frames, {self._screening.prompt.code}")

    def _save(self, assessment: Assessment) -> None:
        # Updates change the files between subjects, after the screening was built.
        assessment = replace(assessment, models=self._estimator.models)
        try:
            with self.times.measure("outbox"):
                seq = self._outbox.accept(assessment)
        except OutboxFull as refusal:  # nothing was said to be saved, so nothing is lost
            self._on_problem(refusal)
        else:
            self._on_saved(assessment, seq)

    def _camera_failed(self, fault: PostureError) -> None:
        self.camera_faults += 1
        self._on_problem(fault)
        if self._camera_lost_at_s is None:  # one event an outage: a dead camera fills no outbox
            self._camera_lost_at_s = time.monotonic()
            self._report_camera({"state": "lost", "fault": type(fault).__name__})

    def _camera_is_back(self, outage_s: float) -> None:
        self._camera_lost_at_s = None
        self._report_camera({"state": "back", "outage_s": round(outage_s, 1)})

    def _report_camera(self, event: dict[str, str | float]) -> None:
        try:
            self._outbox.accept_event("camera", {"source": self._camera.name, **event})
        except OutboxFull as refusal:
            self._on_problem(refusal)

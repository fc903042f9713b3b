"""The loop that measures: one frame after another, until told to stop or the source ends.

It has the camera and the models, and no network: results go into the outbox on disk, from where
another process sends them.
"""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from threading import Event
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from edge import systemd
from edge.camera.base import origin_of
from edge.camera.watch import Sight
from edge.engine.camera_outage import CameraOutage
from edge.engine.frame_rate import FrameRate
from edge.engine.saving import Saving
from edge.errors import CameraFault, CameraHung, ImageUnreadable, PostureError
from edge.mqtt.backoff import Backoff
from edge.records import Abilities, Assessment, Frame, ModelIdentity, Origin, Pose

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from edge.camera.base import Camera
    from edge.camera.watch import PictureWatch
    from edge.estimation.estimator import Estimator
    from edge.results.outbox import Outbox
    from edge.screening.prompts import Prompt

log = logging.getLogger(__name__)

_REOPEN_FIRST_S = 1.0
_REOPEN_MOST_S = 15.0  # well within the 30 s of the service's watchdog
# So long the watchdog is fed while a camera that shows nothing is opened again and again: it needs
# a person, not a restart loop. Then a new process may do better. What hangs feeds nothing.
_FED_BLIND_S = 600.0
_OUTAGE_NAME = "camera-outage.json"
_REMEMBERED_FRAMES = 512


class Observer(Protocol):
    """Takes every frame: a screening, or one that an operator can reach."""

    @property
    def prompt(self) -> Prompt:
        """What the person in front of the camera should do now."""

    def observe(self, frame: Frame, poses: list[Pose]) -> Assessment | None:
        """An assessment where one is due."""

    def conclude(self) -> Assessment | None:
        """The source has ended: what is due, one at a time; None at the end."""


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

    watch : judges the pictures of a live camera; None where pictures may well repeat themselves.
    state_path : where an outage of the camera is kept over a restart.
    measures : code -> unit of what the assessments may hold.
    on_saved : called with an assessment and its sequence number once its commit has returned.
    on_problem : called with every fault that the loop outlives, once an outage for each reason.
    on_end : called once the loop has ended in good order.
    """

    def __init__(
        self,
        camera: Camera,
        estimator: Estimator,
        screening: Observer,
        outbox: Outbox,
        *,
        state_path: Path,
        measures: Mapping[str, str] | None = None,
        watch: PictureWatch | None = None,
        on_saved: Callable[[Assessment, int], None] = lambda _assessment, _seq: None,
        on_problem: Callable[[PostureError], None] = lambda _problem: None,
        on_end: Callable[[], None] = lambda: None,
    ) -> None:
        self._camera = camera
        self._estimator = estimator
        self._screening = screening
        self._measures = dict(measures or {})
        self._watch = watch
        self._on_saved = on_saved
        self._on_problem = on_problem
        self._on_end = on_end
        self._frame_rate = FrameRate()
        self.saving = Saving(outbox, on_problem)
        self._outage = CameraOutage(state_path / _OUTAGE_NAME, self._tell_camera, _boottime_ns)
        self.times = StageTimes()
        self.frames = 0
        self.last_frame_at_s = 0.0  # time.monotonic(); 0 before the first
        self._arrivals_s: deque[float] = deque(maxlen=32)
        self.frame_size_px = (0, 0)  # width, height of the last
        self.person_count = 0  # in the last
        self.camera_faults = 0
        self._saw_at_s = time.monotonic()

    @property
    def models(self) -> tuple[ModelIdentity, ...]:
        return self._estimator.models

    @property
    def abilities(self) -> Abilities:
        """What this station measures, with the model files that serve now: updates change them."""
        return Abilities(self._estimator.models, self._measures)

    @property
    def dropped(self) -> int:
        """Frames that the camera made since it was opened and nobody looked at."""
        return self._camera.dropped

    @property
    def source(self) -> str:
        """The camera's name."""
        return self._camera.name

    @property
    def origin(self) -> Origin:
        """What kind of source it is."""
        return origin_of(self._camera)

    @property
    def fps(self) -> float:
        """Frames a second, of the latest; 0 once none has come for 5 s."""
        arrivals_s = list(self._arrivals_s)
        if len(arrivals_s) < 2 or time.monotonic() - arrivals_s[-1] > 5.0:
            return 0.0
        return (len(arrivals_s) - 1) / max(1e-6, arrivals_s[-1] - arrivals_s[0])

    @property
    def idle(self) -> bool:
        """Whether nobody is there, so that the camera is looked at less often."""
        return self._frame_rate.idle

    @property
    def problem(self) -> str:
        """Why nothing can be measured or saved now; empty when all is well."""
        return f"camera: {self._outage.fault}" if self._outage.fault else self.saving.problem

    def run(self, stop: Event) -> None:
        """Measure until `stop` is set or the source has ended.

        Raises
        ------
        SourceInvalid, PartMissing : of the camera's opening; waiting would not mend them.
        CameraHung : only a new process can open the camera again.
        OutboxUnusable : the outbox could not be written for two minutes.
        """
        try:
            self._run(stop)
        except CameraHung as fault:
            self._outage.bad("hung", fault.problem)
            raise
        log.info("engine: ends after %d frames", self.frames)
        self._on_end()

    def _named(self) -> str:
        return ", ".join(f"{model.name} {model.version}" for model in self.models) or "no network"

    def _run(self, stop: Event) -> None:
        backoff = Backoff(_REOPEN_FIRST_S, _REOPEN_MOST_S, jitter=0.0)
        while not stop.is_set():
            frames_before = self.frames
            try:
                self._camera.open()
                if self._watch is not None:
                    self._watch.opened()
                self._measure(stop)
                while (last := self._screening.conclude()) is not None:
                    self._save(last, stop)
                return
            except CameraFault as fault:
                if self.frames > frames_before:
                    backoff.reset()
                self._camera_failed(fault)
            finally:
                self._camera.close()
            self.saving.tell_waiting()
            stop.wait(backoff.next_s())

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
            self._arrivals_s.append(self.last_frame_at_s)
            self.frame_size_px = (frame.width_px, frame.height_px)
            self._judge_picture(frame)
            with self.times.measure("frame"):
                poses = self._estimator.estimate(frame)
                assessment = self._screening.observe(frame, poses)
            self.person_count = len(poses)
            for stage, ms in self._estimator.timings.items():
                self.times.add(stage, ms)
            if self.frames == 1:
                systemd.ready("measuring")
                log.info("engine: measuring, with %s", self._named())
            if assessment is not None:
                self._save(assessment, stop)
            if self._frame_rate.looked(frame, bool(poses)):
                self._camera.pace(self._frame_rate.most_fps)
            self._feed(self.problem or f"{self.frames} frames, {self._screening.prompt.code}")

    def _save(self, assessment: Assessment, stop: Event) -> None:
        # Updates change the files between subjects, after the screening was built.
        assessment = replace(assessment, models=self._estimator.models)
        with self.times.measure("outbox"):
            seq = self.saving.save(assessment, stop)
        if seq is not None:
            self._on_saved(assessment, seq)

    def _judge_picture(self, frame: Frame) -> None:
        sight = Sight.GOOD if self._watch is None else self._watch.look(frame)
        if sight is Sight.UNSURE:
            return
        self._saw_at_s = self.last_frame_at_s  # in the dark too: no restart brings light
        if sight is Sight.GOOD:
            self._outage.good()
        elif self._outage.bad("black", f"{frame.name} delivers black pictures."):
            self.camera_faults += 1

    def _camera_failed(self, fault: CameraFault) -> None:
        self.camera_faults += 1
        if self._outage.bad(fault.reason, str(fault)):
            self._on_problem(fault)
        self._feed(f"no picture: {fault.problem}")

    def _feed(self, status: str) -> None:
        if time.monotonic() - self._saw_at_s < _FED_BLIND_S:
            if self.frames == 0:  # not READY yet
                systemd.starting(status, extend_s=2 * _REOPEN_MOST_S)
            systemd.alive(status)

    def _tell_camera(self, event: dict[str, Any]) -> None:
        self.saving.tell("camera", {"source": self._camera.name, **event})


def _boottime_ns() -> int:
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME)

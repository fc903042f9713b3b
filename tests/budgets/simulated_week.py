"""A week of the station in minutes: `simulated_week.py [DAYS]`. Is memory flat, are files closed?

Real: engine, picture watch, duty cycle, screening, outbox, health, reporter, and on every 40th
frame the shipped networks. Simulated: the clock (frames carry the week's time and come as fast as
they are worked off), a camera that shows one rendered visit with fresh noise eight times a day and
fails in five ways a day, the truth with jitter in place of the other frames' poses, and a
collector that confirms everything once an hour. While nobody is there a frame stands for a minute.
"""

from __future__ import annotations

import io
import itertools
import logging
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np
from posture_tools.mannequin import Faults, MannequinCamera, degrade
from rich.console import Console
from rich.table import Table

from edge.camera.watch import PictureWatch
from edge.commands.run import Reporter
from edge.engine import engine as engine_module
from edge.engine.engine import Engine
from edge.engine.health import engine_health, machine_health
from edge.errors import CameraLost, CameraStalled, ImageUnreadable
from edge.estimation.factory import estimator_for
from edge.records import Frame, ModelIdentity, Pose, Uint8
from edge.results.outbox import Outbox
from edge.screening.screening import Screening
from edge.settings import ModelSettings, ScreeningSettings
from edge.skeletons import COCO_17
from edge.wire.receipt import Receipt

SECOND, MINUTE, HOUR, DAY = 10**9, 60 * 10**9, 3600 * 10**9, 86_400 * 10**9
FPS = 5.0
VISITS_A_DAY = 8
SCENE = "mannequin:?width=144&height=256&fps=1&noise=0&seed=3"
NETWORK_EVERY = 40


@dataclass(frozen=True, slots=True)
class Scene:
    """One picture of the visit, and where the person's keypoints are in it."""

    image: Uint8
    keypoints: np.ndarray


def rendered_visit() -> list[Scene]:
    mannequin = MannequinCamera(SCENE)
    mannequin.open()
    scenes = []
    for second in range(int(mannequin.duration_s)):  # rendering is the slow part
        rendered = mannequin.rendered(float(second))
        keypoints = rendered.people[0].array(COCO_17.keypoints)
        keypoints[:, 2] = np.where(keypoints[:, 2] == 2, 0.9, 0.5)
        scenes += [Scene(rendered.image, keypoints)] * int(FPS)
    return scenes


class WeekCamera:
    """Visits, empty hours, dark nights and faults, each at its time."""

    name = "week"
    dropped = 0

    def __init__(self, scenes: list[Scene], days: int, noise: np.random.Generator) -> None:
        self._scenes, self._noise = scenes, noise
        self._end_ns = days * DAY
        self._now_ns = 8 * HOUR
        self._frame_id = 0
        self._fast = True
        self._frozen: Uint8 | None = None
        self._unplugged = 0
        self._visit: Iterator[Scene] = iter(())
        self._next_visit_ns = self._now_ns
        self._next_fault_ns = self._now_ns + HOUR
        self._faults = itertools.cycle(("stalled", "unplugged", "frozen", "damaged", "lost"))
        self.shown: Scene | None = None
        self.injected: Counter[str] = Counter()

    @property
    def now_ns(self) -> int:
        return self._now_ns

    def open(self) -> None:
        if self._unplugged:
            self._unplugged -= 1
            raise CameraLost("there is no camera.", reason="absent")

    def pace(self, most_fps: float) -> None:
        self._fast = most_fps > FPS

    def read(self) -> Frame | None:
        self.shown = next(self._visit, None)
        standing = self.shown is not None or self._frozen is not None
        self._now_ns += round(SECOND / FPS) if standing or self._fast else MINUTE
        if self._now_ns >= self._end_ns:
            return None
        night = not 6 * HOUR < self._now_ns % DAY < 22 * HOUR
        if self.shown is None and not night:
            self._fail_if_due()
            if self._now_ns >= self._next_visit_ns:
                self._visit = iter(self._scenes)
                self._next_visit_ns = self._now_ns + 16 * HOUR // VISITS_A_DAY
        empty = self._scenes[0].image
        image = empty if self.shown is None else self.shown.image
        faults = Faults(noise=2.0, exposure_stops=-10.0 if night else 0.0)
        image = self._frozen if self._frozen is not None else degrade(image, faults, self._noise)
        self._frame_id += 1
        return Frame(image, self._frame_id, self._now_ns, name=self.name)

    def _fail_if_due(self) -> None:
        if self._now_ns < self._next_fault_ns:
            return
        fault = next(self._faults)
        self._next_fault_ns = self._now_ns + 3 * HOUR
        self.injected[fault] += 1
        match fault:
            case "stalled":
                raise CameraStalled("no frame within 5 s.")
            case "unplugged":
                self._unplugged = 3
                raise CameraLost("it went away.")
            case "damaged":
                raise ImageUnreadable("this one picture is damaged.")
            case "lost":
                raise CameraLost("it went away.")
            case "frozen":
                self._frozen = self._scenes[0].image

    def close(self) -> None:
        self._frozen = None


class MostlyTruth:
    """The shipped networks on every 40th frame; for the rest the truth, jittered by 0.1 px."""

    def __init__(self, camera: WeekCamera, jitter: np.random.Generator) -> None:
        self._camera, self._jitter = camera, jitter
        self._networks = estimator_for(ModelSettings(threads=1))
        self._covariance = np.tile(np.float32(0.01) * np.eye(2, dtype=np.float32), (17, 1, 1))
        self.timings: dict[str, float] = {}
        self.network_frames = 0

    @property
    def models(self) -> tuple[ModelIdentity, ...]:
        return self._networks.models

    def estimate(self, frame: Frame) -> list[Pose]:
        if frame.frame_id % NETWORK_EVERY == 0:
            self._networks.estimate(frame)
            self.timings = dict(self._networks.timings)
            self.network_frames += 1
        if self._camera.shown is None:
            return []
        keypoints = self._camera.shown.keypoints.copy()
        keypoints[:, :2] += self._jitter.normal(0, 0.1, (17, 2))
        return [Pose(COCO_17, keypoints, self._covariance.copy(), 0.9)]


class Watched(Screening):
    """The screening, and on the week's clock: health each minute, receipts and a sample an hour."""

    def __init__(self, camera: WeekCamera, folder: Path, outbox: Outbox, models: object) -> None:
        settings = ScreeningSettings(least_stature_px=100, repeats=1)
        super().__init__(settings, source="week", models=models)  # type: ignore[arg-type]
        self._camera, self._folder, self._outbox = camera, folder, outbox
        self._minute = self._hour = 0
        self.engine: Engine | None = None
        self.samples: list[tuple[float, float, int]] = []  # day, MB, files
        self.health_messages = 0

    def observe(self, frame, poses):  # type: ignore[no-untyped-def]
        assessment = super().observe(frame, poses)
        now_ns = self._camera.now_ns
        assert self.engine is not None
        if now_ns // MINUTE > self._minute:
            self._minute = now_ns // MINUTE
            health = machine_health(self._folder) | engine_health(self.engine)
            msgspec.json.encode(health)
            self.health_messages += 1
            if now_ns // HOUR > self._hour:
                self._hour = now_ns // HOUR
                self._collect()
                self.samples.append((now_ns / DAY, health["memory_mb"], health["open_files"]))
        return assessment

    def _collect(self) -> None:
        waiting = self._outbox.pending(10_000)
        stored = tuple((pending.seq, pending.sha256) for pending in waiting)
        if stored:
            box = self._outbox
            box.settle(Receipt(box.site, box.station, box.epoch, stored[-1][0], stored))


def main(days: int) -> int:
    engine_module._REOPEN_FIRST_S = engine_module._REOPEN_MOST_S = 0.001  # real seconds
    log = io.StringIO()
    logging.basicConfig(stream=log, level=logging.INFO)
    reporter = Reporter(Console(file=log, width=200))
    scenes = rendered_visit()
    rng = np.random.default_rng(11)
    camera = WeekCamera(scenes, days, rng)
    estimator = MostlyTruth(camera, rng)
    began_s = time.monotonic()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with Outbox.open(
            folder / "outbox.db", site="x", station="y", limit_bytes=10**7, at_limit="refuse"
        ) as outbox:
            screening = Watched(camera, folder, outbox, estimator.models)
            engine = screening.engine = Engine(
                camera,
                estimator,
                screening,
                outbox,
                state_path=folder,
                watch=PictureWatch(),
                on_saved=reporter.saved,
                on_problem=reporter.problem,
            )
            engine.run(threading.Event())
            accepted = outbox.counts().accepted
    wall_s = time.monotonic() - began_s
    return report(days, wall_s, engine, screening, estimator, camera, accepted, log)


def report(
    days: int,
    wall_s: float,
    engine: Engine,
    screening: Watched,
    estimator: MostlyTruth,
    camera: WeekCamera,
    accepted: int,
    log: io.StringIO,
) -> int:
    """Flat means: the most that a day takes is the same every day, but for 2 %. Within a day memory
    goes up and down with the networks' buffers, which are given back after each run."""
    table = Table("day", "resident MB, least", "most", "open files, least", "most")
    peaks = []
    for day in range(days):
        memory = [mb for at, mb, _ in screening.samples if int(at) == day]
        files = [count for at, _, count in screening.samples if int(at) == day]
        row = (min(memory), max(memory), min(files), max(files))
        table.add_row(str(day + 1), *(f"{value:g}" for value in row))
        peaks.append(max(memory))
    console = Console()
    console.print(table)
    peaks = peaks[1:] or peaks  # the first day warms up
    files = {count for at, _, count in screening.samples}
    spread = (max(peaks) - min(peaks)) / min(peaks)
    simulated_s = days * 86_400
    console.print(
        f"{engine.frames} frames, {estimator.network_frames} of them through the networks, "
        f"{accepted} messages accepted, {screening.health_messages} of health, "
        f"faults {dict(camera.injected)}; {simulated_s} s in {wall_s:.0f} s "
        f"({simulated_s / wall_s:.0f} times), {time.process_time():.0f} s of processor; log "
        f"{log.tell()} bytes; the days' peaks from the second on {max(peaks):.1f} MB at most, "
        f"within {100 * spread:.2f} %; open files {sorted(files)}",
        highlight=False,
        soft_wrap=True,
    )
    return 0 if max(peaks) <= 350 and spread <= 0.02 and len(files) == 1 else 1


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 7))

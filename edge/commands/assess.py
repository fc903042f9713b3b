"""`posture-station assess PATH...`: the measures of every person in photographs and videos."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Protocol, Self

from rich.console import Console
from rich.markup import escape
from rich.progress import Progress
from rich.text import Text

from edge.camera.video import VideoFileCamera
from edge.commands.pipe import uninterrupted
from edge.commands.table import measure_table, summary_table
from edge.desk.inputs import Input, inputs
from edge.desk.overlay_files import overlay
from edge.desk.plan import Asked, Plan
from edge.desk.sightings import Sighting, Source, open_source, sightings
from edge.errors import ImageUnreadable, SourceInvalid
from edge.estimation.estimator import Estimator
from edge.markers.estimator import MarkerEstimator
from edge.output import STDOUT, write_output
from edge.records import Measure
from edge.shown import shown


class _Report(Protocol):
    def add(self, sighting: Sighting) -> None:
        """Take in one picture."""

    def close(self) -> None:
        """Say what can only be said at the end."""


def run(
    paths: Sequence[Path],
    estimator: Estimator,
    asked: Asked,
    *,
    interval: int = 1,
    recursive: bool = False,
    as_json: bool,
) -> int:
    """Print tables, or JSON for machines. Returns 1 when something could not be read.

    interval : of a video every so many-th frame is looked at.
    recursive : folders with their subfolders.
    """
    looked_at = inputs(paths, recursive=recursive)
    plan = Plan(
        looked_at, asked, as_json=as_json
    )  # whatever must not be is said before a model runs
    problems = 0
    with ExitStack() as stack:
        report: _Report = _JsonReport() if as_json else _TableReport(Console(stderr=plan.to_stdout))
        stack.enter_context(closing(report))
        takers = [report.add, *plan.open(stack, estimator)]
        bars = stack.enter_context(_Bars(len(looked_at)))
        for one in looked_at:
            problems += _assess(one, estimator, takers, plan, bars=bars, interval=interval)
            bars.done()
    return 1 if problems else 0


def _assess(
    one: Input,
    estimator: Estimator,
    takers: Sequence[Callable[[Sighting], None]],
    plan: Plan,
    *,
    bars: _Bars,
    interval: int,
) -> int:
    """Hand everything that is seen in one file to the takers; returns how often it failed."""
    report, problems = takers[0], 0
    if not one.measurable:
        report(Sighting(one, problem=one.problem))
        return one.problem is not None
    with ExitStack() as stack:
        seen = 0
        try:
            source = open_source(one.path, is_video=one.is_video, interval=interval)
        except (ImageUnreadable, SourceInvalid) as problem:
            report(Sighting(one, problem=problem))
            return 1
        stack.enter_context(closing(source))
        into = list(takers)
        target = plan.overlay_of(one)
        for sighting in bars.over(one, source, sightings(one, source, estimator)):
            seen += 1
            problems += sighting.problem is not None
            if target is not None and sighting.frame is not None and len(into) == len(takers):
                fps = source.fps if isinstance(source, VideoFileCamera) else 1.0
                into.append(stack.enter_context(overlay(target, fps)))
            for take in into:
                take(sighting)
            if isinstance(estimator, MarkerEstimator):
                _say_stickers(sighting, estimator.why)
        if not seen:
            short = ImageUnreadable(
                f"{one.path} has fewer than {interval} frames, of which --interval looks at one.",
                "Give a smaller --interval.",
            )
            report(Sighting(one, problem=short))
            problems += 1
    return problems


def _say_stickers(sighting: Sighting, why: Sequence[tuple[str, ...]]) -> None:
    """Why a person's stickers were not used."""
    for person, reasons in zip(sighting.people, why, strict=True):
        if reasons:
            text = f"{sighting.path}, person {person.number}, stickers: {', '.join(reasons)}"
            Console(stderr=True).print(Text(shown(text)), highlight=False, soft_wrap=True)


class _Bars:
    """How far it is: files, and the frames of a video; on standard error, where a person sits."""

    def __init__(self, files: int) -> None:
        console = Console(stderr=True)
        self._progress = Progress(
            console=console, transient=True, disable=not console.is_interactive
        )
        self._files = self._progress.add_task("files", total=files, visible=files > 1)

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def over(self, of: Input, source: Source, seen: Iterator[Sighting]) -> Iterator[Sighting]:
        name, total = escape(shown(of.path.name)), source.frame_count or None
        task = self._progress.add_task(name, total=total, visible=of.is_video)
        for sighting in seen:
            yield sighting
            self._progress.advance(task)
        self._progress.remove_task(task)

    def done(self) -> None:
        self._progress.advance(self._files)


class _JsonReport:
    """One array, an entry a picture, written as they come."""

    def __init__(self) -> None:
        self._before = "["

    def add(self, sighting: Sighting) -> None:
        self._write(f"{self._before}\n{json.dumps(sighting.as_json(), indent=1)}")

    def close(self) -> None:
        self._write("\n]\n" if self._before == "," else "[]\n")

    def _write(self, text: str) -> None:
        with uninterrupted():
            self._before = ","
            write_output(STDOUT, text.encode())


class _TableReport:
    """A table for each person: of a photograph at once, of a video at its end."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._photographs = self._people = 0
        self._frames: dict[str, int] = defaultdict(int)
        self._filmed: dict[tuple[str, int], list[tuple[Measure, ...]]] = defaultdict(list)

    def add(self, sighting: Sighting) -> None:
        if sighting.problem is not None:
            self._say(Text.assemble(("not read", "red"), f" {sighting.problem}"))
        if sighting.time_s is not None:
            self._frames[sighting.path] += 1
            for person in sighting.people:
                self._filmed[sighting.path, person.number].append(person.measures)
            return
        if sighting.of.left_out:
            told = ", ".join(f"{count} {kind}" for kind, count in sighting.of.left_out.items())
            self._say(f"{sighting.path}: left out {told}")
        if sighting.frame is None:
            return
        self._photographs += 1
        self._people += len(sighting.people)
        if not sighting.people:
            self._say(f"{sighting.path}: nobody found")
        for person in sighting.people:
            view = f", {person.measures[0].view} view" if person.measures else ""
            title = f"{sighting.path}, person {person.number}{view}"
            self._console.print(measure_table(title, person.measures))

    def close(self) -> None:
        for (path, number), frames in self._filmed.items():
            title = f"{path}, person {number}, {len(frames)} of {self._frames[path]} frames"
            self._console.print(summary_table(title, frames))
        for path, count in self._frames.items():
            people = sum(key[0] == path for key in self._filmed)
            self._say(f"{path}: {count} frames, {people} people.")
        if self._photographs:
            self._say(f"{self._photographs} photographs, {self._people} people.")

    def _say(self, text: str | Text) -> None:
        told = Text(shown(text)) if isinstance(text, str) else text
        self._console.print(told, highlight=False, soft_wrap=True)

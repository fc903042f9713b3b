"""`posture-station assess PATH...`: the measures of every person in photographs and videos."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import replace
from pathlib import Path
from typing import Protocol, Self

from rich.markup import escape

from edge.camera.video import VideoFileCamera
from edge.cli.output import Output
from edge.cli.progress import bars
from edge.commands.table import measure_table, summary_table
from edge.commands.visits.visit_sheet import VisitSheet
from edge.desk.overlay_files import overlay
from edge.desk.plan import Asked, Plan
from edge.errors import ImageUnreadable
from edge.estimation.estimator import Estimator
from edge.markers.estimator import MarkerEstimator
from edge.records import Measure, View
from edge.shown import path_entry, shown
from edge.sightings.inputs import Input, inputs
from edge.sightings.person import Told
from edge.sightings.sightings import Sighting, Source, open_source, sightings


class _Report(Protocol):
    def add(self, sighting: Sighting) -> None:
        """Take in one picture."""

    def close(self) -> None:
        """Say what can only be said at the end."""


def run(
    paths: Sequence[Path],
    estimator: Estimator,
    asked: Asked,
    out: Output,
    told: Told,
    *,
    interval: int = 1,
    recursive: bool = False,
    views: Mapping[Path, View] | None = None,
    visit: VisitSheet | None = None,
) -> int:
    """Print tables, or JSON for machines. What could not be read is said, and the rest goes on.

    told : about the pictures and who is in them.
    interval : of a video every so many-th frame is looked at.
    recursive : folders with their subfolders.
    views : that single pictures show, where that is known. visit : what all pictures come to, of
        one person; it tells instead of the tables.
    """
    looked_at = inputs(paths, recursive=recursive)
    out.will_read([one.path for one in looked_at])
    plan = Plan(looked_at, asked, as_json=out.as_json)  # before a model runs
    if plan.to_stdout:
        out.give_way()
    with ExitStack() as stack:
        takers = plan.open(stack, estimator, told.calibration, out.problem)
        if visit is not None:
            visit.page_at = plan.visit_page
            takers.insert(0, stack.enter_context(closing(visit)).add)
        if out.as_json or visit is None:
            report: _Report = _JsonReport(out) if out.as_json else _TableReport(out)
            takers.insert(0, stack.enter_context(closing(report)).add)
        bars = stack.enter_context(_Bars(len(looked_at)))
        for one in looked_at:
            of_this = replace(told, view=(views or {}).get(one.path, told.view))
            with out.reading(one.path):
                _assess(
                    one, estimator, of_this, plan, out, takers=takers, bars=bars, interval=interval
                )
            bars.done()
    return 0


def _assess(
    one: Input,
    estimator: Estimator,
    told: Told,
    plan: Plan,
    out: Output,
    *,
    takers: Sequence[Callable[[Sighting], None]],
    bars: _Bars,
    interval: int,
) -> None:
    """Hand everything that is seen in one file to the takers; raises what is wrong with it."""
    if one.problem is not None:
        raise one.problem
    if one.left_out:
        out.entry({**path_entry(one.path), "left_out": one.left_out})
        kinds = ", ".join(f"{count} {kind}" for kind, count in one.left_out.items())
        out.line(f"{one.path}: left out {kinds}")
        return
    with ExitStack() as stack:
        source = open_source(one.path, is_video=one.is_video, interval=interval)
        stack.enter_context(closing(source))
        into, target, seen = list(takers), plan.overlay_of(one), False
        for sighting in bars.over(one, source, sightings(one, source, estimator, told)):
            seen = True
            if sighting.problem is not None:
                out.problem(sighting.problem, one.path)
                continue
            if target is not None and len(into) == len(takers):
                fps = source.fps if isinstance(source, VideoFileCamera) else 1.0
                into.append(stack.enter_context(overlay(target, fps)))
            for take in into:
                take(sighting)
            if isinstance(estimator, MarkerEstimator):
                _say_stickers(sighting, estimator.why, out)
            if told.stature_mm is not None and len(sighting.people) > 1:
                count = len(sighting.people)
                out.note(
                    f"{sighting.path}: a stature, but whose? {count} people. "
                    "Say --stature-mm NUMBER=MM."
                )
        if not seen:
            raise ImageUnreadable(
                f"{one.path} has fewer than {interval} frames, of which --interval looks at one.",
                "Give a smaller --interval.",
            )


def _say_stickers(sighting: Sighting, why: Sequence[tuple[str, ...]], out: Output) -> None:
    """Why a person's stickers were not used."""
    for person, reasons in zip(sighting.people, why, strict=True):
        if reasons:
            out.note(f"{sighting.path}, person {person.number}, stickers: {', '.join(reasons)}")


class _Bars:
    """Bars at a terminal: how many files, and frames of a video, are done."""

    def __init__(self, files: int) -> None:
        self._progress = bars()
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
    """One JSON entry for each picture, written as soon as it is measured."""

    def __init__(self, out: Output) -> None:
        self._out = out

    def add(self, sighting: Sighting) -> None:
        self._out.entry(sighting.as_json())

    def close(self) -> None:
        """Does nothing: each entry is complete once it is written."""


class _TableReport:
    """A table for each person: of a photograph at once, of a video at its end."""

    def __init__(self, out: Output) -> None:
        self._out = out
        self._photographs = self._people = 0
        self._frames: dict[str, int] = defaultdict(int)
        self._filmed: dict[tuple[str, int], list[tuple[Measure, ...]]] = defaultdict(list)

    def add(self, sighting: Sighting) -> None:
        if sighting.time_s is not None:
            self._frames[sighting.path] += 1
            for person in sighting.people:
                self._filmed[sighting.path, person.number].append(person.measures)
            return
        self._photographs += 1
        self._people += len(sighting.people)
        if not sighting.people:
            self._out.line(f"{sighting.path}: nobody found")
        for person in sighting.people:
            title = f"{sighting.path}, person {person.number}"
            table = measure_table(title, person.measures, person.scale, person.hand)
            self._out.table(table)

    def close(self) -> None:
        for (path, number), frames in self._filmed.items():
            title = f"{path}, person {number}, {len(frames)} of {self._frames[path]} frames"
            self._out.table(summary_table(title, frames))
        for path, count in self._frames.items():
            people = sum(key[0] == path for key in self._filmed)
            self._out.line(f"{path}: {count} frames, {people} people.")
        if self._photographs:
            self._out.line(f"{self._photographs} photographs, {self._people} people.")

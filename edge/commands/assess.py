"""`posture-station assess PATH...`: the measures of every person in photographs and videos."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Protocol

from rich.console import Console
from rich.progress import track

from edge.cli.output import Output
from edge.commands.measure_csv import MeasureCsv
from edge.commands.overlay_files import overlay_at
from edge.commands.report_files import ReportFiles
from edge.commands.table import measure_table, summary_table
from edge.errors import ImageUnreadable
from edge.estimation.estimator import Estimator
from edge.exports import Export, open_export
from edge.markers.estimator import MarkerEstimator
from edge.records import Measure
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
    out: Output,
    told: Told,
    *,
    overlay: Path | None,
    csv: Path | None,
    exports: Sequence[tuple[str, str]] = (),
    pages: ReportFiles | None = None,
    interval: int = 1,
) -> int:
    """Print tables, or JSON for machines. What could not be read is said, and the rest goes on.

    told : about the pictures and who is in them.
    exports : names of formats of `edge.exports`, each with the path to write.
    interval : of a video every so many-th frame is looked at.
    pages : takes photographs and writes a report of each person.
    """
    with ExitStack() as stack:
        report: _Report = _JsonReport(out) if out.as_json else _TableReport(out)
        stack.enter_context(closing(report))
        takers: list[Callable[[Sighting], None]] = [report.add]
        if csv is not None:
            takers.append(stack.enter_context(closing(MeasureCsv(csv))).add)
        if pages is not None:
            takers.append(pages.add)
        for format_name, place in exports:
            takers.append(_exporting(stack.enter_context(open_export(format_name, Path(place)))))
        for path in paths:
            with out.reading(path), ExitStack() as of_source:
                source = of_source.enter_context(closing(open_source(path, interval)))
                into = list(takers)
                if overlay is not None:
                    into.append(of_source.enter_context(closing(overlay_at(overlay, source))).add)
                seen = False
                for sighting in _tracked(source, estimator, told):
                    seen = True
                    if sighting.problem is not None:
                        out.problem(sighting.problem, sighting.path)
                        continue
                    for take in into:
                        take(sighting)
                    if isinstance(estimator, MarkerEstimator):
                        _say_stickers(sighting, estimator.why, out)
                    if told.stature_mm is not None and len(sighting.people) > 1:
                        count = len(sighting.people)
                        out.note(f"{sighting.path}: a stature, but whose? {count} people.")
                if not seen:
                    raise ImageUnreadable(
                        f"{path} has no frame {interval}, which is the first that was asked for.",
                        "Ask for a smaller --interval.",
                    )
    return 0


def _say_stickers(sighting: Sighting, why: Sequence[tuple[str, ...]], out: Output) -> None:
    """Why a person's stickers were not used."""
    for person, reasons in zip(sighting.people, why, strict=True):
        if reasons:
            out.note(f"{sighting.path}, person {person.number}, stickers: {', '.join(reasons)}")


def _tracked(source: Source, estimator: Estimator, told: Told) -> Iterator[Sighting]:
    """The sightings of a source, with a progress bar where there is a terminal."""
    bar = Console(stderr=True)
    yield from track(
        sightings(source, estimator, told),
        Path(source.name).name,
        total=source.frame_count or None,
        console=bar,
        transient=True,
        disable=not bar.is_interactive,
    )


def _exporting(export: Export) -> Callable[[Sighting], None]:
    def take(sighting: Sighting) -> None:
        if sighting.frame is not None:
            export.add(sighting.frame, {person.number: person.pose for person in sighting.people})

    return take


class _JsonReport:
    """An entry a picture, written as they come."""

    def __init__(self, out: Output) -> None:
        self._out = out

    def add(self, sighting: Sighting) -> None:
        self._out.entry(sighting.as_json())

    def close(self) -> None:
        """Each entry is complete once written."""


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

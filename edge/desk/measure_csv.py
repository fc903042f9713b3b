"""Measures as CSV: one row for each measure of each person in each picture."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from edge.output import text_output
from edge.records import is_length
from edge.shown import csv_cell
from edge.sightings.sightings import Sighting

COLUMNS = (
    "path", "frame", "time_s", "person", "view", "side", "code", "definition", "value", "unit",
    "u95", "u95_change", "n", "quality", "why", "scale_by",
)  # fmt: skip


@contextmanager
def measure_csv(path: Path) -> Iterator[Callable[[Sighting], None]]:
    """Takes sightings; an empty cell is a number that there is not. Raises OutputFailed."""
    with text_output(path) as file:
        rows = csv.writer(file)
        rows.writerow(COLUMNS)

        def add(sighting: Sighting) -> None:
            """Write everybody in one picture; a picture with nobody in it has no rows."""
            rows.writerows(_rows(sighting))

        yield add


def _rows(sighting: Sighting) -> Iterator[tuple[object, ...]]:
    if sighting.frame is None:
        return
    video = sighting.time_s is not None
    at = (sighting.frame.frame_id, f"{sighting.time_s:.4f}") if video else ("", "")
    path = csv_cell(sighting.path)
    for person in sighting.people:
        for m in person.measures:
            yield (
                *(path, *at, person.number, m.view, m.side, m.code, m.definition),
                *(_number(m.value), m.unit, _number(m.u95), _number(m.u95_change)),
                *(f"{m.n:g}", m.quality, " ".join(m.why)),
                person.scale.by if person.scale is not None and is_length(m.unit) else "",
            )


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.4f}"

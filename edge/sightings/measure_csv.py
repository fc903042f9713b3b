"""Measures as CSV: one row for each measure of each person in each picture."""

from __future__ import annotations

import csv
from pathlib import Path

from edge.errors import SettingsInvalid
from edge.sightings.sightings import Sighting

_COLUMNS = (
    "path", "frame", "time_s", "person", "view", "side", "code", "definition", "value", "unit",
    "u95", "u95_change", "n", "quality", "why",
)  # fmt: skip


class MeasureCsv:
    """Rows go out as pictures come in; an empty cell is a number that there is not.

    Raises
    ------
    SettingsInvalid : the file cannot be written.
    """

    def __init__(self, path: Path) -> None:
        try:
            self._file = path.open("w", newline="", encoding="utf-8")
        except OSError as error:
            raise SettingsInvalid(
                f"{path} cannot be written: {error.strerror}.", "Name another file."
            ) from error
        self._rows = csv.writer(self._file)
        self._rows.writerow(_COLUMNS)

    def add(self, sighting: Sighting) -> None:
        """Write everybody in one picture; a picture with nobody in it has no rows."""
        if sighting.frame is None:
            return
        video = sighting.time_s is not None
        at = (sighting.frame.frame_id, f"{sighting.time_s:.4f}") if video else ("", "")
        self._rows.writerows(
            (
                *(sighting.path, *at, person.number, m.view, m.side, m.code, m.definition),
                *(_number(m.value), m.unit, _number(m.u95), _number(m.u95_change)),
                *(f"{m.n:g}", m.quality, " ".join(m.why)),
            )
            for person in sighting.people
            for m in person.measures
        )

    def close(self) -> None:
        self._file.close()


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.4f}"

"""Keypoints as CSV: a row a keypoint of the skeleton that the estimator speaks."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from edge.exports.base import Export, Exported, Moment
from edge.output import text_output
from edge.shown import csv_cell

COLUMNS = (
    "picture", "frame", "time_s", "person", "person_score", "skeleton", "keypoint", "x_px", "y_px",
    "score",
)  # fmt: skip


@contextmanager
def csv_export(path: Path) -> Iterator[Export]:
    """One file. Missing keypoints have no x_px and y_px; photographs have no time_s."""
    with text_output(path) as file:
        yield _Rows(file)


class _Rows:
    def __init__(self, file: TextIO) -> None:
        self._rows = csv.writer(file)
        self._rows.writerow(COLUMNS)

    def add(self, moment: Moment, people: Mapping[int, Exported]) -> None:
        time_s = "" if moment.still else f"{moment.time_s:.3f}"
        at = (csv_cell(moment.source), moment.number, time_s)
        for number, person in people.items():
            pose = person.pose
            whose = (*at, number, f"{pose.score:.4f}", pose.skeleton.name)
            for name, (x, y, score) in zip(pose.skeleton.keypoints, pose.keypoints, strict=True):
                place = (f"{x:.3f}", f"{y:.3f}") if score > 0 else ("", "")
                self._rows.writerow((*whose, name, *place, f"{score:.4f}"))

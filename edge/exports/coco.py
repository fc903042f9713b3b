"""COCO keypoint results (cocodataset.org/#format-results)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from edge.conversion import convert
from edge.exports.base import Export, Exported, Moment
from edge.output import output
from edge.shown import shown
from edge.skeletons import COCO_17

_MOST_DIGITS = 18


@contextmanager
def coco_export(path: Path) -> Iterator[Export]:
    """One file.

    Pictures that are named by their COCO numbers keep them as `image_id`; others count from 1, and
    `file_name` says which is which. Missing keypoints are 0, 0, 0, found ones x, y, 1.
    """
    results = _Results()
    with output(path) as file:
        try:
            yield results
        finally:
            file.write(results.encoded())


class _Results:
    def __init__(self) -> None:
        self._pictures: list[str] = []
        self._results: list[dict[str, Any]] = []

    def add(self, moment: Moment, people: Mapping[int, Exported]) -> None:
        self._pictures.append(Path(moment.source).stem if moment.still else "")
        for person in people.values():
            keypoints = convert(person.pose, COCO_17).keypoints
            found = keypoints[:, 2] > 0
            rows = np.column_stack([np.nan_to_num(keypoints[:, :2]), found])
            entry = {
                "image_id": len(self._pictures),
                "category_id": 1,
                "keypoints": [round(float(v), 3) for v in rows.ravel()],
                "score": float(person.pose.score),
                "file_name": shown(moment.source),
            }
            self._results.append(entry if moment.still else entry | {"frame": moment.number})

    def encoded(self) -> bytes:
        names = self._pictures
        plain = [int(n) for n in names if n.isascii() and n.isdecimal() and len(n) <= _MOST_DIGITS]
        named = len(set(plain)) == len(names)
        return msgspec.json.encode(
            [
                result | {"image_id": plain[result["image_id"] - 1]} if named else result
                for result in self._results
            ]
        )

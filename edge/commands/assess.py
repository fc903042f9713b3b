"""`posture-station assess PHOTO...`: the measures of every person in a photograph."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from rich.console import Console
from rich.progress import track

from edge.camera.photos import PhotoCamera
from edge.commands.table import measure_table
from edge.errors import ImageUnreadable, PostureError
from edge.estimation.estimator import Estimator
from edge.overlay import draw
from edge.posture.assess import assess
from edge.records import Frame, Measure, Pose


@dataclass(frozen=True)
class Person:
    """One pose and what was measured on it."""

    pose: Pose
    measures: tuple[Measure, ...]

    def as_json(self) -> dict[str, Any]:
        return {
            "skeleton": self.pose.skeleton.name,
            "score": _number(self.pose.score),
            "keypoints": [[_number(v) for v in keypoint] for keypoint in self.pose.keypoints],
            "measures": [
                {
                    "code": m.code,
                    "value": _number(m.value),
                    "unit": m.unit,
                    "u95": _number(m.u95),
                    "quality": str(m.quality),
                    "why": list(m.why),
                }
                for m in self.measures
            ],
        }


@dataclass(frozen=True)
class Photo:
    """One photograph and the people in it, or why it could not be read."""

    path: str
    people: list[Person] = field(default_factory=list)
    problem: PostureError | None = None

    def as_json(self) -> dict[str, Any]:
        entry: dict[str, Any] = {"path": self.path, "people": [p.as_json() for p in self.people]}
        if self.problem is not None:
            entry["problem"] = str(self.problem)
        return entry


def _number(value: float | np.floating[Any] | None) -> float | None:
    """JSON has no NaN: a missing coordinate is null."""
    if value is None or not np.isfinite(value):
        return None
    return round(float(value), 4)


def _frames(path: Path) -> Iterator[Frame | ImageUnreadable]:
    camera = PhotoCamera(path)
    camera.open()
    while True:
        try:
            frame = camera.read()
        except ImageUnreadable as problem:
            yield problem
            continue
        if frame is None:
            return
        yield frame


def assess_photos(
    paths: list[Path], estimator: Estimator, overlay_dir: Path | None = None
) -> Iterator[Photo]:
    """Measure every person in every photograph; a folder means all that are in it.

    Raises SourceInvalid for a path that does not exist or a folder without photographs. A damaged
    photograph is reported in its `Photo` and the rest goes on.
    """
    for path in paths:
        for frame in _frames(path):
            if isinstance(frame, ImageUnreadable):
                yield Photo(frame.problem, problem=frame)
                continue
            people = [Person(pose, assess(pose)) for pose in estimator.estimate(frame)]
            if overlay_dir is not None:
                _write_overlay(overlay_dir, frame, people)
            yield Photo(frame.name, people)


def _write_overlay(folder: Path, frame: Frame, people: list[Person]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    drawn = draw(frame.image, [p.pose for p in people], [p.measures for p in people])
    cv2.imwrite(str(folder / f"{Path(frame.name).stem}.png"), drawn)


def run(paths: list[Path], estimator: Estimator, *, overlay_dir: Path | None, as_json: bool) -> int:
    """Print tables, or JSON for machines. Returns 1 when a photograph could not be read."""
    photos = assess_photos(paths, estimator, overlay_dir)
    if as_json:
        found = list(photos)
        json.dump([photo.as_json() for photo in found], sys.stdout, indent=1)
        sys.stdout.write("\n")
    else:
        console = Console()
        found = []
        for photo in track(photos, "measuring", console=Console(stderr=True), transient=True):
            found.append(photo)
            _print(console, photo)
        people = sum(len(photo.people) for photo in found)
        console.print(f"{len(found)} photographs, {people} people.", highlight=False)
        if overlay_dir is not None:
            console.print(f"Pictures with skeleton, plumb line and angles: {overlay_dir}")
    return 1 if any(photo.problem for photo in found) else 0


def _print(console: Console, photo: Photo) -> None:
    if photo.problem is not None:
        console.print(f"[red]not read[/red] {photo.problem}", highlight=False)
    elif not photo.people:
        console.print(f"{photo.path}: nobody found", highlight=False)
    for number, person in enumerate(photo.people, 1):
        title = f"{photo.path}, person {number}"
        console.print(measure_table(title, person.measures))

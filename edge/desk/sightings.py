"""Photographs and videos looked at one picture at a time: who is in it, and their measures.

What writes results (tables, JSON, CSV, overlays, exports) reads `sightings` and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from edge.camera.photo_camera import PhotoCamera
from edge.camera.video import VideoFileCamera
from edge.desk.inputs import Input
from edge.errors import CameraFault, ImageUnreadable, PostureError, SourceInvalid
from edge.estimation.estimator import Estimator
from edge.estimation.tracking import Tracker
from edge.posture.assess import assess
from edge.records import Frame, Measure, Pose
from edge.shown import path_entry

Source = PhotoCamera | VideoFileCamera

_STALL_S = 30.0  # a file that delivers nothing for so long will deliver nothing more


@dataclass(frozen=True, slots=True, eq=False)
class Person:
    """One pose and what was measured on it.

    number : counts from 1; in a video a person keeps it from frame to frame.
    """

    number: int
    pose: Pose
    measures: tuple[Measure, ...]

    def as_json(self) -> dict[str, Any]:
        return {
            "person": self.number,
            "skeleton": self.pose.skeleton.name,
            "score": _plain(self.pose.score),
            "keypoints": [[_plain(v) for v in keypoint] for keypoint in self.pose.keypoints],
            "measures": [
                {
                    "code": m.code,
                    "value": _plain(m.value),
                    "unit": m.unit,
                    "u95": _plain(m.u95),
                    "quality": str(m.quality),
                    "why": list(m.why),
                    "view": m.view,
                    "side": m.side,
                    "definition": m.definition,
                    "n": _plain(m.n),
                }
                for m in self.measures
            ],
        }


@dataclass(frozen=True, slots=True, eq=False)
class Sighting:
    """One photograph, or one frame of a video, and the people in it; or why it was not read.

    of : the file. A folder's sighting has neither frame nor problem, only what it left out.
    frame : None where there is a problem.
    """

    of: Input
    frame: Frame | None = None
    people: tuple[Person, ...] = ()
    problem: PostureError | None = None

    @property
    def path(self) -> str:
        return str(self.of.path)

    @property
    def time_s(self) -> float | None:
        """Media time of a video's frame; a photograph has none."""
        if self.frame is None or self.frame.still:
            return None
        return self.frame.captured_ns / 1e9

    def as_json(self) -> dict[str, Any]:
        entry: dict[str, Any] = dict(path_entry(self.path))
        if self.frame is not None and self.time_s is not None:
            entry |= {"frame": self.frame.frame_id, "time_s": _plain(self.time_s)}
        if self.frame is not None:
            entry["person_count"] = len(self.people)
        entry["people"] = [person.as_json() for person in self.people]
        return entry


def open_source(path: Path, *, is_video: bool, interval: int = 1) -> Source:
    """The photograph or video at a path, opened.

    interval : of a video every so many-th frame.

    Raises
    ------
    SourceInvalid : nothing there.
    ImageUnreadable : a video that cannot be decoded.
    """
    source: Source
    if is_video:
        source = VideoFileCamera(path, fast=True, stall_s=_STALL_S, interval=interval)
    else:
        source = PhotoCamera(path)
    source.open()
    return source


def sightings(of: Input, source: Source, estimator: Estimator) -> Iterator[Sighting]:
    """Every picture of an opened source in its order, with every person in it.

    What cannot be read, or breaks off, is a sighting with a problem.
    """
    tracker = Tracker()
    while True:
        try:
            frame = source.read()
        except (ImageUnreadable, SourceInvalid, CameraFault) as problem:
            yield Sighting(of, problem=problem)
            return
        if frame is None:
            return
        poses = estimator.estimate(frame)
        numbers = range(1, len(poses) + 1) if frame.still else tracker.follow(poses, frame)
        people = zip(numbers, poses, strict=True)
        yield Sighting(
            of, frame, tuple(Person(number, pose, assess(pose)) for number, pose in people)
        )


def _plain(value: float | np.floating[Any] | None) -> float | None:
    """JSON has no NaN: a missing coordinate is null."""
    if value is None or not np.isfinite(value):
        return None
    return round(float(value), 4)

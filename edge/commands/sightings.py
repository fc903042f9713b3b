"""Photographs and videos looked at one picture at a time: who is in it, and their measures.

What writes results (tables, JSON, CSV, overlays, exports) reads `sightings` and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from edge.accuracy import Clothing
from edge.camera.opencv import VIDEO_SUFFIXES, VideoFileCamera
from edge.camera.photos import PhotoCamera
from edge.errors import ImageUnreadable, PostureError
from edge.estimation.estimator import Estimator, Measurer, Seen
from edge.estimation.tracking import Tracker
from edge.posture.assess import assess
from edge.posture.clothing import Dress
from edge.records import Frame, Measure, Pose, View

Source = PhotoCamera | VideoFileCamera

_STALL_S = 30.0  # a file that delivers nothing for so long will deliver nothing more


class Told(NamedTuple):
    """What a picture's owner says of the people in it.

    view : None lets the pictures tell. clothing : above and below the waist.
    """

    view: View | None = None
    clothing: tuple[Clothing, Clothing] = ("loose", "loose")


UNTOLD = Told()


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
            "measures": [_measure_as_json(m) for m in self.measures],
        }


@dataclass(frozen=True, slots=True, eq=False)
class Sighting:
    """One photograph, or one frame of a video, and the people in it; or why it was not read.

    path : the file; for a photograph that was not read, what was asked for (a file or its folder).
    frame : None exactly where there is a problem.
    """

    path: str
    frame: Frame | None
    people: tuple[Person, ...] = ()
    problem: PostureError | None = None

    @property
    def time_s(self) -> float | None:
        """Media time of a video's frame; a photograph has none."""
        if self.frame is None or self.frame.still:
            return None
        return self.frame.captured_ns / 1e9

    def as_json(self) -> dict[str, Any]:
        entry: dict[str, Any] = {"path": self.path}
        if self.frame is not None and self.time_s is not None:
            entry |= {"frame": self.frame.frame_id, "time_s": _plain(self.time_s)}
        if self.frame is not None:
            entry["person_count"] = len(self.people)
        entry["people"] = [person.as_json() for person in self.people]
        return entry


def open_source(path: Path, interval: int = 1) -> Source:
    """The photograph, folder of photographs or video at a path, opened.

    interval : of a video every so many-th frame.

    Raises
    ------
    SourceInvalid : nothing there, or a folder without photographs.
    ImageUnreadable : a video that cannot be decoded.
    """
    is_video = path.is_file() and path.suffix.lower() in VIDEO_SUFFIXES
    source: Source
    if is_video:
        source = VideoFileCamera(path, fast=True, stall_s=_STALL_S, interval=interval)
    else:
        source = PhotoCamera(path)
    source.open()
    return source


def sightings(source: Source, estimator: Estimator, told: Told = UNTOLD) -> Iterator[Sighting]:
    """Every picture of a source in its order, with every person in it.

    told : what whoever took the pictures says of everybody in them.
    People of photographs are measured closely where the estimator can; of videos in one pass.

    A damaged photograph is a sighting with a problem, and the rest goes on; so is a video that
    breaks off.
    """
    tracker = Tracker()
    for frame in _frames(source):
        if isinstance(frame, ImageUnreadable):
            yield Sighting(source.name, None, problem=frame)
            continue
        poses = estimator.estimate(frame)
        if frame.still and isinstance(estimator, Measurer):
            poses = [estimator.measure([Seen(frame, pose)], pose) for pose in poses]
        numbers = range(1, len(poses) + 1) if frame.still else tracker.follow(poses, frame)
        people = zip(numbers, poses, strict=True)
        yield Sighting(
            frame.name,
            frame,
            tuple(
                Person(number, pose, assess(pose, told.view, dress=Dress(*told.clothing)))
                for number, pose in people
            ),
        )


def _measure_as_json(measure: Measure) -> dict[str, Any]:
    """As the wire has it, and what an interval is made of."""
    return {
        "code": measure.code,
        "view": measure.view,
        "side": measure.side,
        "definition": measure.definition,
        "value": _plain(measure.value),
        "unit": measure.unit,
        "u95": _plain(measure.u95),
        "u95_change": _plain(measure.u95_change),
        "n": _plain(measure.n),
        "quality": str(measure.quality),
        "why": list(measure.why),
        "causes": [
            {"cause": cause.name, "u95": _plain(cause.u95), "without": _plain(cause.without)}
            for cause in measure.causes
        ],
    }


def _frames(source: Source) -> Iterator[Frame | ImageUnreadable]:
    while True:
        try:
            frame = source.read()
        except ImageUnreadable as problem:
            yield problem
            if isinstance(source, VideoFileCamera):
                return
            continue
        if frame is None:
            return
        yield frame


def _plain(value: float | np.floating[Any] | None) -> float | None:
    """JSON has no NaN: a missing coordinate is null."""
    if value is None or not np.isfinite(value):
        return None
    return round(float(value), 4)

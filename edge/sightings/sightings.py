"""Photographs and videos looked at one picture at a time: who is in it, and their measures.

What writes results (tables, JSON, CSV, overlays, exports) reads `sightings` and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from edge.camera.photo_camera import PhotoCamera
from edge.camera.video import VideoFileCamera
from edge.errors import (
    CalibrationInvalid,
    CameraFault,
    ImageUnreadable,
    PostureError,
    SourceInvalid,
)
from edge.estimation.estimator import Estimator, Measurer, Seen
from edge.estimation.tracking import Tracker
from edge.posture.calibration import Calibration
from edge.posture.hand_set import extended, over
from edge.records import Frame, HandSet
from edge.shown import path_entry
from edge.sightings.inputs import Input
from edge.sightings.person import Person, Told, measured, plain
from edge.sightings.photo_date import taken_at

Source = PhotoCamera | VideoFileCamera

_STALL_S = 30.0  # a file that delivers nothing for so long will deliver nothing more


@dataclass(frozen=True, slots=True, eq=False)
class Sighting:
    """One photograph, or one frame of a video, and the people in it; or why it was not read.

    of : the file. frame : None exactly where there is a problem. taken_at : of a photograph, ISO
        time; empty where the file does not say.
    """

    of: Input
    frame: Frame | None = None
    people: tuple[Person, ...] = ()
    problem: PostureError | None = None
    taken_at: str = ""

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
            entry |= {"frame": self.frame.frame_id, "time_s": plain(self.time_s)}
        if self.frame is not None:
            entry["person_count"] = len(self.people)
        if self.taken_at:
            entry["taken_at"] = self.taken_at
        editable = self.time_s is None
        entry["people"] = [person.as_json(editable=editable) for person in self.people]
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


def sightings(of: Input, source: Source, estimator: Estimator, told: Told) -> Iterator[Sighting]:
    """Every picture of an opened source in its order, with every person in it.

    People of photographs are measured closely where the estimator can; of videos in one pass.

    What cannot be read, or breaks off, is a sighting with a problem; so is a picture that the
    calibration is not of.

    Raises
    ------
    SettingsInvalid : points set by hand that do not fit the picture.
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
        if (problem_of_it := _of_another_camera(frame, told.calibration)) is not None:
            yield Sighting(of, problem=problem_of_it)
            return
        poses = estimator.estimate(frame)
        if frame.still and isinstance(estimator, Measurer):
            poses = [estimator.measure([Seen(frame, pose)], pose) for pose in poses]
        numbers = range(1, len(poses) + 1) if frame.still else tracker.follow(poses, frame)
        hands: list[HandSet | None] = [None] * len(poses)
        if told.points is not None and frame.still:
            poses = [over(p, extended(p.skeleton, told.points.names)) for p in poses]
            hands = told.points.of(frame.name, poses, (frame.width_px, frame.height_px))
        alone = len(poses) == 1
        people = tuple(
            measured(
                number, pose, hand, frame,
                replace(told, stature_mm=told.stature_of_mm(number, alone=alone)),
            )
            for number, pose, hand in zip(numbers, poses, hands, strict=True)
        )  # fmt: skip
        when = taken_at(of.path) if frame.still else ""
        yield Sighting(of, frame, people, taken_at=when)


def _of_another_camera(frame: Frame, calibration: Calibration) -> PostureError | None:
    size = (frame.width_px, frame.height_px)
    wanted = calibration.picture_px
    if wanted is None or wanted == size:
        return None
    return CalibrationInvalid(
        f"{frame.name} has {size[0]} x {size[1]} px; the calibration is of pictures of "
        f"{wanted[0]} x {wanted[1]} px.",
        "Name the calibration of the camera that took it, or leave it out.",
    )

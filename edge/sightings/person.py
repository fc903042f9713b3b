"""One person in a picture: what was told about them, what was found, and what that measures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from edge.posture.assess import assess
from edge.posture.calibration import LEVEL, Calibration
from edge.posture.clothing import UNTOLD, Dress
from edge.posture.hand_set import with_points
from edge.posture.landmarks import Landmarks, box_px, near_side
from edge.posture.scale import Scale, scale_of, scaled
from edge.posture.uncertainty import COVERAGE
from edge.posture.views import as_asked, view_of
from edge.records import Frame, HandSet, Measure, Pose, Quality, View
from edge.screening.quality import failures
from edge.screening.subject import Subject
from edge.settings import ScreeningSettings
from edge.sightings.points_file import PointsFile

_ADULT_MM = 1700.0


@dataclass(frozen=True)
class Told:
    """What was told about pictures and the people in them.

    calibration : of the camera that took them. stature_mm : of the one person in each.
    statures_mm : of people by their number, where there are several.
    points : set by hand. view : of everybody; None lets the pictures tell. dress : of everybody.
    least_stature_px : smaller people are too far away.
    """

    calibration: Calibration = LEVEL
    stature_mm: float | None = None
    statures_mm: Mapping[int, float] = field(default_factory=dict)
    points: PointsFile | None = None
    view: View | None = None
    dress: Dress = UNTOLD
    least_stature_px: float = ScreeningSettings().least_stature_px

    def stature_of_mm(self, number: int, *, alone: bool) -> float | None:
        """The stature told for the person with this number, alone in the picture or not; None where
        nobody said."""
        whose = self.stature_mm if alone and number == 1 else None
        return self.statures_mm.get(number, whose)


@dataclass(frozen=True, slots=True, eq=False)
class Person:
    """One pose and what was measured on it.

    number : counts from 1; in a video a person keeps it from frame to frame.
    found : the pose as it was found; `pose` is the one measured. hand : what was set by hand in it.
    scale : of lengths; None where nothing gives one.
    """

    number: int
    found: Pose
    pose: Pose
    measures: tuple[Measure, ...]
    scale: Scale | None = None
    hand: HandSet | None = None

    def as_json(self, *, editable: bool) -> dict[str, Any]:
        """editable : with the points by name, for `--points`."""
        return {
            "person": self.number,
            "skeleton": self.pose.skeleton.name,
            "score": plain(self.pose.score),
            "keypoints": [[plain(v) for v in keypoint] for keypoint in self.found.keypoints],
            **(self._points() if editable else {}),
            "scale": None if self.scale is None else self._scale(self.scale),
            "measures": [_measure_as_json(m) for m in self.measures],
        }

    def _points(self) -> dict[str, Any]:
        places = [(plain(x), plain(y)) for x, y, _ in self.pose.keypoints]
        return {
            "keypoint_names": list(self.found.skeleton.keypoints),
            "points": {
                name: None if x is None else [x, y]
                for name, (x, y) in zip(self.pose.skeleton.keypoints, places, strict=True)
            },
            "points_by": "" if self.hand is None else self.hand.by,
            "points_on": "" if self.hand is None else self.hand.on,
        }

    @staticmethod
    def _scale(scale: Scale) -> dict[str, Any]:
        return {
            "mm_per_px": plain(scale.mm_per_px),
            "u95_percent": plain(100.0 * COVERAGE * scale.sd),
            "by": scale.by,
        }


def _measure_as_json(measure: Measure) -> dict[str, Any]:
    """A measure as the wire has it, with what its interval is made of."""
    return {
        "code": measure.code,
        "view": measure.view,
        "side": measure.side,
        "definition": measure.definition,
        "value": plain(measure.value),
        "unit": measure.unit,
        "u95": plain(measure.u95),
        "u95_change": plain(measure.u95_change),
        "n": plain(measure.n),
        "quality": str(measure.quality),
        "why": list(measure.why),
        "causes": [
            {"cause": cause.name, "u95": plain(cause.u95), "without": plain(cause.without)}
            for cause in measure.causes
        ],
    }


def measured(number: int, found: Pose, hand: HandSet | None, frame: Frame, told: Told) -> Person:
    """One person measured; `told.stature_mm` is theirs.

    number : of the person, from 1. found : as the estimator saw them. hand : points set by hand,
    which take the place of those found. frame : the picture; one that stands alone is judged by the
    gate.
    """
    pose = found
    if hand is not None:
        known = scale_of(found, told.calibration, told.stature_mm)
        stature_px = Landmarks.of(found, told.calibration).stature_px
        px_per_mm = (stature_px or float(frame.height_px)) / _ADULT_MM
        pose = with_points(found, hand, px_per_mm if known is None else 1.0 / known.mm_per_px)
    scale = scale_of(pose, told.calibration, told.stature_mm)
    calibration = scaled(told.calibration, scale)
    measures = assess(pose, told.view, calibration, dress=told.dress)
    if frame.still:
        measures = _doubted(measures, _gate(pose, frame, calibration, told))
    return Person(number, found, pose, measures, scale, hand)


def _gate(pose: Pose, frame: Frame, calibration: Calibration, told: Told) -> tuple[str, ...]:
    """What would keep a station from measuring somebody who stands like this."""
    box, facing = box_px(pose), as_asked(view_of(pose), told.view)
    if box is None:
        return ()
    body = Landmarks.of(pose, calibration, near_side(pose, facing.view))
    subject = Subject(pose, box, disturbed=False)
    return failures(
        frame, subject, body, facing, calibration, least_stature_px=told.least_stature_px
    )


def _doubted(measures: tuple[Measure, ...], doubts: tuple[str, ...]) -> tuple[Measure, ...]:
    """The measures, less sure of all that has a value."""
    if not doubts:
        return measures
    return tuple(
        measure
        if measure.value is None
        else replace(
            measure, quality=Quality.LOW, why=tuple(dict.fromkeys((*measure.why, *doubts)))
        )
        for measure in measures
    )


def plain(value: float | np.floating[Any] | None) -> float | None:
    """JSON has no NaN: a missing coordinate is null."""
    if value is None or not np.isfinite(value):
        return None
    return round(float(value), 4)

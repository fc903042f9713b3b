"""A picture that stands alone is judged at once: what the gate finds makes the quality low."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

from edge.estimation.estimator import Measurer, Seen
from edge.posture.assess import assess, refuse
from edge.posture.calibration import Calibration
from edge.posture.landmarks import Landmarks, near_side
from edge.posture.scale import scale_of, scaled
from edge.posture.views import Facing, view_of
from edge.records import Frame, Measure, Pose, Quality, ScaleSource
from edge.screening.quality import failures
from edge.screening.subject import Subject, choose
from edge.skeletons import COCO_17


class Judged(NamedTuple):
    """pose : None where nobody was found. found : what fails, as codes of prompts. scale_by : what
    its lengths rest on."""

    measures: tuple[Measure, ...]
    pose: Pose | None
    facing: Facing
    found: tuple[str, ...]
    scale_by: ScaleSource = ""


def judge_photograph(
    frame: Frame,
    poses: list[Pose],
    calibration: Calibration,
    *,
    distrusted: tuple[str, ...],
    least_stature_px: float,
    measurer: Measurer | None,
    progress: Callable[[int, int], None],
) -> Judged:
    """The largest person of a photograph.

    distrusted : why the calibration must not be trusted; every measure is then refused.
    least_stature_px : smaller people are too far away. measurer : looks closely; None takes the
    pose as found. progress : called while it does, with looks done and the most there are.
    """
    subject = choose(poses, frame.width_px)
    facing = Facing("unknown") if subject is None else view_of(subject.pose)
    pose = None if subject is None else subject.pose
    if distrusted:
        return Judged(refuse(COCO_17, facing.view, distrusted), pose, facing, distrusted)
    if subject is None:
        nobody = ("no_person",)
        return Judged(refuse(COCO_17, "unknown", nobody), None, facing, nobody)
    _, found = gate(frame, subject, facing, calibration, least_stature_px)
    measured = subject.pose
    if measurer is not None:
        measured = measurer.measure([Seen(frame, measured)], measured, progress=progress)
        facing = view_of(measured)
    calibration = scaled(calibration, scale_of(measured, calibration))
    measures = tuple(_doubted(m, found) for m in assess(measured, None, calibration))
    return Judged(measures, measured, facing, found, calibration.scale_by)


def gate(
    frame: Frame,
    subject: Subject,
    facing: Facing,
    calibration: Calibration,
    least_stature_px: float,
) -> tuple[Landmarks, tuple[str, ...]]:
    """The subject's landmarks, and what fails."""
    body = Landmarks.of(subject.pose, calibration, near_side(subject.pose, facing.view))
    found = failures(frame, subject, body, facing, calibration, least_stature_px=least_stature_px)
    return body, found


def _doubted(measure: Measure, found: tuple[str, ...]) -> Measure:
    new = tuple(code for code in found if code not in measure.why)
    if not found or measure.value is None:
        return measure
    return replace(measure, quality=Quality.LOW, why=(*measure.why, *new))

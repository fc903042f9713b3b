"""An assessment as it is recorded: what was measured, of whom, by what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from edge.posture.calibration import Calibration
from edge.posture.scale import least_sure
from edge.posture.stick_figure import figure_of
from edge.records import (
    Asked,
    Assessment,
    Frame,
    Kind,
    Measure,
    ModelIdentity,
    Origin,
    Pose,
    ScaleSource,
    View,
    is_length,
)
from edge.screening.capture_attempt import Capture
from edge.screening.photograph import Judged
from edge.screening.repeats import combine


@dataclass(frozen=True)
class Recorder:
    """What all assessments of one screening share."""

    source: str
    models: tuple[ModelIdentity, ...]
    origin: Origin
    calibration: Calibration

    def of_captures(
        self,
        session: str,
        view: View,
        captures: Sequence[Capture],
        repeats: int,
        asked: Asked | None,
    ) -> Assessment:
        """One view of one person, from its captures. repeats : how many were asked for."""
        return self.record(
            session, view, combine([capture.measures for capture in captures], repeats),
            [capture.pose for capture in captures],
            captured_ns=captures[-1].captured_ns,
            used=sum(capture.frames_used for capture in captures),
            seen=sum(capture.frames_seen for capture in captures),
            asked=asked,
            scale_by=least_sure(capture.scale_by for capture in captures),
        )  # fmt: skip

    def of_photograph(self, session: str, frame: Frame, judged: Judged) -> Assessment:
        """A picture that stands alone."""
        poses = [] if judged.pose is None else [judged.pose]
        return self.record(
            session, judged.facing.view, judged.measures, poses,
            captured_ns=frame.captured_ns, used=len(poses), seen=1,
            source=frame.name, scale_by=judged.scale_by,
        )  # fmt: skip

    def record(
        self,
        session: str,
        view: View,
        measures: tuple[Measure, ...],
        poses: Sequence[Pose],
        *,
        captured_ns: int,
        used: int,
        seen: int,
        asked: Asked | None = None,
        source: str = "",
        scale_by: ScaleSource = "",
    ) -> Assessment:
        """One view of one person.

        poses : what was measured on, the one that is drawn first; empty where nobody was found.
        captured_ns : of the last frame used. used, seen : frames in the measures, and looked at.
        source : a photograph's own name. scale_by : what its lengths rest on, if it has any.
        """
        scores = np.concatenate([np.zeros(0), *(pose.keypoints[:, 2] for pose in poses)])
        scores = scores[scores > 0.0]
        kind: Kind = "posture" if not poses else _kind(poses[0])
        accuracy = poses[0].accuracy if poses else None
        lengths = any(is_length(measure.unit) for measure in measures if measure.value is not None)
        return Assessment(
            kind, session, view, source or self.source, captured_ns, measures, used, seen,
            float(scores.min()) if len(scores) else 0.0, self.models, asked,
            figure_of(poses[0], self.calibration) if poses else {}, self.origin,
            "" if accuracy is None else accuracy.bodies, self.calibration.name,
            scale_by if lengths else "",
        )  # fmt: skip


def _kind(pose: Pose) -> Kind:
    return "posture" if "left_shoulder" in pose.skeleton.index else "spine"

"""An assessment as it is recorded: what was measured, of whom, by what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from edge.posture.calibration import Calibration
from edge.posture.stick_figure import figure_of
from edge.records import Asked, Assessment, Kind, Measure, ModelIdentity, Origin, Pose, View


@dataclass(frozen=True)
class Recorder:
    """What all assessments of one screening share."""

    source: str
    models: tuple[ModelIdentity, ...]
    origin: Origin
    calibration: Calibration

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
    ) -> Assessment:
        """One view of one person. source : a photograph's own name."""
        scores = np.concatenate([np.zeros(0), *(pose.keypoints[:, 2] for pose in poses)])
        scores = scores[scores > 0.0]
        kind: Kind = "posture" if not poses else _kind(poses[0])
        accuracy = poses[0].accuracy if poses else None
        return Assessment(
            kind, session, view, source or self.source, captured_ns, measures, used, seen,
            float(scores.min()) if len(scores) else 0.0, self.models, asked,
            figure_of(poses[0], self.calibration) if poses else {}, self.origin,
            "" if accuracy is None else accuracy.bodies, self.calibration.name,
        )  # fmt: skip


def _kind(pose: Pose) -> Kind:
    return "posture" if "left_shoulder" in pose.skeleton.index else "spine"

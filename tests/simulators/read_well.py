"""Networks whose descriptions say how well they read, for poses that no network made."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from edge.accuracy import CLOTHING, Accuracy, MeasureAccuracy
from edge.posture.frontal import FRONTAL
from edge.posture.sagittal import SAGITTAL
from edge.posture.spine_measures import SPINE
from edge.records import Pose


def accuracy(*, stature_px: float = 100.0, bodies: str = "bodies", **row: Any) -> Accuracy:
    """The same row for every measure, view and kind of clothing."""
    said = {"n": 100, "sd": 0.0, "sd_change": 0.0, "slope": 1.0} | row
    rows = tuple(
        MeasureAccuracy(
            code=d.code,
            view=view,
            clothing=worn,
            definition=d.version,
            **said,  # type: ignore[arg-type]
        )
        for d in (*FRONTAL, *SAGITTAL, *SPINE)
        for view in d.views
        for worn in CLOTHING
    )
    return Accuracy(bodies, stature_px, rows)


def read_well(pose: Pose, **row: Any) -> Pose:
    """The pose as placed by a network of which every measure is known to be off like this."""
    return replace(pose, accuracy=accuracy(**row))


def trusted(pose: Pose) -> Pose:
    """As placed by a network whose keypoints' own covariances say all that is wrong with them."""
    return read_well(pose, sd=1.0, sd_change=1.0, predictor="maps")

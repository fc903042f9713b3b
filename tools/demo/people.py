"""Rendered people as the station's own networks measure them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np
from posture_tools.mannequin.source import MannequinCamera

from edge.estimation.estimator import Estimator, Measurer, Seen
from edge.posture.calibration import LEVEL
from edge.records import Assessment, Frame, Uint8, View
from edge.screening.record import Recorder
from edge.settings import ModelSettings
from edge.sightings.person import Told, measured

VIEWS: tuple[View, ...] = ("front", "right", "left")
_STANDS_S = 5.0  # into the visit: walked in, turned, and quiet


def picture(view: str, **asked: float) -> Uint8:
    """Somebody who stands, as a camera sees them. asked : keys of `mannequin:`."""
    query = "&".join(f"{key}={value}" for key, value in asked.items())
    camera = MannequinCamera(f"mannequin:?view={view}&{query}")
    camera.open()
    return np.ascontiguousarray(camera.rendered(_STANDS_S).image)


@cache
def _estimator() -> Estimator:
    from edge.estimation.factory import estimator_for  # its kernels take time to load

    return estimator_for(ModelSettings())


def screening(
    session: str, *, stature_mm: float, views: Sequence[View] = VIEWS, **asked: float
) -> list[Assessment]:
    """One person from front and sides, marked as rendered. asked : keys of `mannequin:`."""
    estimator, results = _estimator(), []
    recorder = Recorder("mannequin", tuple(estimator.models), "rendered", LEVEL)
    for number, view in enumerate(views):
        frame = Frame(picture(view, **asked), number, 0, still=True, name="rendered")
        poses = estimator.estimate(frame)
        if not poses:
            continue
        pose = poses[0]
        if isinstance(estimator, Measurer):
            pose = estimator.measure([Seen(frame, pose)], pose)
        person = measured(1, pose, None, frame, Told(stature_mm=stature_mm, view=view))
        if person.measures:
            seen = person.measures[0].view
            results.append(
                recorder.record(
                    session, seen, person.measures, [pose], captured_ns=0, used=1, seen=1
                )
            )
    return results

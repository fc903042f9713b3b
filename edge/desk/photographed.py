"""A person of a photograph as a view of a report."""

from __future__ import annotations

from edge.posture.calibration import Calibration
from edge.posture.landmarks import USABLE
from edge.posture.stick_figure import figure_of
from edge.records import Basis, View
from edge.report.reported_visit import ReportedView
from edge.sightings.person import Person

_NOTHING_TOLD = Basis()


def photographed(
    person: Person, calibration: Calibration, basis: Basis = _NOTHING_TOLD
) -> ReportedView:
    """calibration : of the camera. basis : networks and calibration, for comparing visits."""
    view: View = person.measures[0].view if person.measures else "unknown"
    scores = person.pose.keypoints[:, 2]
    lowest = float(scores[scores >= USABLE].min(initial=1.0))
    return ReportedView(
        view, person.measures, figure_of(person.pose, calibration), 1, 1, lowest, "file",
        "" if person.scale is None else person.scale.by, person.hand, basis,
    )  # fmt: skip

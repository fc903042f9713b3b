"""Measures of the trunk's outline and of the shoulder blades: heights and distances of both sides.

Distances are those of the trunk asymmetry index POTSI (Suzuki, Inami, Ono and others 1999, Stud
Health Technol Inform 59:81): of each side from a plumb line through the top of the natal cleft, as
parts of both together. Here they keep their sign. From the front nothing marks that line.
"""

from __future__ import annotations

from edge.posture.angles import Float64
from edge.posture.catalogue.definition import Definition
from edge.posture.catalogue.frontal import BACK, FRONT_BACK, pair, tilt


def _asymmetry(p: Float64, _: float) -> float:
    """(right - left) / (right + left) of two distances from a plumb line, %."""
    right, left = abs(p[0, 0] - p[2, 0]), abs(p[1, 0] - p[2, 0])
    return float(100.0 * (right - left) / (right + left))


CONTOUR: tuple[Definition, ...] = (
    Definition("scapular_tilt", "deg", tilt, pair("scap_inf"), BACK),
    Definition("axilla_tilt", "deg", tilt, pair("axilla"), FRONT_BACK),
    Definition("waist_tilt", "deg", tilt, pair("waist"), FRONT_BACK),
    Definition("axilla_asymmetry", "%", _asymmetry, (*pair("axilla"), "S5"), BACK),
    Definition("waist_asymmetry", "%", _asymmetry, (*pair("waist"), "S5"), BACK),
)

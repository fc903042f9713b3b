"""What is measured: every measure as a formula over named landmarks, with its views and gate."""

from __future__ import annotations

from edge.posture.catalogue.contour import CONTOUR
from edge.posture.catalogue.definition import Definition
from edge.posture.catalogue.feet import FEET
from edge.posture.catalogue.frontal import FRONTAL
from edge.posture.catalogue.sagittal import SAGITTAL
from edge.posture.catalogue.spine import SPINE
from edge.posture.catalogue.spine_curves import SPINE_CURVES

# Of people with shoulders, and of skeletons with the vertebrae of a spine.
OF_BODY: tuple[Definition, ...] = (*FRONTAL, *CONTOUR, *FEET, *SAGITTAL, *SPINE_CURVES)
OF_SPINE: tuple[Definition, ...] = SPINE
EVERY: tuple[Definition, ...] = (*OF_BODY, *OF_SPINE)

# Codes of older versions, which results may still hold, and what gives them today. Nothing is
# translated: a change across definitions is none.
RETIRED: dict[str, str] = {
    "shoulder_protraction": "shoulder_ahead_of_hip",
    "sway_back_index": "shoulder_ahead_of_hip",
    "trunk_contour_asymmetry": "waist_asymmetry",
    "foot_progression": "foot_progression_right",
}

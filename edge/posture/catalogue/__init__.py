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

# Codes and definitions of older versions, which results may still hold, and what comes nearest
# today. Nothing is translated: a change across definitions is none.
RETIRED: dict[tuple[str, str], str] = {
    ("shoulder_protraction", "1"): "shoulder_ahead_of_hip",
    ("sway_back_index", "1"): "shoulder_ahead_of_hip",
    ("ankle_sagittal", "1"): "shank_inclination",
    ("trunk_contour_asymmetry", "1"): "waist_asymmetry",
    ("foot_progression", "1"): "foot_progression_right",
}

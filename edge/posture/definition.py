"""What one measure is: a formula over named landmarks, the views it is seen in, and its gate.

The lists of definitions (`frontal`, `sagittal`, `spine`) are the catalogue; everything that holds
for all measures (missing keypoints, confidence, uncertainty) is written once, in `assess`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from edge.posture.angles import Float64
from edge.posture.landmarks import Landmarks
from edge.records import View

# (P, 2) landmarks in px, and the facing sign (+1 front and right, -1 back and left view).
Formula = Callable[[Float64, float], float]
# Reasons why a person standing like this cannot be measured; empty when all is well.
Gate = Callable[[Landmarks], tuple[str, ...]]
# "length" is computed in px and reported in mm; without a scale it is refused.
Unit = Literal["deg", "%", "1", "length"]


def always(_: Landmarks) -> tuple[str, ...]:
    """The gate of measures that need nothing but their landmarks."""
    return ()


@dataclass(frozen=True)
class Definition:
    """One measure.

    landmarks : what the formula is over, in its order.
    formula : None for what no camera sees on the skin; the landmarks then say what is lacking.
    version : definition version as reported. Several definitions may share a code, in order of
        preference: the first whose landmarks are all seen is used, and its version says so.
    resolves_deg : a standard error above this makes the measure one of low reliability.
    open_sd : what the formula leaves open of the quantity that the code names, one deviation in its
        unit: a hip joint estimated from the spines of the pelvis is not the joint.
    """

    code: str
    unit: Unit
    formula: Formula | None
    landmarks: tuple[str, ...]
    views: tuple[View, ...]
    side: Literal["left", "right", "near", ""] = ""
    gate: Gate = always
    version: str = "1"
    resolves_deg: float | None = None
    open_sd: float = 0.0

"""How large a millimetre is where a person stands, and who says so.

Of what is known the best is taken: a board or plumb line that was measured in the stance plane;
stickers of a known size; the person's stature. Without any of them no length is reported.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import NamedTuple

from edge.posture.calibration import Calibration
from edge.posture.landmarks import Landmarks
from edge.records import Pose, ScaleSource

_SUREST_FIRST: tuple[ScaleSource, ...] = ("calibration", "stickers", "stature")
# Of a stature added up from segments of the picture, one deviation, as a part of it.
_STATURE_SD = 0.03


class Scale(NamedTuple):
    """sd : standard uncertainty, as a part of it. by : where it comes from."""

    mm_per_px: float
    sd: float
    by: ScaleSource


def scale_of(pose: Pose, calibration: Calibration, stature_mm: float | None = None) -> Scale | None:
    """The scale in the plane in which a person stands; None where nothing tells it.

    stature_mm : as told by the person or an operator.
    """
    if calibration.mm_per_px is not None:
        return Scale(calibration.mm_per_px, calibration.scale_sd, calibration.scale_from)
    placed = pose.placed
    if placed is not None and placed.mm_per_px is not None:
        return Scale(placed.mm_per_px, placed.scale_sd, "stickers")
    stature_px = None if stature_mm is None else Landmarks.of(pose, calibration).stature_px
    if stature_mm is None or stature_px is None:
        return None
    return Scale(stature_mm / stature_px, _STATURE_SD, "stature")


def scaled(calibration: Calibration, scale: Scale | None) -> Calibration:
    """The calibration with a scale; as it is without one."""
    if scale is None:
        return calibration
    return replace(calibration, mm_per_px=scale.mm_per_px, scale_sd=scale.sd, scale_from=scale.by)


def least_sure(sources: Iterable[ScaleSource]) -> ScaleSource:
    """What lengths rest on that were made of several captures; empty where none had a scale."""
    return max(filter(None, sources), key=_SUREST_FIRST.index, default="")

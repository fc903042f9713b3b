"""What a station announces: every measure that its results may hold, with its unit."""

from __future__ import annotations

from collections.abc import Iterable

from edge.posture.assess import catalogue
from edge.posture.sway import sway_units
from edge.skeletons import Skeleton


def measurable(skeletons: Iterable[Skeleton], *, in_mm: bool) -> dict[str, str]:
    """Code -> unit, over all views, those included that are always refused.

    in_mm : a scale was calibrated. Without one a length is in % of stature, and in mm only of a
        person whose stature was told, or who wears printed targets.
    """
    length = "mm" if in_mm else "%H"
    units: dict[str, str] = {}
    for skeleton in skeletons:
        for definition in catalogue(skeleton, "unknown"):
            units[definition.code] = length if definition.unit == "length" else definition.unit
        if "left_shoulder" in skeleton.index:
            units |= sway_units(length)
    return units

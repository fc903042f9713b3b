"""What a station announces: every measure that its results may hold, with its unit."""

from __future__ import annotations

from collections.abc import Iterable

from edge.posture.applying import catalogue, reported_unit
from edge.posture.sway import SWAY_UNITS
from edge.skeletons import Skeleton


def measurable(skeletons: Iterable[Skeleton]) -> dict[str, str]:
    """Code -> unit, over all views, those included that are always refused."""
    units: dict[str, str] = {}
    for skeleton in skeletons:
        for definition in catalogue(skeleton, "unknown"):
            units[definition.code] = reported_unit(definition)
        if "left_shoulder" in skeleton.index:
            units |= SWAY_UNITS
    return units

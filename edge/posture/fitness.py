"""Is a value fit for use as data? Its interval against what is needed (`needed.toml`).

ok : it may be compared with the world. low, `change_only` : with the same person on another day
alone. low otherwise. What a network does not follow is refused before it comes here.
"""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from typing import Annotated

import msgspec

from edge.accuracy import MeasureAccuracy
from edge.records import Quality

# Reasons that this module gives; whoever makes one measure of several judges anew.
CHANGE_ONLY = "change_only"
INTERVAL_WIDE = "wide_interval"
NEED_UNKNOWN = "need_unknown"
OWN_REASONS = (CHANGE_ONLY, INTERVAL_WIDE, NEED_UNKNOWN)

_LEAST_SLOPE = 0.9  # on bodies known exactly
_LEAST_SLOPE_PHOTOS = 0.8  # of lines sheared in photographs
_STATURE_MM = 1700.0
_LENGTHS = "lengths"


class _Need(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    needed: Annotated[float, msgspec.Meta(gt=0)]
    source: Annotated[str, msgspec.Meta(min_length=6)]


@cache
def needs() -> dict[str, _Need]:
    """The table `needed.toml`: code, or `lengths`, -> half width and source."""
    text = resources.files("edge.posture").joinpath("needed.toml").read_text(encoding="utf-8")
    return msgspec.convert(tomllib.loads(text), dict[str, _Need])


def needed(code: str, unit: str) -> float | None:
    """Half width that an interval may have, in the measure's unit; None where nobody says.

    What lengths of a body need says nothing of how far it sways.
    """
    table = needs()
    if unit in ("mm", "%H") and not code.startswith("sway_"):
        in_mm = table.get(code, table[_LENGTHS]).needed
        return in_mm if unit == "mm" else 100.0 * in_mm / _STATURE_MM
    return table[code].needed if code in table else None


def judged(
    code: str, unit: str, u95: float, u95_change: float, doubts: tuple[str, ...]
) -> tuple[Quality, tuple[str, ...]]:
    """Quality and reasons of a value with these intervals, in its unit, and these doubts.

    u95, u95_change : half widths. doubts : reasons that others gave; this module's own are left
    out.
    """
    limit = needed(code, unit)
    why = tuple(doubt for doubt in doubts if doubt not in OWN_REASONS)
    if limit is None:
        why = (*why, NEED_UNKNOWN)
    elif u95 > limit:
        why = (*why, CHANGE_ONLY if u95_change <= limit else INTERVAL_WIDE)
    return (Quality.LOW if why else Quality.OK), why


def not_followed(row: MeasureAccuracy | None) -> tuple[str, ...]:
    """`slope_low` where a network answers much the same however far a body leans, else nothing."""
    if row is None:
        return ()
    too_flat = row.slope is not None and row.slope < _LEAST_SLOPE
    in_photos = row.slope_photos is not None and row.slope_photos < _LEAST_SLOPE_PHOTOS
    return ("slope_low",) if too_flat or in_photos else ()

"""Where a measure lies among people: bands that are data with provenance, guarded by the interval.

A band is a screening word, never a diagnosis. A value whose 95 % interval straddles an edge lies in
no single band, and is said to lie between the two.
"""

from __future__ import annotations

import itertools
import math
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Annotated, Any, Literal

import msgspec

from edge.errors import NOT_TOML, SettingsInvalid
from edge.records import Basis, Measure

_NOWHERE = Basis()


class Norm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The bands of one measure; see norms.toml for the fields."""

    unit: str
    compare: Literal["magnitude", "above", "below"]
    edges: tuple[float, float, float]
    evidence: Annotated[str, msgspec.Meta(min_length=1)]
    source: Annotated[str, msgspec.Meta(min_length=1)]
    mdc: Annotated[float, msgspec.Meta(gt=0)] | None = None

    def __post_init__(self) -> None:
        outward = self.edges[::-1] if self.compare == "below" else self.edges
        if not all(a < b for a, b in itertools.pairwise(outward)):
            raise ValueError(f"edges {self.edges} do not run outwards")


@dataclass(frozen=True)
class Norms:
    """One version of all norms, by measure code."""

    version: str
    valid_from: str
    population: str
    bands: tuple[str, str, str, str]
    by_code: dict[str, Norm]

    def bands_of(self, measure: Measure) -> tuple[str, ...]:
        """The bands that the measure's interval reaches into, nearest to usual first.

        One name: the interval clears the edges. Several: borderline. Empty: refused, or there is
        no norm for this measure in this unit.
        """
        norm = self.by_code.get(measure.code)
        if norm is None or norm.unit != measure.unit or measure.value is None:
            return ()
        low, high = _outward(norm, measure.value, measure.u95 or 0.0)
        sign = -1.0 if norm.compare == "below" else 1.0
        edges = (-math.inf, *(sign * edge for edge in norm.edges), math.inf)
        return tuple(
            band
            for band, (inner, outer) in zip(self.bands, itertools.pairwise(edges), strict=True)
            if high >= inner and low < outer
        )

    def changed(
        self, before: Measure, after: Measure, since: Basis = _NOWHERE, now: Basis = _NOWHERE
    ) -> bool | None:
        """Whether a measure really changed between two screenings; None where nobody can tell.

        since, now : what the earlier and the later one rest on.
        """
        least = self.least_change(before, after, since, now)
        if least is None or before.value is None or after.value is None:
            return None
        return abs(after.value - before.value) > least

    def least_change(
        self, before: Measure, after: Measure, since: Basis = _NOWHERE, now: Basis = _NOWHERE
    ) -> float | None:
        """The smallest change that is one, in the measures' unit; None where nobody can tell.

        Measured alike (networks, calibration), a change must exceed the interval of a change. By
        other networks or another calibration it must exceed the intervals against the world, and is
        no change at all where the networks were not judged on the same bodies. What older stations
        sent has no interval of a change: then those against the world count, and the minimal
        detectable change where one is known. Units, definitions and views must be the same.
        """
        kinds = [(m.code, m.unit, m.definition, m.view) for m in (before, after)]
        if kinds[0] != kinds[1] or before.value is None or after.value is None:
            return None
        against_the_world = math.hypot(before.u95 or 0.0, after.u95 or 0.0)
        if since != now:
            return against_the_world if since.bodies and since.bodies == now.bodies else None
        if before.u95_change is not None and after.u95_change is not None:
            return math.hypot(before.u95_change, after.u95_change) / math.sqrt(2.0)
        norm = self.by_code.get(before.code)
        detectable = norm.mdc if norm is not None and norm.unit == before.unit else None
        return max(against_the_world, detectable or 0.0)


def _outward(norm: Norm, value: float, u95: float) -> tuple[float, float]:
    """The interval on an axis where further out is larger."""
    if norm.compare == "below":
        return -value - u95, -value + u95
    if norm.compare == "above":
        return value - u95, value + u95
    return max(0.0, abs(value) - u95), abs(value) + u95


def parse_norms(text: str, name: str = "norms") -> Norms:
    """Norms from TOML text.

    Raises
    ------
    SettingsInvalid : not TOML, or a table that makes no sense; names it.
    """
    try:
        tables: dict[str, Any] = tomllib.loads(text)
        head = {key: tables.pop(key) for key in ("version", "valid_from", "population")}
        bands = msgspec.convert(tables.pop("bands"), tuple[str, str, str, str])
        return Norms(**head, bands=bands, by_code=msgspec.convert(tables, dict[str, Norm]))
    except KeyError as error:
        raise SettingsInvalid(f"{name} lacks {error}.", "Add it at the top.") from error
    except (*NOT_TOML, msgspec.ValidationError) as error:
        raise SettingsInvalid(f"{name}: {error}.", "Mend or remove that table.") from error


@cache
def shipped_norms() -> Norms:
    """The norms that come with this version."""
    text = resources.files("edge").joinpath("norms.toml").read_text(encoding="utf-8")
    return parse_norms(text, "norms.toml")

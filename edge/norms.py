"""Where a measure lies among people like this one: norms are data with provenance.

A word of a norm is a screening word, never a diagnosis. It is given only of people whom the source
speaks of, by age and sex, and only where the measure is fine enough: its 95 % interval must be
narrower than half of the usual range. A value whose interval reaches over an end of that range lies
in no single band, and is said to lie between the two.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache, cached_property
from importlib import resources
from typing import Annotated, Any, Literal, NamedTuple

import msgspec

from edge.errors import NOT_TOML, SettingsInvalid
from edge.records import Measure
from edge.wire.order import Sex

Band = Literal["below", "usual", "above"]
BANDS: tuple[Band, ...] = ("below", "usual", "above")
# Why a measure has no band, in the order in which this is asked. no_norm : nobody has measured
# people like that in a way that can be compared.
Absent = Literal["no_norm", "age_untold", "sex_untold", "other_people", "interval_wide"]
_HOLDS_95 = 1.96
_Words = Annotated[str, msgspec.Meta(min_length=6)]


class Norm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One population's values of one measure; see norms.toml for the fields."""

    code: str
    definitions: Annotated[tuple[str, ...], msgspec.Meta(min_length=1)]
    unit: str
    mean: float
    sd: Annotated[float, msgspec.Meta(gt=0)]
    sex: Literal["female", "male", "any"]
    age_years: tuple[float, float]
    n: Annotated[int, msgspec.Meta(ge=1)]
    population: _Words
    source: Annotated[str, msgspec.Meta(pattern=r"^https://\S+")]
    printed: _Words

    def __post_init__(self) -> None:
        if not 0.0 <= self.age_years[0] < self.age_years[1] <= 120.0:
            raise ValueError(f"{self.code}: ages {self.age_years} are no range")

    @property
    def usual(self) -> tuple[float, float]:
        """The range that holds 95 % of the population."""
        reach = _HOLDS_95 * self.sd
        return self.mean - reach, self.mean + reach

    def bands(self, value: float, u95: float) -> tuple[Band, ...]:
        """The bands that the interval reaches into; empty where it is too wide to say."""
        low, high = self.usual
        if u95 >= 0.5 * (high - low):
            return ()
        reached = (
            value - u95 < low,
            value + u95 >= low and value - u95 <= high,
            value + u95 > high,
        )
        return tuple(band for band, is_in in zip(BANDS, reached, strict=True) if is_in)


class Placed(NamedTuple):
    """Where a measure lies: in one band, between two, or nowhere (`absent` says why)."""

    bands: tuple[Band, ...] = ()
    norm: Norm | None = None
    absent: Absent | None = None


class Who(NamedTuple):
    """Age and sex, as far as somebody told them."""

    age_years: float | None = None
    sex: Sex | None = None


UNTOLD = Who()


@dataclass(frozen=True)
class Norms:
    """One version of all norms."""

    version: str
    valid_from: str
    norms: tuple[Norm, ...]

    @cached_property
    def codes(self) -> frozenset[str]:
        """The measures that there are norms of."""
        return frozenset(norm.code for norm in self.norms)

    def place(self, measure: Measure, who: Who) -> Placed:
        """Where a measure lies among people like this one."""
        if measure.value is None:
            return Placed(absent="no_norm")
        alike = [
            norm
            for norm in self.norms
            if (norm.code, norm.unit) == (measure.code, measure.unit)
            and measure.definition in norm.definitions
        ]
        if not alike:
            return Placed(absent="no_norm")
        if who.age_years is None:
            return Placed(absent="age_untold")
        of_age = [n for n in alike if n.age_years[0] <= who.age_years < n.age_years[1] + 1]
        if not of_age:
            return Placed(absent="other_people")
        # A norm of the person's own sex goes before one of both.
        found = [n for n in of_age if n.sex == who.sex] or [n for n in of_age if n.sex == "any"]
        if not found:
            return Placed(absent="sex_untold" if who.sex is None else "other_people")
        bands = found[0].bands(measure.value, measure.u95 or 0.0)
        return Placed(bands, found[0], None if bands else "interval_wide")


def parse_norms(text: str, name: str = "norms") -> Norms:
    """Norms from TOML text.

    Raises
    ------
    SettingsInvalid : not TOML, or a norm that makes no sense; names it.
    """
    try:
        table: dict[str, Any] = tomllib.loads(text)
        norms = msgspec.convert(table.pop("norm"), tuple[Norm, ...])
        return Norms(table.pop("version"), table.pop("valid_from"), norms)
    except KeyError as error:
        raise SettingsInvalid(f"{name} lacks {error}.", "Add it at the top.") from error
    except (*NOT_TOML, msgspec.ValidationError) as error:
        raise SettingsInvalid(f"{name}: {error}.", "Mend or remove that norm.") from error


@cache
def shipped_norms() -> Norms:
    """The norms that come with this version."""
    text = resources.files("edge").joinpath("norms.toml").read_text(encoding="utf-8")
    return parse_norms(text, "norms.toml")

"""The rule set as data: see rules.toml for what its words mean."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from typing import Annotated, Literal

import msgspec

from edge.errors import NOT_TOML, SettingsInvalid
from edge.shown import quoted

FilmedFrom = Literal["lateral", "frontal", "back"]
Group = Literal["mobility", "stability", "pattern"]
Score = Annotated[int, msgspec.Meta(ge=0, le=3)]


class _Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    pass


class Repetition(_Table, frozen=True):
    """The least excursion that shows that the movement was done."""

    measure: str
    at_least: float


class Criterion(_Table, frozen=True, kw_only=True):
    """One criterion of a movement. Exactly one of its three limits is set."""

    name: str
    view: FilmedFrom
    measure: str
    guard_band: Annotated[float, msgspec.Meta(ge=0)]
    fails_to: Score
    at_most: float | None = None
    at_least: float | None = None
    within: float | None = None

    def __post_init__(self) -> None:
        if sum(limit is not None for limit in (self.at_most, self.at_least, self.within)) != 1:
            raise ValueError(f"{self.name} needs one of at_most, at_least and within")

    def margin(self, value: float) -> float:
        """How far the value lies on the good side of the limit; negative where it fails."""
        if self.at_most is not None:
            return self.at_most - value
        if self.at_least is not None:
            return value - self.at_least
        return (self.within or 0.0) - abs(value)


class Movement(_Table, frozen=True, kw_only=True):
    """One of the seven."""

    group: Group
    sides: bool
    views: tuple[FilmedFrom, ...]
    variations: dict[str, Score | dict[str, Score]]
    criteria: tuple[Criterion, ...]
    by_eye: tuple[str, ...] = ()
    repetition: Repetition | None = None

    def best_score(self, variation: str, sex: str) -> int:
        """The most that can be scored as performed.

        Raises SettingsInvalid for a variation that this movement, or this sex, does not have.
        """
        of_sex = self.variations.get(sex)
        known = of_sex if isinstance(of_sex, dict) else self.variations
        best = known.get(variation)
        if isinstance(best, int):
            return best
        by_sex = any(isinstance(each, dict) for each in known.values())
        raise SettingsInvalid(
            f"{quoted(variation or 'no variation')} is no way to perform this movement.",
            f"Name the sex: {' or '.join(known)}." if by_sex else f"Say {' or '.join(known)}.",
        )


class RuleSet(_Table, frozen=True, kw_only=True):
    """One version of all rules.

    clearing : clearing test -> the movement that its pain sets to 0.
    """

    version: str
    flag_at: Annotated[int, msgspec.Meta(ge=0, le=21)]
    flag_weakness: str
    least_change: int
    tries: Annotated[int, msgspec.Meta(ge=1)]
    clearing: dict[str, str]
    movements: dict[str, Movement]

    def __post_init__(self) -> None:
        if strange := set(self.clearing.values()) - set(self.movements):
            raise ValueError(f"clearing tests name {', '.join(sorted(strange))}")

    def movement(self, name: str) -> Movement:
        """The movement of this name. Raises SettingsInvalid for one that the rule set does not
        know."""
        if name not in self.movements:
            raise SettingsInvalid(
                f"{quoted(name)} is none of the movements.",
                f"Name one of {', '.join(self.movements)}.",
            )
        return self.movements[name]


def parse_rules(text: str, name: str = "rules") -> RuleSet:
    """A rule set from TOML text; SettingsInvalid says what is wrong with it."""
    try:
        return msgspec.convert(tomllib.loads(text), RuleSet)
    except (*NOT_TOML, msgspec.ValidationError) as error:
        raise SettingsInvalid(f"{name}: {error}.", "Mend the table it names.") from error


@cache
def shipped_rules() -> RuleSet:
    """The rule set that comes with this version."""
    text = resources.files("edge.fms").joinpath("rules.toml").read_text(encoding="utf-8")
    return parse_rules(text, "rules.toml")

"""The score sheet of one person: tries, clearing tests, and what they add up to.

Only scores that a person has confirmed count. Pain in a movement or its clearing test scores 0; of
tries the best counts, of sides the lower one; a total exists only when all seven are scored.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

import msgspec

from edge.errors import MovementUnusable, SettingsInvalid
from edge.fms.rules import Group, RuleSet, Score
from edge.fms.suggest import Suggestion
from edge.shown import quoted

Side = Literal["left", "right", ""]


class Try(msgspec.Struct, frozen=True, kw_only=True):
    """One performance of a movement.

    score, by : as confirmed, and by whom (an opaque code); None and empty until then.
    """

    movement: str
    side: Side = ""
    variation: str = ""
    pain: bool = False
    suggestion: Suggestion | None = None
    score: Score | None = None
    by: str = ""

    def __post_init__(self) -> None:
        if (self.score is None) != (not self.by):
            raise ValueError(f"{self.movement}: a score has a person who confirmed it")


class Clearing(msgspec.Struct, frozen=True):
    """A clearing test that was done."""

    test: str
    pain: bool


class Sheet(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One screening; `rules` is the version that it was scored by."""

    session: Annotated[str, msgspec.Meta(min_length=1)]
    rules: str
    tries: tuple[Try, ...] = ()
    clearing: tuple[Clearing, ...] = ()

    def with_try(self, one: Try, rules: RuleSet) -> Sheet:
        """The sheet with one more try. Raises SettingsInvalid for a side that makes no sense,
        MovementUnusable after 3 tries."""
        if bool(one.side) != rules.movement(one.movement).sides:
            raise SettingsInvalid(
                f"{one.movement} is scored {'without' if one.side else 'for each'} side.",
                "Leave the side out." if one.side else "Name the side: left or right.",
            )
        same = [t for t in self.tries if (t.movement, t.side) == (one.movement, one.side)]
        if len(same) >= rules.tries:
            raise MovementUnusable(
                f"{one.movement} {one.side} has been tried {len(same)} times.".replace("  ", " "),
                f"A movement has {rules.tries} tries; confirm one of them.",
            )
        return msgspec.structs.replace(self, tries=(*self.tries, one))

    def confirmed(self, movement: str, side: Side, score: int | None, by: str) -> Sheet:
        """Confirm the latest try: its suggestion, or a score that overrides it.

        Raises
        ------
        MovementUnusable : no such try, or a suggestion that waits for the operator's judgement.
        """
        numbers = [n for n, t in enumerate(self.tries) if (t.movement, t.side) == (movement, side)]
        if not numbers:
            raise MovementUnusable(
                f"The sheet has no try of {movement} {side}".rstrip() + ".",
                "Score a clip first, or give the score together with the try.",
            )
        one = self.tries[numbers[-1]]
        if score is None:
            score = _suggested(one)
        mended = msgspec.structs.replace(one, score=score, by=by)
        tries = list(self.tries)
        tries[numbers[-1]] = mended
        return msgspec.structs.replace(self, tries=tuple(tries))

    def all_confirmed(self, by: str) -> tuple[Sheet, tuple[str, ...]]:
        """Confirm every latest try that waits for nothing; and why the others stay open."""
        sheet, open_ones = self, []
        latest = {(one.movement, one.side): one for one in self.tries}
        for one in latest.values():
            if one.score is not None:
                continue
            try:
                sheet = sheet.confirmed(one.movement, one.side, None, by)
            except MovementUnusable as refusal:
                open_ones.append(str(refusal))
        return sheet, tuple(open_ones)

    def with_clearing(self, one: Clearing, rules: RuleSet) -> Sheet:
        """The latest answer of a clearing test counts; SettingsInvalid for an unknown test."""
        if one.test not in rules.clearing:
            raise SettingsInvalid(
                f"{quoted(one.test)} is no clearing test.",
                f"Name one of {', '.join(rules.clearing)}.",
            )
        others = tuple(c for c in self.clearing if c.test != one.test)
        return msgspec.structs.replace(self, clearing=(*others, one))


def _suggested(one: Try) -> int:
    if one.pain:
        return 0
    if one.suggestion is None:
        raise MovementUnusable(
            f"The camera suggests no score for {one.movement}.", "Give the score yourself."
        )
    if one.suggestion.undecided:
        waits = ", ".join(one.suggestion.undecided)
        raise MovementUnusable(
            f"The suggestion for {one.movement} waits for you to judge: {waits}.",
            f"Give the score yourself; it is {one.suggestion.score} if they are met.",
        )
    return one.suggestion.score


class Line(msgspec.Struct, frozen=True):
    """One movement: scores by side (key "" without sides), the one that counts, or why none."""

    movement: str
    group: Group
    sides: dict[str, int | None]
    final: int | None
    why: tuple[str, ...] = ()

    @property
    def asymmetric(self) -> bool:
        """The sides were scored, and differently."""
        scores = set(self.sides.values())
        return len(scores) == 2 and None not in scores


class Total(msgspec.Struct, frozen=True):
    """What a sheet adds up to. flagged : None while incomplete."""

    lines: tuple[Line, ...]
    total: int | None
    groups: dict[str, int | None]
    flagged: bool | None
    incomplete: tuple[str, ...]


def add_up(sheet: Sheet, rules: RuleSet) -> Total:
    """The totals of a sheet. Raises MovementUnusable where it was scored by other rules."""
    if sheet.rules != rules.version:
        raise MovementUnusable(
            f"The sheet was scored by {sheet.rules}, this program has {rules.version}.",
            "Read it with the version that wrote it.",
        )
    lines = tuple(_line(sheet, rules, movement) for movement in rules.movements)
    incomplete = tuple(reason for line in lines for reason in line.why)
    groups: dict[str, int | None] = {}
    for group in ("mobility", "stability", "pattern"):
        finals = [line.final for line in lines if line.group == group]
        groups[group] = None if None in finals else sum(f for f in finals if f is not None)
    total = None if incomplete else sum(line.final for line in lines if line.final is not None)
    flagged = None if total is None else total <= rules.flag_at
    return Total(lines, total, groups, flagged, incomplete)


def _line(sheet: Sheet, rules: RuleSet, movement: str) -> Line:
    rule = rules.movements[movement]
    sides: tuple[Side, ...] = ("right", "left") if rule.sides else ("",)
    scores = {side: _best(sheet, movement, side) for side in sides}
    why = list(_missing(sheet, movement, scores))
    answers = {c.test: c.pain for c in sheet.clearing}
    tests = [test for test, cleared in rules.clearing.items() if cleared == movement]
    why += [f"clearing_not_done:{test}" for test in tests if test not in answers]
    finals = [score for score in scores.values() if score is not None]
    final = min(finals) if len(finals) == len(scores) else None
    if any(answers.get(test) for test in tests):
        final, why = 0, []  # pain decides alone
    by_side = {str(side): score for side, score in scores.items()}
    return Line(movement, rule.group, by_side, None if why else final, tuple(why))


def _best(sheet: Sheet, movement: str, side: Side) -> int | None:
    tries = [t for t in sheet.tries if (t.movement, t.side) == (movement, side)]
    if any(t.pain for t in tries):
        return 0
    return max((t.score for t in tries if t.score is not None), default=None)


def _missing(sheet: Sheet, movement: str, scores: dict[Side, int | None]) -> Iterator[str]:
    for side, score in scores.items():
        if score is None:
            name = f"{movement}_{side}".rstrip("_")
            tried = any((t.movement, t.side) == (movement, side) for t in sheet.tries)
            yield f"{'unconfirmed' if tried else 'not_done'}:{name}"

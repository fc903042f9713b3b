"""Scores in one line: `deep_squat=2 hurdle_step=2/3 shoulder=no-pain`, of sides left/right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from edge.errors import SettingsInvalid
from edge.fms.rules import RuleSet
from edge.fms.sheet import Clearing, Sheet, Side, Try

_PAIN, _NO_PAIN = "pain", "no-pain"


@dataclass(frozen=True)
class _Score:
    movement: str
    side: Side
    score: int  # 0 is pain, and pain is 0


def scored(sheet: Sheet, words: Sequence[str], by: str, rules: RuleSet) -> Sheet:
    """The sheet with all of the line's scores and clearing tests, confirmed by `by`.

    A score confirms the movement's latest try where that waits for one, and adds a try elsewhere.

    Raises
    ------
    SettingsInvalid : a word that is no score, a movement or test twice, sides that are missing or
        make no sense.
    MovementUnusable : a movement that has been tried three times.
    """
    names = [word.partition("=")[0] for word in words]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise SettingsInvalid(f"The line gives {', '.join(twice)} twice.", "Give each once.")
    for word in words:
        name, _, said = word.partition("=")
        if name in rules.clearing:
            sheet = sheet.with_clearing(Clearing(name, _pain(name, said)), rules)
            continue
        for one in _scores(name, said, rules):
            sheet = _with(sheet, one, by, rules)
    return sheet


def _pain(test: str, said: str) -> bool:
    if said not in (_PAIN, _NO_PAIN):
        raise SettingsInvalid(
            f"{test}={said} is no answer of a clearing test.",
            f"Write {test}={_PAIN} or {test}={_NO_PAIN}.",
        )
    return said == _PAIN


def _scores(movement: str, said: str, rules: RuleSet) -> list[_Score]:
    sided = rules.movement(movement).sides
    parts = said.split("/")
    sides: tuple[Side, ...] = ("left", "right") if sided else ("",)
    if len(parts) != len(sides) or not all(part in ("0", "1", "2", "3", _PAIN) for part in parts):
        example = f"{movement}=2/3, left before right" if sided else f"{movement}=2"
        raise SettingsInvalid(
            f"{movement}={said} is no score of this movement.",
            f"Write 0 to 3, or {_PAIN}: {example}.",
        )
    return [
        _Score(movement, side, 0 if part == _PAIN else int(part))
        for side, part in zip(sides, parts, strict=True)
    ]


def _with(sheet: Sheet, one: _Score, by: str, rules: RuleSet) -> Sheet:
    same = [t for t in sheet.tries if (t.movement, t.side) == (one.movement, one.side)]
    if same and same[-1].score is None:
        sheet = sheet.confirmed(one.movement, one.side, one.score, by)
    else:
        new = Try(movement=one.movement, side=one.side, score=one.score, by=by)
        sheet = sheet.with_try(new, rules)
    if one.score > 0:
        return sheet
    latest = max(n for n, t in enumerate(sheet.tries)
                 if (t.movement, t.side) == (one.movement, one.side))  # fmt: skip
    tries = list(sheet.tries)
    tries[latest] = msgspec.structs.replace(tries[latest], pain=True)
    return msgspec.structs.replace(sheet, tries=tuple(tries))

"""From evidence to a suggested score, criterion by criterion.

The score is what the performed variation allows, lowered by every criterion that fails. A criterion
that was not seen, or lies too near to its limit, is left to the operator: the suggestion then says
what it waits for, and cannot be taken over unread.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from edge.errors import MovementUnusable
from edge.fms.evidence import Films, Found
from edge.fms.mobility_stability import (
    active_straight_leg_raise,
    rotary_stability,
    shoulder_mobility,
    trunk_stability_push_up,
)
from edge.fms.rules import Criterion, FilmedFrom, Movement, RuleSet
from edge.fms.standing import deep_squat, hurdle_step, inline_lunge

Verdict = Literal["met", "failed", "near_limit", "not_seen"]
_PLAIN = {
    "deep_squat": deep_squat,
    "hurdle_step": hurdle_step,
    "inline_lunge": inline_lunge,
    "active_straight_leg_raise": active_straight_leg_raise,
    "trunk_stability_push_up": trunk_stability_push_up,
}


class Judged(msgspec.Struct, frozen=True):
    """One criterion: what was measured, when in the clip (s), and whether it is met."""

    name: str
    view: FilmedFrom
    measure: str
    value: float | None
    at_s: float | None
    verdict: Verdict


class Suggestion(msgspec.Struct, frozen=True):
    """What the camera would score.

    score : the best that is still possible. undecided : criteria that an operator must judge before
    it holds; by_eye : what no camera sees in this movement.
    """

    score: int
    undecided: tuple[str, ...]
    by_eye: tuple[str, ...]
    criteria: tuple[Judged, ...]


def suggest(
    rules: RuleSet,
    movement: str,
    films: Films,
    *,
    side: str = "",
    variation: str = "",
    sex: str = "",
    hand_pct_h: float | None = None,
) -> Suggestion:
    """Judge one try.

    Raises
    ------
    SettingsInvalid : a movement, side or variation that the rules do not have.
    MovementUnusable : the films do not show the movement.
    """
    rule = rules.movement(movement)
    best = rule.best_score(variation, sex)
    found = _evidence(movement, films, side, variation, hand_pct_h)
    _require_repetition(movement, rule, found)
    judged = tuple(_judge(criterion, found) for criterion in rule.criteria)
    undecided = []
    for criterion, one in zip(rule.criteria, judged, strict=True):
        if one.verdict == "failed":
            best = min(best, criterion.fails_to)
    for criterion, one in zip(rule.criteria, judged, strict=True):
        if one.verdict in ("near_limit", "not_seen") and criterion.fails_to < best:
            undecided.append(criterion.name)
    return Suggestion(best, tuple(undecided), rule.by_eye, judged)


def _evidence(
    movement: str, films: Films, side: str, variation: str, hand_pct_h: float | None
) -> Found:
    if movement == "shoulder_mobility":
        return shoulder_mobility(films, hand_pct_h)
    if movement == "rotary_stability":
        return rotary_stability(films, side, variation)
    return _PLAIN[movement](films, side)


def _require_repetition(movement: str, rule: Movement, found: Found) -> None:
    if rule.repetition is None:
        return
    values = [e.value for (_, name), e in found.items() if name == rule.repetition.measure]
    if not values:
        raise MovementUnusable(
            f"The clip of {movement} does not show what the movement is seen by.",
            f"Film from {' and '.join(rule.views)}, the whole body in the picture.",
        )
    if max(values) < rule.repetition.at_least:
        raise MovementUnusable(
            f"Nobody performs {movement} in the clip: {rule.repetition.measure} is "
            f"{max(values):.1f}, a repetition has {rule.repetition.at_least:g} or more.",
            "Name the right clip, or film the movement again from its start.",
        )


def _judge(criterion: Criterion, found: Found) -> Judged:
    evidence = found.get((criterion.view, criterion.measure))
    if evidence is None:
        return Judged(criterion.name, criterion.view, criterion.measure, None, None, "not_seen")
    margin = criterion.margin(evidence.value)
    verdict: Verdict = "met" if margin > 0.0 else "failed"
    if abs(margin) < criterion.guard_band:
        verdict = "near_limit"
    return Judged(
        criterion.name, criterion.view, criterion.measure, round(evidence.value, 3),
        round(evidence.at_s, 3), verdict,
    )  # fmt: skip

"""Has a quantity of one person changed between two visits? In words: changed, not changed, or
nobody can tell.

Measured alike (networks, calibration, the scale of a length), a change must exceed the interval of
a change. By other networks, another calibration or another scale it must exceed the intervals
against the world, and cannot be told at all where the networks were not judged on the same bodies.
What older stations sent has no interval of a change: then those against the world count. Not
changed is said only where a change that matters (`needed`) would have been seen.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Literal, NamedTuple

from edge.posture.fitness import needed
from edge.records import Basis
from edge.report.together import Combined

Verdict = Literal["changed", "not_changed", "cannot_tell"]


class Change(NamedTuple):
    """What became of a quantity.

    delta : now minus before. least : the smallest change that is one. Both are None, and `why`
    says the reason, where the two cannot be compared; `why` is `interval_wide` where they can, but
    a change that matters would not have been seen.
    """

    verdict: Verdict
    delta: float | None = None
    least: float | None = None
    why: Literal["", "other_definition", "other_networks", "interval_wide"] = ""


def change(before: Combined, now: Combined) -> Change:
    """How one quantity changed from an earlier visit to a later one."""
    then, here = before.measure, now.measure
    kinds = [
        (one.measure.code, one.measure.unit, one.measure.definition, one.measure.side, one.views)
        for one in (before, now)
    ]
    if kinds[0] != kinds[1] or then.value is None or here.value is None:
        return Change("cannot_tell", why="other_definition")
    least = _least(before, now)
    if least is None:
        return Change("cannot_tell", why="other_networks")
    delta = here.value - then.value
    if abs(delta) > least:
        return Change("changed", delta, least)
    matters = needed(here.code, here.unit)
    if matters is None or least > matters:
        return Change("cannot_tell", delta, least, "interval_wide")
    return Change("not_changed", delta, least)


def _least(before: Combined, now: Combined) -> float | None:
    """The least change that means something; None where the networks were not judged on the same
    bodies."""
    then, here = before.measure, now.measure
    against_the_world = math.hypot(then.u95 or 0.0, here.u95 or 0.0)
    if before.bases != now.bases:
        if _but_for_scale(before) == _but_for_scale(now):
            return against_the_world
        bodies = {basis.bodies for basis in (*before.bases, *now.bases)}
        return against_the_world if len(bodies) == 1 and "" not in bodies else None
    if then.u95_change is not None and here.u95_change is not None:
        return math.hypot(then.u95_change, here.u95_change) / math.sqrt(2.0)
    return against_the_world


def _but_for_scale(one: Combined) -> tuple[Basis, ...]:
    return tuple(replace(basis, scale_by="") for basis in one.bases)

"""A score sheet as an assessment: the message that carries it is a result like any other."""

from __future__ import annotations

from collections.abc import Iterator

from edge.fms.rules import RuleSet
from edge.fms.sheet import Line, Sheet, Side, add_up
from edge.records import Assessment, Measure, Quality

# The unit of a dimensionless number, and of scores.
_UNIT = "1"


def assessment_of(sheet: Sheet, rules: RuleSet, captured_ns: int) -> Assessment:
    """Scores by movement, side and group, and the total; a missing one is refused with the reason.

    A score's u95 is None: what is known is who confirmed it, which `why` says. The origin is
    `file`: a sheet is filled in after the event, from clips or by hand.
    """
    outcome = add_up(sheet, rules)
    measures = [m for line in outcome.lines for m in _measures(line, sheet, rules)]
    for group, score in outcome.groups.items():
        lacks = tuple(r for line in outcome.lines if line.group == group for r in line.why)
        measures.append(_score(f"fms_{group}", score, rules, lacks))
    flag = ("at_or_below_flag",) if outcome.flagged else ()
    measures.append(_score("fms_total", outcome.total, rules, outcome.incomplete or flag))
    return Assessment(
        kind="fms", session=sheet.session, view="unknown", source="score sheet",
        captured_ns=captured_ns, measures=tuple(measures), frames_used=0, frames_seen=0,
        min_score=0.0, origin="file",
    )  # fmt: skip


def _measures(line: Line, sheet: Sheet, rules: RuleSet) -> Iterator[Measure]:
    code = f"fms_{line.movement}"
    if len(line.sides) > 1:
        for side, score in line.sides.items():
            where: Side = "right" if side == "right" else "left"
            why = _confirmed_by(sheet, line.movement, where) or line.why
            yield _score(f"{code}_{side}", score, rules, why or ("not_done",), where)
        why = ("asymmetric",) if line.asymmetric else ()
        yield _score(code, line.final, rules, line.why or why)
    else:
        yield _score(code, line.final, rules, line.why or _confirmed_by(sheet, line.movement, ""))


def _confirmed_by(sheet: Sheet, movement: str, side: Side) -> tuple[str, ...]:
    tries = [t for t in sheet.tries if (t.movement, t.side) == (movement, side)]
    if any(t.pain for t in tries):
        return ("pain",)
    return tuple(sorted({f"confirmed_by:{t.by}" for t in tries if t.by}))


def _score(
    code: str, score: int | None, rules: RuleSet, why: tuple[str, ...], side: Side = ""
) -> Measure:
    quality = Quality.REFUSED if score is None else Quality.OK
    value = None if score is None else float(score)
    return Measure(code, value, _UNIT, None, 1.0, quality, why, "unknown", side, rules.version)

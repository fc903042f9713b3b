"""Measures of test bodies, read by the whole pipeline from the picture, against the exact truth."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

from posture_tools.cli import tracked
from posture_tools.evaluate.angle_error import MeasureError, Reading, error_of
from posture_tools.evaluate.body_pack import CLOTHING, OLDEST_YEARS, Body, Clothing
from posture_tools.evaluate.body_truth import DEFINITIONS, Truth, in_picture, in_space, with_scale
from posture_tools.evaluate.contenders import Contender
from posture_tools.evaluate.report import number
from posture_tools.evaluate.views import VIEWS
from rich.table import Table

from edge.posture.applying import reported_unit
from edge.posture.assess import assess
from edge.posture.clothing import Dress
from edge.records import Frame, Measure

ALL = "all"
# Years from, below: a child's proportions change until growth ends.
AGES: dict[str, tuple[float, float]] = {
    "child": (0, 13), "youth": (13, 18), "adult": (18, 65), "older": (65, OLDEST_YEARS),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Row:
    """One measure of one contender in one view, of everybody or of a group.

    ages, clothing : `all`, or a group's name; of clothing the loosest over the measure's landmarks.
    """

    contender: str
    view: str
    ages: str
    clothing: str
    error: MeasureError


def examine(
    contenders: Sequence[Contender], bodies: Sequence[Body], quiet: bool, *, space: bool = False
) -> list[Row]:
    """Show every body to every contender.

    space : judge against the body in space, not against an exact reading of its picture.

    The view is told, as a station tells a person how to stand; a measure that is refused because
    the pose contradicts it counts as refused, as does everything of a person who is not found.

    Raises
    ------
    ImageUnreadable : a picture that is damaged.
    """
    groups: dict[tuple[str, ...], list[Reading]] = defaultdict(list)
    units: dict[str, str] = {}
    for body in tracked(bodies, "measuring", quiet=quiet):
        frame = body.read()
        (ages,) = (name for name, (low, high) in AGES.items() if low <= body.age_years < high)
        exact = in_space(body) if space else in_picture(body, body.calibration(frame))
        for contender in contenders:
            measured = {m.code: m for m in measure(contender, frame, body)}
            for code, (true, unit) in truths(body, measured, exact).items():
                found = measured.get(code)
                reading = Reading.of(true, found)
                worn = clothing_over(code, found, body)
                units[code] = unit
                for group in product((ALL, ages), (ALL, worn)):
                    groups[contender.name, body.view, code, *group].append(reading)
    names = [contender.name for contender in contenders]
    codes = sorted({key[2] for key in groups})
    order = product(names, VIEWS, codes, (ALL, *AGES), (ALL, *CLOTHING))
    return [
        Row(key[0], key[1], key[3], key[4], error_of(key[2], units[key[2]], groups[key]))
        for key in order
        if key in groups
    ]


def measure(contender: Contender, frame: Frame, body: Body) -> Sequence[Measure]:
    """What a station measures of a body; nothing where it does not find the person."""
    pose = contender.locate(frame, body.person)
    if pose is None:
        return ()
    calibration = with_scale(pose, body.calibration(frame))
    return assess(pose, body.view, calibration, dress=dress_of(body))


def dress_of(body: Body) -> Dress:
    """What the person wears."""
    return Dress(body.clothing_upper, body.clothing_lower)


def truths(
    body: Body, measured: Mapping[str, Measure], exact: Truth
) -> dict[str, tuple[float, str]]:
    """Code -> true value and unit, each by the definition that the contender measured it by.

    Of what it does not measure, by the preferred one.
    """
    found: dict[str, tuple[float, str]] = {c: (true, "deg") for c, true in body.truth.items()}
    for definition in reversed(DEFINITIONS):
        code, version = definition.code, definition.version
        own = measured[code].definition if code in measured else version
        if version == own and (code, version) in exact:
            found[code] = (exact[code, version], reported_unit(definition))
    return found


def clothing_over(code: str, found: Measure | None, body: Body) -> Clothing:
    """The loosest that lies over what a measure is taken from."""
    landmarks = {(d.code, d.version): d.landmarks for d in reversed(DEFINITIONS)}
    by_code = {d.code: d.landmarks for d in reversed(DEFINITIONS)}
    own = landmarks.get((code, found.definition)) if found is not None else None
    return dress_of(body).over(own or by_code.get(code, ("body",)))


def tables(rows: Sequence[Row]) -> Iterator[Table]:
    """Of each contender everybody, then by age, then by clothing; last what intervals hold."""
    for name in dict.fromkeys(row.contender for row in rows):
        mine = [row for row in rows if row.contender == name]
        yield _table(f"{name}, everybody", "", [r for r in mine if r.ages == r.clothing == ALL])
        if aged := [row for row in mine if row.ages != ALL and row.clothing == ALL]:
            yield _table(f"{name}, by age", "ages", aged)
        if worn := [row for row in mine if row.ages == ALL and row.clothing != ALL]:
            yield _table(f"{name}, by clothing", "clothing", worn)
    yield pooled(rows)


def _table(title: str, group: str, rows: Sequence[Row]) -> Table:
    table = Table("view", "measure", title=title, title_justify="left")
    if group:
        table.add_column(group)
    for heading in (
        "n", "refused", "bias", "slope", "residual SD\nrobust / plain", "interval", "holds", "ok",
    ):  # fmt: skip
        table.add_column(heading, justify="right")
    for row in rows:
        of = row.error
        table.add_row(
            *(row.view, of.code, *([getattr(row, group)] if group else [])),
            *(str(of.n), f"{of.refused / (of.n + of.refused):.0%}"),
            *(f"{of.bias:+.2f}" if of.n else "-", number(of.slope, 2)),
            f"{number(of.residual_robust_sd, 2)} / {number(of.residual_sd, 2)}",
            f"± {number(of.median_u95, 1)}",
            *("-" if math.isnan(share) else f"{share:.0%}" for share in (of.covered, of.fit)),
        )
    return table


def pooled(rows: Sequence[Row]) -> Table:
    """What intervals hold over all measures of a view, readings that state none aside; and with
    what is refused counted as not held."""
    table = Table("contender", "view", title="intervals, all measures", title_justify="left")
    for heading in ("n", "holds", "refused counted"):
        table.add_column(heading, justify="right")
    everybody = [r for r in rows if r.ages == r.clothing == ALL and r.error.n]
    for name, view in dict.fromkeys((row.contender, row.view) for row in everybody):
        of = [row.error for row in everybody if (row.contender, row.view) == (name, view)]
        stated = [error for error in of if not math.isnan(error.covered)]
        held = sum(error.covered * error.n for error in stated)
        n = sum(error.n for error in stated)
        every = n + sum(error.refused for error in of)
        table.add_row(name, view, str(n), f"{held / max(n, 1):.1%}", f"{held / max(every, 1):.1%}")
    return table

"""Measures of test bodies, read by the whole pipeline from the picture, against the exact truth."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import product

from posture_tools.evaluate.angle_error import MeasureError, Reading, error_of
from posture_tools.evaluate.body_pack import CLOTHING, OLDEST_YEARS, Body, Clothing
from posture_tools.evaluate.contenders import Contender
from posture_tools.evaluate.report import number
from posture_tools.evaluate.views import VIEWS
from rich.console import Console
from rich.progress import track
from rich.table import Table

from edge.posture.assess import assess
from edge.posture.frontal import FRONTAL
from edge.posture.sagittal import SAGITTAL
from edge.posture.spine_measures import SPINE
from edge.records import Frame, Measure

ALL = "all"
# Years from, below: a child's proportions change until growth ends.
AGES: dict[str, tuple[float, float]] = {
    "child": (0, 13), "youth": (13, 18), "adult": (18, 65), "older": (65, OLDEST_YEARS),
}  # fmt: skip

# Which half of an outfit lies over a landmark, told by a part of its name; a head is bare, and over
# what is not named here lie both.
_OVER = {
    "upper": ("shoulder", "neck", "elbow", "wrist", "acromion", "axilla", "scapula", "notch"),
    "lower": ("knee", "ankle", "toe", "heel", "patella", "tibial", "malleolus"),
    "neither": ("eye", "ear", "nose", "head", "tragus"),
}


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


def examine(contenders: Sequence[Contender], bodies: Sequence[Body], quiet: bool) -> list[Row]:
    """Show every body to every contender.

    The view is told, as a station tells a person how to stand; a measure that is refused because
    the pose contradicts it counts as refused, as does everything of a person who is not found.

    Raises
    ------
    ImageUnreadable : a picture that is damaged.
    """
    groups: dict[tuple[str, ...], list[Reading]] = defaultdict(list)
    progress = Console(stderr=True, quiet=quiet)
    for body in track(bodies, "measuring", console=progress, transient=True):
        frame = body.read()
        (ages,) = (name for name, (low, high) in AGES.items() if low <= body.age_years < high)
        for contender in contenders:
            measured = {m.code: m for m in measure(contender, frame, body)}
            for code, true in body.truth.items():
                found = measured.get(code)
                reading = Reading(true, *((found.value, found.u95) if found else (None, None)))
                worn = clothing_over(code, body)
                for group in product((ALL, ages), (ALL, worn)):
                    groups[contender.name, body.view, code, *group].append(reading)
    names = [contender.name for contender in contenders]
    codes = sorted({key[2] for key in groups})
    order = product(names, VIEWS, codes, (ALL, *AGES), (ALL, *CLOTHING))
    return [
        Row(key[0], key[1], key[3], key[4], error_of(key[2], "deg", groups[key]))
        for key in order
        if key in groups
    ]


def measure(contender: Contender, frame: Frame, body: Body) -> Sequence[Measure]:
    """What a station measures of a body; nothing where it does not find the person."""
    pose = contender.locate(frame, body.person)
    return () if pose is None else assess(pose, body.view, body.calibration(frame))


def clothing_over(code: str, body: Body) -> Clothing:
    """The loosest that lies over what a measure is taken from."""
    worn = {"upper": body.clothing_upper, "lower": body.clothing_lower}
    return max((worn[half] for half in _halves(code)), key=CLOTHING.index, default="bare")


@cache
def _halves(code: str) -> tuple[str, ...]:
    definitions = [d for d in (*FRONTAL, *SAGITTAL, *SPINE) if d.code == code]
    if not definitions:
        return ("upper", "lower")
    halves: set[str] = set()
    for mark in (mark for definition in definitions for mark in definition.landmarks):
        over = [half for half, parts in _OVER.items() if any(part in mark for part in parts)]
        halves.update(over or ("upper", "lower"))
    return tuple(sorted(halves - {"neither"}))


def tables(rows: Sequence[Row]) -> Iterator[Table]:
    """Of each contender everybody, then by age, then by clothing."""
    for name in dict.fromkeys(row.contender for row in rows):
        mine = [row for row in rows if row.contender == name]
        yield _table(f"{name}, everybody", "", [r for r in mine if r.ages == r.clothing == ALL])
        aged = [row for row in mine if row.ages != ALL and row.clothing == ALL]
        yield _table(f"{name}, by age", "ages", aged)
        worn = [row for row in mine if row.ages == ALL and row.clothing != ALL]
        yield _table(f"{name}, by clothing", "clothing", worn)


def _table(title: str, group: str, rows: Sequence[Row]) -> Table:
    table = Table("view", "measure", title=title, title_justify="left")
    if group:
        table.add_column(group)
    for heading in (
        "n", "refused", "bias", "slope", "residual SD\nrobust / plain", "interval", "holds",
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
            "-" if of.covered != of.covered else f"{of.covered:.0%}",
        )
    return table

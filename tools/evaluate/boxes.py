"""How far a reading moves when nothing does but the box about the person.

A finder's box is never twice the same. Its size is changed by 10 % and its place by 5 % of its
height, in all combinations; whatever a measure moves then is the network's, not the person's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product

import numpy as np
from posture_tools.cli import tracked
from posture_tools.evaluate.angle_error import short_way
from posture_tools.evaluate.box_change import AS_IT_IS, BoxChange
from posture_tools.evaluate.contenders import Contender
from posture_tools.evaluate.labelled import Person
from posture_tools.evaluate.photos import Picture
from posture_tools.evaluate.views import VIEWS, known_views
from rich.table import Table

from edge.errors import LabelsInvalid, ModelRefused
from edge.posture.assess import assess
from edge.records import Frame, Measure, View

CHANGES = tuple(
    change
    for change in (
        BoxChange(*values) for values in product((0.9, 1.0, 1.1), *2 * [(-0.05, 0.0, 0.05)])
    )
    if change != AS_IT_IS
)


@dataclass(frozen=True, slots=True)
class Row:
    """One measure of one contender in one view.

    people : of whom it was not refused in the box as it was. refused : part of the readings in
        changed boxes that were; they enter no figure.
    moved_median, moved_p95 : how far the others lay from the reading in the box as it was.
    """

    contender: str
    measure: str
    unit: str
    view: str
    people: int
    refused: float
    moved_median: float
    moved_p95: float


@dataclass(slots=True)
class _Moved:
    unit: str
    people: int = 0
    refused: int = 0
    by: list[float] = field(default_factory=list)

    def add(self, other: _Moved) -> None:
        self.people += other.people
        self.refused += other.refused
        self.by += other.by


def examine(contenders: Sequence[Contender], pictures: Sequence[Picture], quiet: bool) -> list[Row]:
    """Change the box of everybody whose view is known.

    Raises
    ------
    ImageUnreadable, LabelsInvalid : a photograph that is damaged, or nobody whose view is known.
    ModelRefused : a contender that looks at whole pictures only.
    """
    for contender in contenders:
        if not contender.crops:
            raise ModelRefused(
                f"{contender.name} looks at whole pictures: no box changes what it sees.",
                "Name single-person networks, or FINDER.onnx+REFINER.onnx.",
            )
    moved: dict[tuple[View, str, str], _Moved] = {}
    for picture in tracked(pictures, "moving boxes", quiet=quiet):
        known = known_views(picture.people)
        if not known:
            continue
        frame = picture.read()
        for (person, view), contender in product(known, contenders):
            for code, of in _moved(contender, frame, person, view).items():
                moved.setdefault((view, code, contender.name), _Moved(of.unit)).add(of)
    if not moved:
        raise LabelsInvalid(
            "of nobody in these pictures was anything measured whose view is known.",
            "Name one of the sets in looked_at.toml, or a folder of test bodies.",
        )
    return list(_rows(moved, [contender.name for contender in contenders]))


def _moved(contender: Contender, frame: Frame, person: Person, view: View) -> dict[str, _Moved]:
    """How every measure of one person moves, those that were refused in the first place aside."""
    before = _values(contender, frame, person, AS_IT_IS, view)
    moved = {code: _Moved(measure.unit, people=1) for code, (measure, _) in before.items()}
    for change in CHANGES:
        after = _values(contender, frame, person, change, view)
        for code, (measure, was) in before.items():
            if code in after:
                moved[code].by.append(abs(short_way(after[code][1] - was, measure.unit)))
            else:
                moved[code].refused += 1
    return moved


def _values(
    contender: Contender, frame: Frame, person: Person, change: BoxChange, view: View
) -> dict[str, tuple[Measure, float]]:
    pose = contender.locate(frame, person, change)
    measures = () if pose is None else assess(pose, view)
    return {m.code: (m, m.value) for m in measures if m.value is not None}


def _rows(moved: Mapping[tuple[View, str, str], _Moved], names: Sequence[str]) -> Iterator[Row]:
    codes = dict.fromkeys(code for _, code, _ in moved)
    for view, code, name in product(VIEWS, codes, names):
        of = moved.get((view, code, name))
        if of is not None:
            figures = np.percentile(of.by, (50, 95)).tolist() if of.by else (np.nan, np.nan)
            refused = of.refused / (of.people * len(CHANGES))
            yield Row(name, code, of.unit, view, of.people, refused, *figures)


def tables(found: Sequence[Row]) -> Iterator[Table]:
    """One table for each view; a measure has one row for each contender."""
    for view in dict.fromkeys(row.view for row in found):
        table = Table(title=f"boxes changed, seen from {view}", title_justify="left")
        for heading in ("measure", "unit", "contender"):
            table.add_column(heading)
        for heading in ("people", "refused", "moved, median", "moved, p95"):
            table.add_column(heading, justify="right")
        before = ""
        for row in (row for row in found if row.view == view):
            same = row.measure == before
            figures = (f"{row.moved_median:.2f}", f"{row.moved_p95:.2f}")
            table.add_row(
                *("" if same else row.measure, "" if same else row.unit, row.contender),
                *(str(row.people), f"{row.refused:.1%}", *figures),
            )
            before = row.measure
        yield table

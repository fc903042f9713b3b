"""Whether stated intervals hold what photographs are labelled with, the labels' noise added.

A label is a hand's guess, so an interval need not hold it: the interval is widened by the labels'
own deviation, which comes of three that err independently, the examined network, the labels and a
third network (a three-cornered hat). Joints alone are labelled, so measures are taken by joints.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from posture_tools.cli import tracked
from posture_tools.evaluate.accuracy import on_photographs
from posture_tools.evaluate.angle_error import Reading, short_way
from posture_tools.evaluate.contenders import Contender
from posture_tools.evaluate.photo_accuracy import labelled_pose
from posture_tools.evaluate.photos import Picture
from posture_tools.evaluate.report import number
from posture_tools.evaluate.views import known_views
from rich.table import Table

from edge.conversion import convert
from edge.errors import LabelsInvalid
from edge.posture.assess import assess
from edge.posture.uncertainty import COVERAGE
from edge.records import Measure, Pose, View
from edge.skeletons import COCO_17

ALL = "all"
_LEAST = 8  # people whose labels' deviation can be told from the networks'


@dataclass(frozen=True, slots=True)
class Row:
    """One measure of one view, or all of a view's (`all`); right and left are both `side`.

    people : readings held against a label. refused : part of the labelled ones that were not read.
    label_sd : the labels' own deviation; NaN of `all`. interval : median half width stated.
    covered : part of the readings whose interval, widened by the labels' noise, holds the label.
    """

    view: str
    measure: str
    unit: str
    people: int
    refused: float
    label_sd: float
    interval: float
    covered: float


class _Held(NamedTuple):
    """What was read, held against a label. third : what the third network reads, if anything."""

    place: str
    reading: Reading
    third: float | None


def examine(
    network: Contender, third: Contender, pictures: Sequence[Picture], quiet: bool
) -> list[Row]:
    """Hold a network's intervals against the labels of everybody whose view is known.

    third : a network whose errors are its own, for the labels' noise.

    Raises
    ------
    ImageUnreadable, LabelsInvalid : a photograph that is damaged, or nobody whose view is known.
    """
    found: dict[tuple[str, str, str], list[_Held]] = defaultdict(list)
    for picture in tracked(pictures, "measuring", quiet=quiet):
        known = known_views(picture.people)
        if not known:
            continue
        frame = picture.read()
        for i, (person, view) in enumerate(known):
            own, other = (_measured(c.locate(frame, person), view) for c in (network, third))
            side = view if view in ("front", "back") else "side"
            for code, label in _measured(labelled_pose(person), view).items():
                if label.value is None:
                    continue
                found[side, code, label.unit].append(
                    _Held(
                        f"{picture.name} {i}",
                        Reading.of(label.value, own.get(code)),
                        Reading.of(label.value, other.get(code)).value,
                    )
                )
    if not found:
        raise LabelsInvalid(
            "of nobody in these pictures is anything labelled and the view known.",
            "Name one of the sets in looked_at.toml.",
        )
    return list(_rows(found))


def _measured(pose: Pose | None, view: View) -> dict[str, Measure]:
    if pose is None:
        return {}
    # By joints: labels have no other points.
    return {m.code: m for m in assess(convert(pose, COCO_17), view)}


def _rows(found: dict[tuple[str, str, str], list[_Held]]) -> Iterator[Row]:
    of_view: dict[str, list[tuple[Row, int]]] = defaultdict(list)
    for (view, code, unit), held in sorted(found.items()):
        if row := _row(view, code, unit, held):
            of_view[view].append((row, len(held)))
    for view, rows in of_view.items():
        people = sum(row.people for row, _ in rows)
        refused = 1.0 - people / sum(labelled for _, labelled in rows)
        covered = sum(row.people * row.covered for row, _ in rows) / people
        yield from (row for row, _ in rows)
        yield Row(view, ALL, "", people, refused, math.nan, math.nan, covered)


def _row(view: str, code: str, unit: str, held: Sequence[_Held]) -> Row | None:
    """None where nothing was read, or too little to tell the labels' noise."""
    key = (code, "", view)
    labels, own, third, halves = {}, {}, {}, []
    for place, (label, read, u95, _), other in held:
        if read is None or u95 is None:
            continue
        halves.append(u95)
        labels[key, place] = label
        own[key, place] = label + short_way(read - label, unit)
        if other is not None:
            third[key, place] = label + short_way(other - label, unit)
    label_sd = on_photographs(labels, own, third, least=_LEAST).get(key)
    if label_sd is None:
        return None
    off = np.array([abs(own[at] - label) for at, label in labels.items()])
    half = np.array(halves)
    return Row(
        view, code, unit, len(off), 1.0 - len(off) / len(held), label_sd,
        float(np.median(half)), float(np.mean(off <= np.hypot(half, COVERAGE * label_sd))),
    )  # fmt: skip


def table(rows: Sequence[Row]) -> Table:
    """Every measure, below those of a view all of them."""
    shown = Table("view", "measure", title="intervals against labels", title_justify="left")
    for heading in ("people", "refused", "labels' deviation", "interval, median", "held"):
        shown.add_column(heading, justify="right")
    for row in rows:
        shown.add_row(
            *(row.view, row.measure, str(row.people), f"{row.refused:.0%}"),
            *(number(row.label_sd, 2), number(row.interval, 1), f"{row.covered:.1%}"),
        )
    return shown

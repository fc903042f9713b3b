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
from posture_tools.evaluate.accuracy import Key, on_photographs
from posture_tools.evaluate.angle_error import short_way
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


class _Reading(NamedTuple):
    """label, third : None where it says nothing of this person."""

    place: str
    read: Measure | None
    label: float
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
    found: dict[tuple[str, str, str], list[_Reading]] = defaultdict(list)
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
                third_m = other.get(code)
                found[side, code, label.unit].append(
                    _Reading(
                        f"{picture.name} {i}",
                        own.get(code),
                        label.value,
                        None if third_m is None else third_m.value,
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


def _rows(found: dict[tuple[str, str, str], list[_Reading]]) -> Iterator[Row]:
    of_view: dict[str, list[Row]] = defaultdict(list)
    for (view, code, unit), readings in sorted(found.items()):
        if row := _row(view, code, unit, readings):
            of_view[view].append(row)
    for view, rows in of_view.items():
        people = np.array([row.people for row in rows])
        asked = people / (1.0 - np.array([row.refused for row in rows]))
        covered = float(people @ np.array([row.covered for row in rows]) / people.sum())
        refused = float(1.0 - people.sum() / asked.sum())
        yield from rows
        yield Row(view, ALL, "", int(people.sum()), refused, math.nan, math.nan, covered)


def _row(view: str, code: str, unit: str, readings: Sequence[_Reading]) -> Row | None:
    """None where nothing was read, or too little to tell the labels' noise."""
    key = (code, "", view)
    labels: dict[tuple[Key, str], float] = {}
    own, third, halves = dict(labels), dict(labels), dict(labels)
    for place, read, label, other in readings:
        if read is None or read.value is None or read.u95 is None:
            continue
        at = key, place
        labels[at], halves[at] = label, read.u95
        own[at] = label + short_way(read.value - label, unit)
        if other is not None:
            third[at] = label + short_way(other - label, unit)
    label_sd = on_photographs(labels, own, third, least=_LEAST).get(key)
    if label_sd is None:
        return None
    off = np.array([abs(own[at] - label) for at, label in labels.items()])
    half = np.array(list(halves.values()))
    return Row(
        view, code, unit, len(off), 1.0 - len(off) / len(readings), label_sd,
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

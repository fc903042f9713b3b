"""What photographs say of a network's measures: slopes of sheared lines, and deviations."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import cast

import numpy as np
from posture_tools.evaluate.accuracy import Key, on_photographs
from posture_tools.evaluate.contenders import Contender
from posture_tools.evaluate.labelled import Person
from posture_tools.evaluate.photos import Picture
from posture_tools.evaluate.shear import (
    AT_HIPS,
    FEW_BENDS,
    SHOWN,
    SIDEWAYS,
    Row,
    examine,
    rows,
)
from posture_tools.evaluate.views import VIEWS

from edge.posture.assess import assess
from edge.records import Pose, View
from edge.skeletons import COCO_17

# Of a set: a slope is then known to a twentieth.
_MOST_SHEARED = 40
# The line that is sheared -> the measures that read it, and the versions of their definitions.
_READ_BY: dict[str, tuple[tuple[str, str], ...]] = {
    "shoulder": (("shoulder_tilt", "1"),),
    "hip": (("pelvis_tilt", "1"), ("shoulder_pelvis_angle", "1")),
    "knee": (("knee_line", "1"),),
    "ankle": (("ankle_line", "1"),),
    "eye": (("head_tilt_eye", "1"),),
    "acromion": (("shoulder_tilt", "1-acromion"),),
    "asis": (("pelvis_tilt", "1-asis"), ("shoulder_pelvis_angle", "1-acromion-asis")),
    "psis": (("pelvis_tilt", "1-psis"), ("shoulder_pelvis_angle", "1-acromion-psis")),
    SIDEWAYS: (("knee_frontal_right", "1"), ("knee_frontal_left", "1")),
}
# No photograph may show landmarks (nobody is seen from behind): the line they lie on says it then.
_ELSE_BY = {"acromion": "shoulder", "asis": "hip", "psis": "hip"}


def sheared_slopes(
    network: Contender, pictures: Sequence[Picture], quiet: bool
) -> dict[Key, float]:
    """Slope of every line over all sets, by few bends of the first pictures of each; at the hips of
    those where waist and hips show."""
    of_set: Counter[str] = Counter()
    some = []
    for picture in pictures:
        of_set[picture.set_name] += 1
        if of_set[picture.set_name] <= _MOST_SHEARED:
            some.append(picture)
    return slopes_of(rows(examine([network], some, None, quiet, FEW_BENDS)))


def slopes_of(turned: Iterable[Row]) -> dict[Key, float]:
    """By measure, definition and view, of rows of sheared lines."""
    of_line: dict[str, float] = {}
    for row in turned:
        wanted = SHOWN if row.line in AT_HIPS else "all"
        if row.pictures == wanted and row.falloff == "all" and np.isfinite(row.of.slope):
            # The first row of a line is that of all sets together.
            of_line.setdefault(row.line, row.of.slope)
    for landmark, line in _ELSE_BY.items():
        if line in of_line:
            of_line.setdefault(landmark, of_line[line])
    return {
        (code, version, view): of_line[line]
        for line, measures in _READ_BY.items()
        if line in of_line
        for code, version in measures
        for view in ("front", "back")
    }


def deviations(
    network: Contender, third: Contender, pictures: Sequence[Picture]
) -> dict[Key, float]:
    """The network's own, by measure and view, the labels' noise taken out by a third."""
    values: tuple[dict[tuple[Key, str], float], ...] = ({}, {}, {})
    for picture in pictures:
        frame = picture.read()
        for i, person in enumerate(picture.people):
            if person.view not in VIEWS or not person.upright:
                continue
            poses = (
                network.locate(frame, person),
                labelled_pose(person),
                third.locate(frame, person),
            )
            for of_one, pose in zip(values, poses, strict=True):
                if pose is not None:
                    of_one.update(_values(pose, person, f"{picture.name} {i}"))
    return on_photographs(*values)


def _values(pose: Pose, person: Person, picture: str) -> Iterator[tuple[tuple[Key, str], float]]:
    for m in assess(replace(pose, accuracy=None), cast(View, person.view)):
        if m.value is not None:
            yield ((m.code, m.definition, m.view), picture), m.value


def labelled_pose(person: Person) -> Pose:
    """What a hand labelled, as a pose; what it did not is missing."""
    keypoints = person.keypoints.astype(np.float32)
    keypoints[:, 2] = keypoints[:, 2] > 0
    keypoints[keypoints[:, 2] == 0, :2] = np.nan
    unknown = np.full((len(keypoints), 2, 2), np.nan, np.float32)
    return Pose(COCO_17, keypoints, unknown, 1.0)

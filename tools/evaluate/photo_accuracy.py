"""What photographs say of a network's measures: slopes of sheared lines, and deviations."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import cast

import numpy as np
from posture_tools.evaluate.accuracy import Key, on_photographs
from posture_tools.evaluate.contenders import Contender
from posture_tools.evaluate.labelled import Person
from posture_tools.evaluate.photos import Picture
from posture_tools.evaluate.shear import FEW_BENDS, SHOWN, SIDEWAYS, examine, rows
from posture_tools.evaluate.views import VIEWS

from edge.posture.assess import assess
from edge.records import Pose, View
from edge.skeletons import COCO_17

# Of a set: a slope is then known to a twentieth.
_MOST_SHEARED = 40
# The line that is sheared -> the measures that read it, by their joints.
_READ_BY = {
    "shoulder": ("shoulder_tilt",),
    "hip": ("pelvis_tilt",),
    "knee": ("knee_line",),
    "ankle": ("ankle_line",),
    "eye": ("head_tilt_eye",),
    SIDEWAYS: ("knee_frontal_right", "knee_frontal_left"),
}


def sheared_slopes(
    network: Contender, pictures: Sequence[Picture], quiet: bool
) -> dict[Key, float]:
    """Slope of every line over all sets, by few bends of the first pictures of each; of hips where
    waist and hips show."""
    of_set: Counter[str] = Counter()
    some = []
    for picture in pictures:
        of_set[picture.set_name] += 1
        if of_set[picture.set_name] <= _MOST_SHEARED:
            some.append(picture)
    found: dict[Key, float] = {}
    for row in rows(examine([network], some, None, quiet, FEW_BENDS)):
        wanted = SHOWN if row.line == "hip" else "all"
        if row.pictures == wanted and row.falloff == "all" and np.isfinite(row.of.slope):
            for code in _READ_BY.get(row.line, ()):
                for view in ("front", "back"):
                    # The first row of a line is that of all sets together.
                    found.setdefault((code, "1", view), row.of.slope)
    return found


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
            poses = (network.locate(frame, person), _labelled(person), third.locate(frame, person))
            for of_one, pose in zip(values, poses, strict=True):
                if pose is not None:
                    of_one.update(_values(pose, person, f"{picture.name} {i}"))
    return on_photographs(*values)


def _values(pose: Pose, person: Person, picture: str) -> Iterator[tuple[tuple[Key, str], float]]:
    for m in assess(replace(pose, accuracy=None), cast(View, person.view)):
        if m.value is not None:
            yield ((m.code, m.definition, m.view), picture), m.value


def _labelled(person: Person) -> Pose:
    keypoints = person.keypoints.astype(np.float32)
    keypoints[:, 2] = keypoints[:, 2] > 0
    keypoints[keypoints[:, 2] == 0, :2] = np.nan
    unknown = np.full((len(keypoints), 2, 2), np.nan, np.float32)
    return Pose(COCO_17, keypoints, unknown, 1.0)

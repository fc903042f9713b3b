"""Which of the people in the picture is measured."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from edge.posture.landmarks import Box, box_px
from edge.records import Pose

# The stance zone: the middle half of the picture. Someone in it who looks at least half as large as
# the subject stands near enough to be taken for them.
_ZONE = 0.25, 0.75
_AS_LARGE = 0.5


class Subject(NamedTuple):
    """The person measured, and whether somebody else stands in the stance zone."""

    pose: Pose
    box_px: Box
    disturbed: bool


def choose(poses: list[Pose], width_px: int, before: Box | None = None) -> Subject | None:
    """The subject among bystanders.

    before : box of the subject in the last frame; who overlaps it most goes on being the subject.
        Without one, the largest person in the stance zone is, or the largest of all.
    """
    people = [(pose, box) for pose in poses if (box := box_px(pose)) is not None]
    if not people:
        return None

    def rank(person: tuple[Pose, Box]) -> tuple[float, bool, float]:
        _, box = person
        overlap = 0.0 if before is None else _overlap(box, before)
        return overlap, _in_zone(box, width_px), box[3] - box[1]

    pose, box = max(people, key=rank)
    height = box[3] - box[1]
    disturbed = any(
        other is not pose
        and _in_zone(other_box, width_px)
        and other_box[3] - other_box[1] >= _AS_LARGE * height
        for other, other_box in people
    )
    return Subject(pose, box, disturbed)


def _in_zone(box: Box, width_px: int) -> bool:
    return _ZONE[0] * width_px <= 0.5 * (box[0] + box[2]) <= _ZONE[1] * width_px


def _overlap(a: Box, b: Box) -> float:
    """Intersection over union, rounded to tenths so that noise does not decide."""
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    if width <= 0.0 or height <= 0.0:
        return 0.0
    shared = width * height
    union = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - shared
    return float(np.round(shared / union, 1))

"""Which of the people in the picture is measured, and that it stays the same one."""

from __future__ import annotations

from typing import NamedTuple

from edge.estimation.tracking import FORGET_NS, Tracker
from edge.posture.landmarks import Box, box_px
from edge.records import Frame, Pose

# The stance zone: the middle half of the picture. Someone in it who looks at least half as large as
# the subject stands near enough to be taken for them.
_ZONE = 0.25, 0.75
_AS_LARGE = 0.5


class Subject(NamedTuple):
    """The person measured, and whether somebody else stands in the stance zone."""

    pose: Pose
    box_px: Box
    disturbed: bool


def choose(poses: list[Pose], width_px: int, only: Pose | None = None) -> Subject | None:
    """The largest person in the stance zone, or the largest of all; or this one, among the others.

    None where nobody has the keypoints of a box.
    """
    people = [(pose, box) for pose in poses if (box := box_px(pose)) is not None]
    wanted = [person for person in people if only is None or person[0] is only]
    if not wanted:
        return None

    def rank(person: tuple[Pose, Box]) -> tuple[bool, float]:
        _, box = person
        return _in_zone(box, width_px), box[3] - box[1]

    pose, box = max(wanted, key=rank)
    height = box[3] - box[1]
    disturbed = any(
        other is not pose
        and _in_zone(other_box, width_px)
        and other_box[3] - other_box[1] >= _AS_LARGE * height
        for other, other_box in people
    )
    return Subject(pose, box, disturbed)


class SubjectLock:
    """Who stepped onto the marks goes on being the subject, until gone for a second.

    Others may pass, stand nearer or hide the subject: nobody is measured in the subject's place.
    """

    def __init__(self) -> None:
        self._tracker = Tracker()
        self._number = 0  # the person last chosen; numbers begin with 1
        self._seen_ns = 0
        self._locked = False

    def lock(self) -> None:
        """The person last chosen stays the subject."""
        self._locked = True

    def resume(self, now_ns: int) -> None:
        """Go on after a time in which no frame was looked at: nobody counts as gone for that."""
        self._tracker.resume(now_ns)
        self._seen_ns = now_ns

    def follow(self, frame: Frame, poses: list[Pose]) -> Subject | None:
        """The subject in the next frame; None where nobody is seen, or the locked one is hidden."""
        numbers = self._tracker.follow(poses, frame)
        if frame.captured_ns - self._seen_ns > FORGET_NS:
            self._locked = False
        mine = poses[numbers.index(self._number)] if self._number in numbers else None
        if self._locked and mine is None:
            return None
        subject = choose(poses, frame.width_px, mine if self._locked else None)
        if subject is not None:
            chosen = next(i for i, pose in enumerate(poses) if pose is subject.pose)
            self._number, self._seen_ns = numbers[chosen], frame.captured_ns
        return subject


def _in_zone(box: Box, width_px: int) -> bool:
    return _ZONE[0] * width_px <= 0.5 * (box[0] + box[2]) <= _ZONE[1] * width_px

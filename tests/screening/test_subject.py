"""One subject among bystanders, and the same one from frame to frame."""

from __future__ import annotations

import numpy as np
import pytest
from simulators.standing_person import Pinhole, pose_of, seen

from edge.records import Frame, Pose
from edge.screening.subject import Subject, SubjectLock, choose

SUBJECT = seen("front")
BEHIND = seen("front", camera=Pinhole(distance_m=6.5), aside_m=0.3)
CLOSER_ASIDE = seen("front", camera=Pinhole(distance_m=2.2), aside_m=0.85)


def test_nobody():
    assert choose([], 1080) is None
    assert choose([pose_of({"nose": (1.0, 1.0)})], 1080) is None


@pytest.mark.parametrize("order", [1, -1])
def test_the_largest_in_the_stance_zone_is_measured(order):
    subject = choose([SUBJECT, BEHIND, CLOSER_ASIDE][::order], 1080)
    assert subject is not None
    assert subject.pose is SUBJECT
    assert not subject.disturbed


FPS = 10


def followed(lock: SubjectLock, people: list[list[Pose]], start: int = 0) -> list[Subject | None]:
    """What the lock says of frames at 10 frames/s."""
    picture = np.zeros((1920, 1080, 3), np.uint8)
    return [
        lock.follow(Frame(picture, start + i, (start + i) * 1_000_000_000 // FPS), poses)
        for i, poses in enumerate(people)
    ]


def passer(i: int) -> Pose:
    """Walks at 1.2 m/s from one side to the other, nearer to the camera than the subject."""
    camera = Pinhole(distance_m=2.3)
    return seen("right", camera=camera, aside_m=-1.2 + 1.2 * i / FPS)


def test_before_the_marks_the_largest_is_the_subject():
    lock = SubjectLock()
    followed(lock, [[BEHIND]] * 3)
    (subject,) = followed(lock, [[BEHIND, SUBJECT]], start=3)
    assert subject is not None
    assert subject.pose is SUBJECT


def test_the_subject_stays_the_subject_while_somebody_larger_passes_in_front():
    lock = SubjectLock()
    followed(lock, [[SUBJECT]] * 2)
    lock.lock()
    # In the middle of the passing the subject is hidden for half a second.
    frames = [[passer(i)] if 8 <= i <= 12 else [passer(i), SUBJECT] for i in range(21)]
    subjects = followed(lock, frames, start=2)
    assert [s is None for s in subjects] == [8 <= i <= 12 for i in range(21)]
    assert all(s.pose is SUBJECT for s in subjects if s is not None)
    assert any(s.disturbed for s in subjects if s is not None)


def test_a_subject_who_walked_away_is_followed_by_the_next():
    lock = SubjectLock()
    followed(lock, [[SUBJECT]] * 2)
    lock.lock()
    other = seen("front", camera=Pinhole(distance_m=2.6), aside_m=0.5)
    subjects = followed(lock, [[other]] * 14, start=2)
    assert subjects[:10] == [None] * 10
    assert all(s is not None and s.pose is other for s in subjects[11:])

"""People keep their number while they walk, hide and cross."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from simulators.standing_person import Pinhole, pose_of, seen

from edge.estimation.tracking import Tracker
from edge.records import Frame, Pose
from edge.skeletons import SPINE_5

PICTURE = np.zeros((8, 8, 3), np.uint8)


def followed(tracker: Tracker, frames: list[list[Pose]], fps: float, start: int = 0) -> list:
    return [
        tracker.follow(poses, Frame(PICTURE, i, round(i / fps * 1e9)))
        for i, poses in enumerate(frames, start)
    ]


def walker(metres: float, distance_m: float = 3.0, view: str = "right") -> Pose:
    return seen(view, camera=Pinhole(distance_m=distance_m), aside_m=metres)


@pytest.mark.parametrize("fps", [5, 15, 30])
def test_a_walking_person_is_one_person(fps: float) -> None:
    frames = [[walker(-1 + 1.4 * i / fps)] for i in range(int(1.5 * fps))]
    assert followed(Tracker(), frames, fps) == [[1]] * len(frames)


@pytest.mark.parametrize("fps", [5, 15, 30])
def test_two_people_who_cross_keep_their_numbers(fps: float) -> None:
    """In the middle only the nearer one is seen."""
    frames, wanted = [], []
    for i in range(int(2 * fps)):
        along = -1.2 + 1.2 * i / fps
        nearer, farther = walker(along, 2.6), walker(-along, 3.2, "left")
        hidden = abs(along) < 0.25
        frames.append([nearer] if hidden else [farther, nearer])
        wanted.append([2] if hidden else [1, 2])
    assert followed(Tracker(), frames, fps) == wanted


def test_a_person_hidden_for_longer_than_a_second_is_another_one() -> None:
    tracker = Tracker()
    stands = seen("front")
    assert followed(tracker, [[stands], [], [stands]], fps=2) == [[1], [], [1]]
    assert followed(tracker, [[], [], [stands]], fps=2, start=3) == [[], [], [2]]


def test_who_turns_round_is_the_same_person() -> None:
    """Left and right change places in the picture."""
    poses = [[seen("front", yaw_deg=3.0 * i)] for i in range(60)]
    assert followed(Tracker(), poses, fps=15) == [[1]] * 60


def test_a_person_found_in_part_is_the_same_person() -> None:
    whole = seen("front")
    keypoints = whole.keypoints.copy()
    keypoints[8:] = (np.nan, np.nan, 0)
    part = Pose(whole.skeleton, keypoints, whole.covariance_px2, 0.5)
    assert followed(Tracker(), [[whole], [part], [whole]], fps=15) == [[1], [1], [1]]


def test_another_skeleton_begins_anew() -> None:
    spine = pose_of({"C4": (5, 1), "T6": (5, 4), "T8": (5, 5)}, skeleton=SPINE_5)
    assert followed(Tracker(), [[seen("front")], [spine], [spine]], fps=15) == [[1], [2], [2]]


def test_nothing_found_of_somebody_takes_nobodys_number() -> None:
    lost = pose_of({})
    assert followed(Tracker(), [[lost, seen("front")], [lost, seen("front")]], fps=15) == [
        [1, 2],
        [3, 2],
    ]


@given(st.permutations(range(4)), st.integers(0, 4))
def test_the_order_of_the_poses_does_not_matter(order: list[int], absent: int) -> None:
    people = [walker(-1.5 + metres, view="front") for metres in range(4)]
    tracker = Tracker()
    assert followed(tracker, [people], fps=10) == [[1, 2, 3, 4]]
    shuffled = [i for i in order if i != absent]
    found = followed(tracker, [[people[i] for i in shuffled]], fps=10, start=1)
    assert found == [[i + 1 for i in shuffled]]

"""How far two files agree about a person of two points, reckoned by hand."""

from __future__ import annotations

import numpy as np
import pytest

from edge.records import Pose
from edge.skeletons import Skeleton
from edge.update.shadow import Agreement

SERVING = Skeleton("two", ("head", "foot"), ((0, 1),))
CANDIDATE = Skeleton("three", ("foot", "tail", "head"), ((0, 2),))


def pose(skeleton: Skeleton, *points: tuple[float, float, float]) -> Pose:
    keypoints = np.array(points, np.float32)
    return Pose(skeleton, keypoints, np.full((len(points), 2, 2), np.nan, np.float32), 0.9)


PERSON = pose(SERVING, (50.0, 20.0, 0.9), (40.0, 220.0, 0.8))  # 200 px tall


def test_distances_are_parts_of_the_person_point_by_point() -> None:
    agreement = Agreement()
    # 6 and 8 aside at the head, 30 at the foot: 10 and 30 of 200 px
    other = pose(CANDIDATE, (40.0, 250.0, 0.7), (0.0, 0.0, 0.9), (56.0, 28.0, 0.9))
    agreement.add([PERSON], [other, PERSON])
    assert agreement.summary() == {
        "frames": 1, "both": 1, "only_serving": 0, "only_candidate": 0,
        "distance_p50": 0.1, "distance_p95": 0.145,
    }  # fmt: skip


def test_who_sees_somebody_alone_is_counted_apart() -> None:
    agreement = Agreement()
    for serving, candidate in (([PERSON], []), ([], [PERSON]), ([], [PERSON]), ([], [])):
        agreement.add(serving, candidate)
    assert agreement.summary() == {"frames": 4, "both": 0, "only_serving": 1, "only_candidate": 2}


@pytest.mark.parametrize(
    "serving",
    [
        pose(SERVING, (50.0, 20.0, 0.9), (0.0, 0.0, 0.0)),  # one point has no height
        pose(SERVING, (50.0, 20.0, 0.0), (0.0, 0.0, 0.0)),
        pose(SERVING, (50.0, 20.0, 0.9), (60.0, 20.0, 0.9)),
    ],
)
def test_without_a_height_there_is_no_distance(serving: Pose) -> None:
    agreement = Agreement()
    agreement.add([serving], [PERSON])
    assert agreement.summary() == {"frames": 1, "both": 1, "only_serving": 0, "only_candidate": 0}


def test_a_person_of_one_pixel_still_has_a_height() -> None:
    agreement = Agreement()
    small = pose(SERVING, (50.0, 20.0, 0.9), (50.0, 21.0, 0.9))
    agreement.add([small], [pose(SERVING, (53.0, 20.0, 0.9), (50.0, 21.0, 0.0))])
    assert agreement.summary()["distance_p50"] == 3.0

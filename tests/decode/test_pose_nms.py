"""Checklist row C2."""

from __future__ import annotations

import numpy as np
import pytest

from edge.decode import pose_nms as module
from edge.decode.pose_nms import pose_nms

RNG = np.random.default_rng(7)
PERSON = np.column_stack([RNG.uniform(100, 200, 17), RNG.uniform(50, 350, 17), np.full(17, 0.9)])
SIZE = np.array([[110.0, 320.0]])


def _moved(dx: float, score: float = 0.8) -> np.ndarray:
    moved = PERSON + np.array([dx, 0, 0])
    moved[:, 2] = score
    return moved


def test_c2_the_published_constants() -> None:
    found = (module.DELTA_1, module.MU, module.DELTA_2, module.GAMMA, module.MATCHES)
    assert found == (1, 1.7, 2.65, 22.48, 5)
    assert (module.REFERENCE, module.MATCH_CAP_PX, module.MERGE_CAP_PX) == (0.1, 7, 15)


def test_c2_a_duplicate_two_pixels_off_is_removed() -> None:
    kept = pose_nms(np.stack([_moved(2), PERSON]), SIZE.repeat(2, axis=0))
    assert [index for index, _ in kept] == [1]


def test_c2_two_people_sixty_pixels_apart_are_kept() -> None:
    kept = pose_nms(np.stack([PERSON, _moved(60)]), SIZE.repeat(2, axis=0))
    assert [index for index, _ in kept] == [0, 1]
    assert kept[1][1] == pytest.approx(_moved(60))


def test_c2_duplicates_are_merged_by_score() -> None:
    ((_, merged),) = pose_nms(np.stack([PERSON, _moved(2, 0.45)]), SIZE.repeat(2, axis=0))
    assert merged[:, 0] == pytest.approx(PERSON[:, 0] + 2 / 3)
    assert merged[:, 1] == pytest.approx(PERSON[:, 1])
    assert merged[:, 2] == pytest.approx((0.9**2 + 0.45**2) / (0.9 + 0.45))


def test_four_shared_keypoints_are_not_one_person_five_are() -> None:
    """Two people who hold hands share some keypoints."""
    for shared, people in ((4, 2), (5, 1)):
        other = _moved(60)
        other[:shared] = PERSON[:shared] + np.array([3, 0, 0])
        assert len(pose_nms(np.stack([PERSON, other]), SIZE.repeat(2, axis=0))) == people


def test_missing_keypoints_match_nothing_and_stay_missing() -> None:
    gone = PERSON.copy()
    gone[4:] = (np.nan, np.nan, 0)
    other = _moved(1, 0.3)
    other[4:] = (np.nan, np.nan, 0)
    assert len(pose_nms(np.stack([gone, other]), SIZE.repeat(2, axis=0))) == 2
    ((_, merged),) = pose_nms(gone[None], SIZE)
    assert merged == pytest.approx(gone, nan_ok=True)


def test_a_keypoint_that_only_the_duplicate_has_is_not_taken_from_it() -> None:
    partial = PERSON.copy()
    partial[3] = (np.nan, np.nan, 0)
    ((_, merged),) = pose_nms(np.stack([partial, _moved(1, 0.5)]), SIZE.repeat(2, axis=0))
    assert np.isnan(merged[3, :2]).all()

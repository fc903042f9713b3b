"""Topologies: left and right, limbs, and the orders that the publications fix."""

from __future__ import annotations

import pytest
from posture_tools.training.points import BODY_POINTS

from edge.skeletons import (
    BODY_55,
    COCO_17,
    COCO_18,
    LANDMARKS_38,
    MPII_16,
    SKELETONS,
    SPINE_5,
    Skeleton,
    joined,
)


@pytest.mark.parametrize("skeleton", SKELETONS.values(), ids=SKELETONS)
def test_flip_is_an_involution_that_changes_sides(skeleton: Skeleton) -> None:
    flip = skeleton.flip
    assert tuple(flip[i] for i in flip) == tuple(range(len(skeleton.keypoints)))
    for i, j in enumerate(flip):
        if skeleton.keypoints[i].startswith("left_"):
            assert skeleton.keypoints[j].startswith("right_")


# Surface landmarks lie on the body; they hang together among themselves alone, if at all.
OF_JOINTS = {name: s for name, s in SKELETONS.items() if name != BODY_55.name}


@pytest.mark.parametrize("skeleton", OF_JOINTS.values(), ids=OF_JOINTS)
def test_limbs_hang_together(skeleton: Skeleton) -> None:
    touched = {k for limb in skeleton.limbs for k in limb}
    reached, frontier = set[int](), [skeleton.limbs[0][0]]
    while frontier:
        k = frontier.pop()
        reached.add(k)
        frontier += [b if k == a else a for a, b in skeleton.limbs if k in (a, b)]
        frontier = [other for other in frontier if other not in reached]
    assert reached == touched


def test_a3_swap_order_of_mpii() -> None:
    assert list(MPII_16.flip) == [5, 4, 3, 2, 1, 0, 6, 7, 8, 9, 15, 14, 13, 12, 11, 10]


def test_published_orders() -> None:
    assert COCO_17.keypoints[5:7] == ("left_shoulder", "right_shoulder")
    assert COCO_18.keypoints[:3] == ("nose", "neck", "right_shoulder")
    assert COCO_18.keypoints[14:] == ("right_eye", "left_eye", "right_ear", "left_ear")
    assert len(COCO_18.limbs) == 19


def test_a_skeleton_that_contradicts_itself_cannot_be_built() -> None:
    with pytest.raises(ValueError, match="named twice"):
        Skeleton("x", ("a", "a"), ())
    with pytest.raises(ValueError, match="joins no two"):
        Skeleton("x", ("a", "b"), ((0, 2),))


def test_the_close_network_is_trained_for_these_points_in_this_order() -> None:
    assert BODY_55.keypoints == BODY_POINTS
    assert BODY_55.keypoints == COCO_17.keypoints + LANDMARKS_38.keypoints
    assert set(SPINE_5.keypoints) <= set(LANDMARKS_38.keypoints)


def test_joined_skeletons_name_a_shared_keypoint_once() -> None:
    whole = joined(joined(COCO_18, LANDMARKS_38), SPINE_5)
    assert whole.keypoints == COCO_18.keypoints + LANDMARKS_38.keypoints
    assert whole.middles == COCO_18.middles
    for a, b in SPINE_5.limbs:
        ends = whole.index[SPINE_5.keypoints[a]], whole.index[SPINE_5.keypoints[b]]
        assert ends in whole.limbs
    assert len(set(whole.limbs)) == len(whole.limbs)

"""Poses from skeleton to skeleton: what is there moves over, what is not stays missing."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.conversion import convert, derived
from edge.records import Pose
from edge.skeletons import AI_14, BLAZEPOSE_33, BODY_25, COCO_17, COCO_18, MPII_16, Skeleton

SIX = (COCO_17, COCO_18, BODY_25, MPII_16, AI_14, BLAZEPOSE_33)
skeletons = st.sampled_from(SIX)


@st.composite
def poses(draw: st.DrawFn) -> Pose:
    """Any pose: every keypoint somewhere of its own, any of them missing."""
    skeleton = draw(skeletons)
    count = len(skeleton.keypoints)
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    keypoints = np.column_stack([rng.uniform(-50, 2000, (count, 2)), rng.uniform(0.01, 1, count)])
    covariance = np.eye(2) * rng.uniform(0.1, 9, (count, 1, 1))
    missing = np.array(draw(st.lists(st.booleans(), min_size=count, max_size=count)))
    keypoints[missing] = (np.nan, np.nan, 0)
    covariance[missing] = np.nan
    return Pose(skeleton, keypoints.astype(np.float32), covariance.astype(np.float32), 0.5)


def keypoint(pose: Pose, name: str) -> np.ndarray:
    return pose.keypoints[pose.skeleton.index[name]]


@given(poses(), skeletons)
def test_no_keypoint_is_invented(pose: Pose, target: Skeleton) -> None:
    """Slow twin: what is found is the source's of that name, or the middle of two of its own."""
    converted = convert(pose, target)
    for name in target.keypoints:
        found = keypoint(converted, name)
        if name in derived(pose.skeleton, target):
            a, b = (keypoint(pose, part) for part in target.middles[name])
            if a[2] > 0 and b[2] > 0:
                np.testing.assert_allclose(found[:2], (a[:2] + b[:2]) / 2, rtol=1e-6)
                assert found[2] == min(a[2], b[2])
                continue
        elif name in pose.skeleton.index and found[2] > 0:
            np.testing.assert_array_equal(found, keypoint(pose, name))
            continue
        np.testing.assert_array_equal(found, (np.nan, np.nan, 0))


@given(poses())
def test_to_its_own_skeleton_nothing_changes(pose: Pose) -> None:
    converted = convert(pose, pose.skeleton)
    np.testing.assert_array_equal(converted.keypoints, pose.keypoints)
    np.testing.assert_array_equal(converted.covariance_px2, pose.covariance_px2)
    assert derived(pose.skeleton, pose.skeleton) == ()


@given(poses(), skeletons)
def test_there_and_back_loses_at_most_and_changes_nothing(pose: Pose, target: Skeleton) -> None:
    back = convert(convert(pose, target), pose.skeleton)
    made = [pose.skeleton.index[name] for name in derived(target, pose.skeleton)]
    copied = np.setdiff1d(np.flatnonzero(back.keypoints[:, 2] > 0), made)
    np.testing.assert_array_equal(back.keypoints[copied], pose.keypoints[copied])


@given(poses(), skeletons)
def test_mirroring_and_converting_commute(pose: Pose, target: Skeleton) -> None:
    """Left stays left: swapping sides before or after gives the same pose."""

    def mirrored(one: Pose) -> Pose:
        order = list(one.skeleton.flip)
        return Pose(one.skeleton, one.keypoints[order], one.covariance_px2[order], one.score)

    before, after = convert(mirrored(pose), target), mirrored(convert(pose, target))
    np.testing.assert_allclose(before.keypoints, after.keypoints, rtol=1e-6)


@pytest.mark.parametrize(
    ("source", "target", "names"),
    [
        (COCO_17, COCO_18, ("neck",)),
        (COCO_17, BODY_25, ("neck", "mid_hip")),
        (COCO_18, BODY_25, ("mid_hip",)),  # its neck is the network's own
        (AI_14, COCO_18, ("neck",)),  # the anatomical neck is not the middle of the shoulders
        (BODY_25, COCO_17, ()),
        (MPII_16, AI_14, ()),
    ],
)
def test_what_is_derived_is_declared(source: Skeleton, target: Skeleton, names) -> None:
    assert derived(source, target) == names


def test_points_of_like_names_and_other_meaning_stay_missing() -> None:
    whole = Pose(
        COCO_18, np.ones((18, 3), np.float32), np.tile(np.eye(2, dtype=np.float32), (18, 1, 1)), 1.0
    )
    assert keypoint(convert(whole, AI_14), "neck")[2] == 0
    mpii = convert(whole, MPII_16)
    assert {n for n in ("upper_neck", "thorax", "pelvis", "head_top") if keypoint(mpii, n)[2]} == (
        set()
    )


def test_a_derived_point_is_as_uncertain_as_the_mean_of_two() -> None:
    keypoints = np.full((17, 3), (10.0, 20.0, 0.9), np.float32)
    covariance = np.tile(np.diag([4.0, 8.0]).astype(np.float32), (17, 1, 1))
    neck = convert(Pose(COCO_17, keypoints, covariance, 1.0), COCO_18).covariance_px2[1]
    np.testing.assert_allclose(neck, np.diag([2.0, 4.0]))

"""A pose of one skeleton in another. No keypoint is invented.

A keypoint of the target is one of three: the source's own, where both mean the same point by it;
derived, where the target defines it as the middle of two that the source has (the neck of COCO-18,
the mid hip of BODY-25); or missing. Names alone do not tell: the neck of AI-14 is a point of the
body, that of COCO-18 the middle of the shoulders, so neither becomes the other.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from edge.records import Pose
from edge.skeletons import Skeleton

Rows = NDArray[np.int64]


def convert(pose: Pose, target: Skeleton) -> Pose:
    """The pose with the target's keypoints; what cannot be had is missing (NaN, NaN, 0).

    A derived keypoint is as sure as the less sure of the two; its covariance is that of their mean.
    The scatter of a combined pose is over its own keypoints, and stays behind.
    """
    keypoints = np.full((len(target.keypoints), 3), (np.nan, np.nan, 0), np.float32)
    covariance = np.full((len(target.keypoints), 2, 2), np.nan, np.float32)
    rows, first, second = _moves(pose.skeleton, target)
    found = (pose.keypoints[first, 2] > 0) & (pose.keypoints[second, 2] > 0)
    rows, first, second = rows[found], first[found], second[found]
    one, other = pose.keypoints[first], pose.keypoints[second]
    keypoints[rows, :2] = (one[:, :2] + other[:, :2]) / 2
    keypoints[rows, 2] = np.minimum(one[:, 2], other[:, 2])
    total = pose.covariance_px2[first] + pose.covariance_px2[second]
    # The mean of two independent points; of a point and itself, the point.
    covariance[rows] = total / np.where(first == second, 2, 4)[:, None, None]
    return Pose(
        target, keypoints, covariance, pose.score, pose.box_px, pose.yaw, accuracy=pose.accuracy
    )


def derived(source: Skeleton, target: Skeleton) -> tuple[str, ...]:
    """The target's keypoints that are middles of the source's, for whoever must declare them."""
    pairs = zip(target.keypoints, origins(source, target), strict=True)
    return tuple(name for name, sources in pairs if len(sources) == 2)


@cache
def origins(source: Skeleton, target: Skeleton) -> tuple[tuple[int, ...], ...]:
    """For each keypoint of the target the source's that it is made of: none, one or two."""
    return tuple(_origin(name, source, target) for name in target.keypoints)


@cache
def _moves(source: Skeleton, target: Skeleton) -> tuple[Rows, Rows, Rows]:
    """Rows of the target that can be had, and the two of the source whose mean each one is."""
    had = [(row, parts) for row, parts in enumerate(origins(source, target)) if parts]
    columns = [(row, parts[0], parts[-1]) for row, parts in had]
    rows, first, second = np.array(columns, np.int64).reshape(-1, 3).T
    return rows, first, second


def _origin(name: str, source: Skeleton, target: Skeleton) -> tuple[int, ...]:
    middle_of = target.middles.get(name)
    if name in source.index and source.middles.get(name) == middle_of:
        return (source.index[name],)
    if middle_of is not None and all(part in source.index for part in middle_of):
        return tuple(source.index[part] for part in middle_of)
    return ()

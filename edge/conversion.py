"""A pose of one skeleton in another. No keypoint is invented.

A keypoint of the target is one of three: the source's own, where both mean the same point by it;
derived, where the target defines it as the middle of two that the source has (the neck of COCO-18,
the mid hip of BODY-25); or missing. Names alone do not tell: the neck of AI-14 is a point of the
body, that of COCO-18 the middle of the shoulders, so neither becomes the other.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from edge.records import Pose
from edge.skeletons import Skeleton


def convert(pose: Pose, target: Skeleton) -> Pose:
    """The pose with the target's keypoints; what cannot be had is missing (NaN, NaN, 0).

    A derived keypoint is as sure as the less sure of the two; its covariance is that of their mean.
    """
    keypoints = np.full((len(target.keypoints), 3), (np.nan, np.nan, 0), np.float32)
    covariance = np.full((len(target.keypoints), 2, 2), np.nan, np.float32)
    for row, sources in enumerate(origins(pose.skeleton, target)):
        parts = list(sources)
        if parts and (pose.keypoints[parts, 2] > 0).all():
            keypoints[row, :2] = pose.keypoints[parts, :2].mean(axis=0)
            keypoints[row, 2] = pose.keypoints[parts, 2].min()
            covariance[row] = pose.covariance_px2[parts].sum(axis=0) / len(parts) ** 2
    return Pose(target, keypoints, covariance, pose.score, pose.box_px)


def derived(source: Skeleton, target: Skeleton) -> tuple[str, ...]:
    """The target's keypoints that are middles of the source's, for whoever must declare them."""
    pairs = zip(target.keypoints, origins(source, target), strict=True)
    return tuple(name for name, sources in pairs if len(sources) == 2)


@cache
def origins(source: Skeleton, target: Skeleton) -> tuple[tuple[int, ...], ...]:
    """For each keypoint of the target the source's that it is made of: none, one or two."""
    return tuple(_origin(name, source, target) for name in target.keypoints)


def _origin(name: str, source: Skeleton, target: Skeleton) -> tuple[int, ...]:
    middle_of = target.middles.get(name)
    if name in source.index and source.middles.get(name) == middle_of:
        return (source.index[name],)
    if middle_of is not None and all(part in source.index for part in middle_of):
        return tuple(source.index[part] for part in middle_of)
    return ()

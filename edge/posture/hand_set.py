"""Points that a person set by hand in a photograph, in place of what the estimator found.

The estimator's own points stay with whoever holds its pose; this makes another one of it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from edge.conversion import convert
from edge.posture.placing import by_eye_px2
from edge.records import HandSet, Placed, Pose
from edge.skeletons import Skeleton

_CLICK_PX = 1.0  # one deviation along each axis of where a point is put in an enlarged picture


def extended(skeleton: Skeleton, names: Iterable[str]) -> Skeleton:
    """The skeleton, and after its own keypoints those of the names that it lacks."""
    more = tuple(dict.fromkeys(name for name in names if name not in skeleton.index))
    if not more:
        return skeleton
    name = f"{skeleton.name}+by-hand-{len(more)}"
    return Skeleton(name, (*skeleton.keypoints, *more), skeleton.limbs, skeleton.midpoints)


def over(pose: Pose, skeleton: Skeleton) -> Pose:
    """A pose over a skeleton that has more keypoints; the added ones are missing."""
    if pose.skeleton is skeleton:
        return pose
    placed = pose.placed
    if placed is not None:
        placing = np.zeros((len(skeleton.keypoints), 2, 2), np.float32)
        placing[[skeleton.index[name] for name in pose.skeleton.keypoints]] = placed.placing_px2
        placed = Placed(placing, placed.mm_per_px, placed.scale_sd)
    wider = convert(pose, skeleton)
    return replace(wider, placed=placed)


def with_points(pose: Pose, hand: HandSet, px_per_mm: float) -> Pose:
    """The pose with these points in place of its own.

    pose : over a skeleton that has all of their names.
    px_per_mm : of the person, for how far a point set by eye may be off its bone.
    """
    keypoints, covariance = pose.keypoints.copy(), pose.covariance_px2.copy()
    before = pose.placed or Placed(np.zeros_like(pose.covariance_px2))
    placing = before.placing_px2.copy()
    for name, point in hand.points_px.items():
        row = pose.skeleton.index[name]
        if point is None:
            keypoints[row], covariance[row], placing[row] = (np.nan, np.nan, 0.0), np.nan, 0.0
            continue
        keypoints[row] = (*point, 1.0)
        covariance[row] = _CLICK_PX**2 * np.eye(2)
        placing[row] = by_eye_px2(name, px_per_mm)
    placed = Placed(placing, before.mm_per_px, before.scale_sd)
    return replace(pose, keypoints=keypoints, covariance_px2=covariance, placed=placed)

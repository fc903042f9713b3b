"""An estimator that adds the stickers of everyone it sees from the side."""

from __future__ import annotations

import time
from collections.abc import Mapping
from functools import cache

import numpy as np

from edge.estimation.estimator import Estimator
from edge.markers.marked_spine import MarkedSpine, find_spine
from edge.markers.stickers import Stickers
from edge.posture.landmarks import box_px
from edge.posture.views import view_of
from edge.records import Frame, ModelIdentity, Pose
from edge.skeletons import Skeleton

# The back lies behind the keypoints of shoulder and hip, by this part of the pose's height at most.
_BEHIND = 0.15


class MarkerEstimator:
    """Poses of another estimator, with a keypoint for each sticker.

    Everyone gets the keypoints, so that all poses are over one skeleton; who is not seen from the
    side, or whose stickers cannot be told, has them missing. `why` says it of each pose of the
    last frame.
    """

    def __init__(self, body: Estimator, stickers: Stickers) -> None:
        self._body = body
        self._stickers = stickers
        self._ms = 0.0
        self.why: list[tuple[str, ...]] = []

    @property
    def models(self) -> tuple[ModelIdentity, ...]:
        return self._body.models

    @property
    def timings(self) -> Mapping[str, float]:
        return {**self._body.timings, "markers": self._ms}

    def estimate(self, frame: Frame) -> list[Pose]:
        poses = self._body.estimate(frame)
        began = time.perf_counter()
        spines = [self._spine(frame, pose) for pose in poses]
        self._ms = (time.perf_counter() - began) * 1e3
        self.why = [spine.why for spine in spines]
        return [
            _joined(pose, spine, self._stickers.skeleton)
            for pose, spine in zip(poses, spines, strict=True)
        ]

    def _spine(self, frame: Frame, pose: Pose) -> MarkedSpine:
        facing = view_of(pose)
        box = box_px(pose)
        if facing.view not in ("right", "left") or box is None:
            return MarkedSpine(None, facing.why or (f"view:{facing.view}",))
        left, top, right, bottom = box
        reach = _BEHIND * (bottom - top)
        x0, y0 = max(0, int(left - reach)), max(0, int(top))
        x1, y1 = max(0, int(right + reach)) + 1, max(0, int(bottom)) + 1
        spine = find_spine(frame.image[y0:y1, x0:x1], self._stickers, facing.view)
        if spine.pose is None:
            return spine
        keypoints = spine.pose.keypoints + np.array([x0, y0, 0], np.float32)
        return MarkedSpine(
            Pose(spine.pose.skeleton, keypoints, spine.pose.covariance_px2, spine.pose.score)
        )


@cache
def _union(body: Skeleton, spine: Skeleton) -> Skeleton:
    first = len(body.keypoints)
    chain = tuple((a + first, b + first) for a, b in spine.limbs)
    return Skeleton(
        f"{body.name}+{spine.name}", body.keypoints + spine.keypoints, body.limbs + chain,
        body.midpoints,
    )  # fmt: skip


def _joined(pose: Pose, spine: MarkedSpine, skeleton: Skeleton) -> Pose:
    count = len(skeleton.keypoints)
    keypoints = np.tile(np.array([np.nan, np.nan, 0.0], np.float32), (count, 1))
    covariance = np.full((count, 2, 2), np.nan, np.float32)
    if spine.pose is not None:
        keypoints, covariance = spine.pose.keypoints, spine.pose.covariance_px2
    return Pose(
        _union(pose.skeleton, skeleton),
        np.concatenate([pose.keypoints, keypoints]),
        np.concatenate([pose.covariance_px2, covariance]),
        pose.score,
        pose.box_px,
    )

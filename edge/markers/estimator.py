"""An estimator that adds the stickers of everyone it sees."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from edge.estimation.estimator import Estimator, Measurer, Seen
from edge.markers.again import filled, frames_with, joined_marks, marks_of, seen_as, unmarked
from edge.markers.following import TargetFollower
from edge.markers.mark import Mark, spine_marks, target_marks
from edge.markers.protocol import ProtocolName, protocol_of, targets_in
from edge.markers.skeleton import marked_skeleton
from edge.markers.spine.marked_spine import MarkedSpine, find_spine
from edge.markers.stickers import Stickers
from edge.markers.target import RING_MM
from edge.markers.targets import FoundTargets, find_targets
from edge.posture.landmarks import Landmarks, box_px
from edge.posture.views import Facing, view_of
from edge.records import Frame, ModelIdentity, Placed, Pose
from edge.skeletons import Skeleton

# The back lies behind the keypoints of shoulder and hip, by this part of the pose's height at most.
_BEHIND = 0.15
_ADULT_MM = 1700.0
_SEARCH_S = 0.4  # looking for targets anew, where the clothes are dotted


class MarkerEstimator:
    """Poses of another estimator, with a keypoint for each sticker.

    stickers : half balls on the spine, told by their colour, in side views.
    protocols : printed targets, each in its view; a target replaces the keypoint of its name.

    Everyone gets the keypoints, so that all poses are over one skeleton; who is not seen from the
    side asked for, or whose stickers cannot be told, has them missing. `why` says it of each pose
    of the last frame.
    """

    def __init__(
        self,
        body: Estimator,
        stickers: Stickers | None = None,
        protocols: Sequence[ProtocolName] = (),
    ) -> None:
        self._body = body
        self._stickers = stickers
        self._protocols = tuple(protocols)
        self._follower = TargetFollower()
        self._ms = 0.0
        self._last: list[Pose] = []
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
        self._follower.begin(frame)
        marked = [self._marked(frame, pose) for pose in poses]
        self._ms = (time.perf_counter() - began) * 1e3
        self.why = [why for _, why in marked]
        self._last = [pose for pose, _ in marked]
        return list(self._last)

    def measure(
        self,
        seen: Sequence[Seen],
        about: Pose,
        *,
        budget_s: float | None = None,
        progress: Callable[[int, int], None] = lambda _done, _all: None,
    ) -> Pose:
        """The body as the other estimator measures it, and its targets told by the landmarks that
        were measured."""
        if not isinstance(self._body, Measurer):
            return about
        if not self._protocols:  # stickers of one colour lie on the spine whoever measures it
            return self._body.measure(seen, about, budget_s=budget_s, progress=progress)
        bare = [one._replace(pose=unmarked(one.pose)) for one in seen]
        if budget_s is not None:
            budget_s -= _SEARCH_S
        measured = self._body.measure(bare, unmarked(about), budget_s=budget_s, progress=progress)
        return self._marked_again(bare[0], about, measured)

    def _marked_again(self, seen: Seen, about: Pose, measured: Pose) -> Pose:
        """What was measured, with the stickers of a hold and what the best frame says of them."""
        marks, found = marks_of(about), FoundTargets()
        facing = view_of(measured)
        if protocol_of(facing.view) in self._protocols:
            moved, by_px = seen_as(measured, seen)
            pose, targets = filled(seen.pose, moved), targets_in(facing.view)
            found = find_targets(seen.frame.image, pose, facing.view, targets, moved)
            self.why = [
                found.why if last is about else why
                for last, why in zip(self._last, self.why, strict=True)
            ]
        if found.mm_per_px is not None:
            anew = {
                name: mark._replace(point_px=mark.point_px - by_px)
                for name, mark in target_marks(found, facing.view, 1.0 / found.mm_per_px).items()
            }
            marks = joined_marks(marks, anew, RING_MM / found.mm_per_px)
        marked = _with(measured, measured.skeleton, marks, found)
        if about.placed is not None and found.mm_per_px is None:
            marked = replace(marked, placed=about.placed)
        return replace(marked, frames_px2=frames_with(marks, marked))

    def _marked(self, frame: Frame, pose: Pose) -> tuple[Pose, tuple[str, ...]]:
        facing = view_of(pose)
        found, why = self._targets(frame, pose, facing)
        stature = Landmarks.of(pose).stature_px
        px_per_mm = math.nan if stature is None else stature / _ADULT_MM
        if found.mm_per_px is not None:
            px_per_mm = 1.0 / found.mm_per_px
        marks: dict[str, Mark] = {}
        if self._stickers is not None:
            spine = self._spine(frame, pose, facing)
            why += spine.why
            if spine.pose is not None and math.isfinite(px_per_mm):
                marks |= spine_marks(spine.pose, px_per_mm)
        marks |= target_marks(found, facing.view, px_per_mm)
        skeleton = marked_skeleton(pose.skeleton, self._stickers, self._protocols)
        return _with(pose, skeleton, marks, found), tuple(dict.fromkeys(why))

    def _targets(
        self, frame: Frame, pose: Pose, facing: Facing
    ) -> tuple[FoundTargets, tuple[str, ...]]:
        if not self._protocols:
            return FoundTargets(), ()
        if protocol_of(facing.view) not in self._protocols:
            return FoundTargets(), facing.why or (f"view:{facing.view}",)
        found = self._follower.find(frame, pose, facing.view, targets_in(facing.view))
        return found, found.why

    def _spine(self, frame: Frame, pose: Pose, facing: Facing) -> MarkedSpine:
        box = box_px(pose)
        if self._stickers is None or facing.view not in ("right", "left") or box is None:
            return MarkedSpine(None, facing.why or (f"view:{facing.view}",))
        left, top, right, bottom = box
        reach = _BEHIND * (bottom - top)
        x0, y0 = max(0, int(left - reach)), max(0, int(top))
        x1, y1 = max(0, int(right + reach)) + 1, max(0, int(bottom)) + 1
        spine = find_spine(frame.image[y0:y1, x0:x1], self._stickers, facing.view)
        if spine.pose is None:
            return spine
        keypoints = spine.pose.keypoints + np.array([x0, y0, 0], np.float32)
        return MarkedSpine(replace(spine.pose, keypoints=keypoints))


def _with(pose: Pose, skeleton: Skeleton, marks: Mapping[str, Mark], found: FoundTargets) -> Pose:
    """The pose with its marks; a mark's point replaces the network's."""
    count, of_body = len(skeleton.keypoints), len(pose.keypoints)
    keypoints = np.tile(np.array([np.nan, np.nan, 0.0], np.float32), (count, 1))
    covariance = np.full((count, 2, 2), np.nan, np.float32)
    placing = np.zeros((count, 2, 2), np.float32)
    keypoints[:of_body], covariance[:of_body] = pose.keypoints, pose.covariance_px2
    for name, mark in marks.items():
        row = skeleton.index[name]
        keypoints[row] = (*mark.point_px, 1.0)
        covariance[row], placing[row] = mark.covariance_px2, mark.placing_px2
    placed = Placed(placing, found.mm_per_px, found.scale_sd) if marks else None
    return replace(
        pose, skeleton=skeleton, keypoints=keypoints, covariance_px2=covariance, placed=placed
    )

"""Many looks at one person: who is left and who is right in them, and what they say together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from edge.conversion import convert
from edge.estimation.consensus import combine, weighted_median
from edge.estimation.crops import Part
from edge.estimation.nearness import Array
from edge.estimation.person import Look
from edge.estimation.sides import turn_of
from edge.estimation.yaw import yaw_from
from edge.inference.letterbox import to_input
from edge.records import Pose, Scatter
from edge.skeletons import BODY_55, COCO_17

_JOINTS = range(len(COCO_17.keypoints))  # the first rows of BODY-55
# In body heights. A look whose joints lie further off is at somebody else, or lost.
_ELSEWHERE = 0.06
_LEAST_SCATTER = 0.003  # single looks of the networks tried scatter by 0.2 to 0.6 %
# Of a close crop's sides: so near to its edge a map shows half a peak.
_EDGE = 0.04
# Of the looks that could see a keypoint, by weight: fewer, and it was not found.
_FOUND_PART = 1 / 3
# A whole look's against a close one's of the same joint: on whether and how surely it is there, and
# on where: it reads less of a tilt.
_WHOLE_COUNTS, _WHOLE_WEIGHT = 0.25, 0.05
_COUNTS = 0.1  # of a look's weight: less is left of one that lies apart


@dataclass(frozen=True, eq=False)
class _Points:
    """One look, over BODY-55, in pixels of where the answer lies.

    xy_px : (K, 2), NaN where missing. scores : (K,). covariance_px2 : (K, 2, 2).
    weight : of the look as such, before its scores. counts : as one of those that could see.
    covers : (K,), what it answers for.
    """

    xy_px: Array
    scores: Array
    covariance_px2: Array
    weight: float
    counts: float
    covers: NDArray[np.bool_]

    def turned(self) -> _Points:
        """The same with left and right exchanged."""
        flip = list(BODY_55.flip)
        return replace(
            self, xy_px=self.xy_px[flip], scores=self.scores[flip],
            covariance_px2=self.covariance_px2[flip],
        )  # fmt: skip


class Looks:
    """Takes in looks at one person in one or more frames.

    about : where the person is to be placed. guides : the person in each frame as first found;
        they tell how the body as a whole moved between frames, and vote on left and right.
    """

    def __init__(self, about: Pose, guides: Sequence[Pose], body_px: float) -> None:
        self._body_px = body_px
        self._reference = _joints_of(about)
        guide_points = [_joints_of(guide) for guide in guides]
        self._moved = [moved_px(points, self._reference) for points in guide_points]
        self._guides = [p - moved for p, moved in zip(guide_points, self._moved, strict=True)]
        self._whole: list[list[_Points]] = []
        self._close: list[tuple[Part, list[_Points]]] = []
        self._yaws: list[Array] = []
        self._score, self._box = about.score, about.box_px

    def add_whole(self, frame: int, *images: Look) -> None:
        """A crop of the whole person in a frame, and its mirror image."""
        covers = np.zeros(len(BODY_55.keypoints), bool)
        covers[list(_JOINTS)] = True
        points = [
            self._points(frame, image, covers, _WHOLE_WEIGHT, _WHOLE_COUNTS) for image in images
        ]
        self._whole.append(points)
        self._yaws += [image.yaw for image in images if image.yaw is not None]

    def add_close(self, frame: int, part: Part, *images: Look) -> None:
        """A crop of a part in a frame, and its mirror image."""
        covers = np.zeros(len(BODY_55.keypoints), bool)
        covers[[BODY_55.index[name] for name in (*part.joints, *part.landmarks)]] = True
        points = []
        for image in images:
            one = self._points(frame, image, covers, 1.0, 1.0)
            inside = _inside(image)
            one.xy_px[~inside] = np.nan
            points.append(one)
        self._close.append((part, points))

    def combined(self) -> Pose:
        """The person over BODY-55, with the scatter of the looks, and the yaw where it was told."""
        reference, agree = self._vote()
        pairs = [self._pair(images, reference, _JOINTS) for images in self._whole]
        # Where no look at the whole is of use, the guides' word on left and right stays.
        if kept := [pair for pair in pairs if pair is not None]:
            points, weights = _stacked(kept)
            joints = combine(points, weights, _LEAST_SCATTER * self._body_px).points_px
            reference = np.where(np.isfinite(joints), joints, reference)
        for part, images in self._close:
            rows = [BODY_55.index[name] for name in part.joints]
            pair = self._pair(images, reference, rows)
            if pair is not None:
                kept.append(pair)
        return self._pose(kept, agree)

    def _points(
        self, frame: int, look: Look, covers: NDArray[np.bool_], weight: float, counts: float
    ) -> _Points:
        pose = convert(look.pose, BODY_55)
        xy_px = pose.keypoints[:, :2].astype(np.float64) - self._moved[frame]
        return _Points(
            xy_px, pose.keypoints[:, 2].astype(np.float64),
            pose.covariance_px2.astype(np.float64),
            weight, counts, covers,
        )  # fmt: skip

    def _vote(self) -> tuple[Array, float]:
        """The joints with left and right as most looks at the whole have them, and what part."""
        voters = [*self._guides, *(image.xy_px for images in self._whole for image in images)]
        turns = [turn_of(xy, self._reference, BODY_55.flip, _JOINTS) for xy in voters]
        valid = [turn.exchanged for turn in turns if np.isfinite(turn.apart_px)]
        exchanged = float(np.mean(valid)) if valid else 0.0
        if exchanged > 0.5:
            return self._reference[list(BODY_55.flip)], exchanged
        return self._reference, 1.0 - exchanged

    def _pair(
        self, images: Sequence[_Points], reference: Array, rows: Sequence[int]
    ) -> _Points | None:
        """The mean of a crop and its mirror image, in which left-right habits cancel.

        Each is turned back where it has left and right exchanged; None where both are elsewhere.
        """
        kept = []
        for image in images:
            turn = turn_of(image.xy_px, reference, BODY_55.flip, rows)
            if turn.apart_px <= _ELSEWHERE * self._body_px:
                kept.append(image.turned() if turn.exchanged else image)
        if not kept:
            return None
        found = np.stack([image.scores * np.isfinite(image.xy_px[:, 0]) for image in kept]) > 0
        count = np.maximum(found.sum(axis=0), 1)

        def mean(values: Array) -> Array:
            wide = found.reshape(*found.shape, *[1] * (values.ndim - 2))
            total = np.where(wide, values, 0.0).sum(axis=0)
            middle: Array = total / count.reshape(-1, *[1] * (values.ndim - 2))
            return middle

        none = ~found.any(axis=0)
        xy_px = mean(np.stack([image.xy_px for image in kept]))
        xy_px[none] = np.nan
        return replace(
            kept[0], xy_px=xy_px, scores=mean(np.stack([image.scores for image in kept])),
            covariance_px2=mean(np.stack([image.covariance_px2 for image in kept])),
        )  # fmt: skip

    def _pose(self, looks: Sequence[_Points], agree: float) -> Pose:
        count = len(BODY_55.keypoints)
        keypoints = np.tile(np.array([np.nan, np.nan, 0.0]), (count, 1))
        covariance = np.full((count, 2, 2), np.nan)
        scatter, counted = np.full((count, 2, 2), np.nan), np.zeros(count, np.int64)
        if looks:
            points, weights = _stacked(looks)
            consensus = combine(points, weights, _LEAST_SCATTER * self._body_px)
            able = sum(look.counts * look.covers for look in looks)
            able_found = sum(
                look.counts * (look.covers & np.isfinite(look.xy_px[:, 0])) for look in looks
            )
            found = np.isfinite(consensus.points_px[:, 0]) & (able_found >= _FOUND_PART * able)
            keypoints[found, :2] = consensus.points_px[found]
            scores = np.stack([look.scores for look in looks])
            sure = np.stack([look.counts * look.scores * look.covers for look in looks])
            sure = np.where(np.isfinite(points).all(axis=2), sure, 0.0)
            keypoints[found, 2] = weighted_median(scores, sure)[found]
            covariance[found] = _mean_covariance(looks, consensus.weights)[found]
            scatter[found] = consensus.scatter_px2[found]
            agreeing = (consensus.weights > _COUNTS * weights) & (weights > 0)
            counted[found] = agreeing.sum(axis=0)[found]
        return Pose(
            BODY_55, keypoints.astype(np.float32), covariance.astype(np.float32), self._score,
            self._box, yaw_from(self._yaws), Scatter(scatter.astype(np.float32), counted, agree),
        )  # fmt: skip


def _joints_of(pose: Pose) -> Array:
    """(K, 2) over BODY-55, the joints alone: nobody votes with a landmark."""
    return convert(convert(pose, COCO_17), BODY_55).keypoints[:, :2].astype(np.float64)


def moved_px(points_px: Array, reference_px: Array) -> Array:
    """(2,), how far the body as a whole lies from the reference."""
    step = points_px - reference_px
    both = np.isfinite(step).all(axis=1)
    moved: Array = np.median(step[both], axis=0) if both.any() else np.zeros(2)
    return moved


def _inside(look: Look) -> NDArray[np.bool_]:
    size = np.array([look.letterbox.input_width_px, look.letterbox.input_height_px])
    at = to_input(look.letterbox, look.pose.keypoints[:, :2].astype(np.float64)) / size
    inside: NDArray[np.bool_] = ((at > _EDGE) & (at < 1 - _EDGE)).all(axis=1)
    return inside


def _stacked(looks: Sequence[_Points]) -> tuple[Array, Array]:
    """Points (V, K, 2) and weights (V, K)."""
    points = np.stack([look.xy_px for look in looks])
    weights = np.stack([look.weight * look.scores * look.covers for look in looks])
    return points, np.where(np.isfinite(points).all(axis=2), weights, 0.0)


def _mean_covariance(looks: Sequence[_Points], weights: Array) -> Array:
    """What the looks claim of themselves. Not divided by their number: they err together."""
    claimed = np.stack([look.covariance_px2 for look in looks])
    known = np.isfinite(claimed).all(axis=(2, 3)) & (weights > 0)
    weights = np.where(known, weights, 0.0)
    with np.errstate(invalid="ignore"):
        mean: Array = (
            np.einsum("vk,vkij->kij", weights, np.where(known[:, :, None, None], claimed, 0.0))
            / weights.sum(axis=0)[:, None, None]
        )
    return mean

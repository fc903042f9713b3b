"""Refined, the default for measuring: a rough pose first, then each keypoint at full resolution.

With the whole body in 256 px one pixel of noise is 1.7 degrees of shoulder tilt; on a crop of the
full picture it is 0.6. So a small bottom-up pass finds the people, and a single-person network
looks at the subject again. From the side, a spine network may look at the same crop.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from edge.conversion import convert
from edge.errors import ModelRefused
from edge.estimation.estimator import Estimator, StageClock
from edge.estimation.nearness import Array, body_distance
from edge.estimation.person import PersonNetwork
from edge.inference.letterbox import Box
from edge.inference.network import Network
from edge.records import Frame, ModelIdentity, Pose
from edge.skeletons import joined

# Keypoints end at the eyes and the ankles; a person goes on above and below. What a labelled box
# adds on each side, as a part of the keypoints' longer extent: medians of 32 COCO people.
_ADDED_ABOVE, _ADDED_BELOW, _ADDED_BESIDE = 0.14, 0.11, 0.08
# Where eyes and ankles are when the finder missed them, in trunk lengths (shoulders to hips):
# medians of 100 standing people of the studio photographs. Too much of a box costs a little
# resolution, too little cuts a leg off.
_EYES_ABOVE_SHOULDER, _ANKLES_BELOW_HIP = 0.46, 1.82

# Shoulder breadth over trunk length below which a person may show a side; 0.64 from the front.
_NARROW = 0.5

# Refined poses nearer to each other, in body extents, are of one person.
_SAME_PERSON = 0.05


class Refined:
    """A bottom-up finder and a single-person refiner.

    Poses come in the finder's skeleton. A keypoint is the refiner's or it is missing: rough
    positions are never mixed in.

    spine : a network for side views; poses then have its keypoints too, missing in other views.
    everyone : refine all people, not the subject (the tallest) alone.

    Raises
    ------
    ModelRefused : the refiner is no heatmap network, or the spine network no spine network.
    """

    def __init__(
        self,
        finder: Estimator,
        refiner: Network,
        *,
        spine: Network | None = None,
        everyone: bool = False,
    ) -> None:
        self._person = PersonNetwork(refiner)
        if "heatmaps" not in refiner.description.outputs:
            raise ModelRefused(
                f"{refiner.description.name} has no heatmaps: nothing to refine with.",
                "Name a heatmap model as refiner, or choose mode = 'top-down'.",
            )
        if spine is not None and spine.description.task != "spine":
            raise ModelRefused(
                f"{spine.description.name} is a {spine.description.task} model, not one of spines.",
                "Name a spine model, or leave models.spine empty.",
            )
        self._spine = None if spine is None else PersonNetwork(spine)
        identities = [network.identity for network in (refiner, spine) if network is not None]
        self.models: tuple[ModelIdentity, ...] = (*finder.models, *identities)
        self.timings: Mapping[str, float] = {}
        self._finder = finder
        self._everyone = everyone

    def estimate(self, frame: Frame) -> list[Pose]:
        found = self._finder.estimate(frame)
        clock = StageClock()
        boxed = [(pose, person_box(pose, frame.image.shape[:2])) for pose in found]
        people = sorted(boxed, key=lambda person: -person[1][3])
        if not self._everyone:
            people = people[:1]
        refined = [self._refine(frame, pose, box, clock) for pose, box in people]
        self.timings = {f"find {name}": ms for name, ms in self._finder.timings.items()} | {
            f"refine {name}": ms for name, ms in clock.ms.items()
        }
        return _distinct([pose for pose in refined if (pose.keypoints[:, 2] > 0).any()])

    def _refine(self, frame: Frame, rough: Pose, box: Box, clock: StageClock) -> Pose:
        placed = self._person.locate(frame, box, clock)
        if self._spine is None:
            return _person(convert(placed, rough.skeleton), rough, box)
        spine = self._spine.network.description.topology
        pose = convert(placed, joined(rough.skeleton, spine))
        if _from_the_side(placed):
            back = self._spine.locate(frame, box, clock)
            pose = _with_spine(pose, back)
        return _person(pose, rough, box)


def _distinct(poses: list[Pose]) -> list[Pose]:
    """Rough poses of one person's parts lead to the same person: the first of them stays."""
    kept: list[Pose] = []
    points: list[Array] = []
    for pose in poses:
        xy = pose.keypoints[:, :2].astype(np.float64)
        if all(body_distance(xy, other) > _SAME_PERSON for other in points):
            kept.append(pose)
            points.append(xy)
    return kept


def person_box(pose: Pose, image_hw: tuple[int, int]) -> Box:
    """x, y, width, height px of the person whose keypoints these are, within the picture."""
    # Plain numbers: a dozen steps in numpy take ten times as long for so few.
    found = {
        name: (x, y)
        for name, (x, y, score) in zip(
            pose.skeleton.keypoints, pose.keypoints.tolist(), strict=True
        )
        if score > 0
    }
    xs, ys = zip(*found.values(), strict=True)
    left, right = min(xs), max(xs)
    top, bottom = min(ys), max(ys)
    shoulder, hip = _height(found, "shoulder"), _height(found, "hip")
    if shoulder is not None and hip is not None:
        top = min(top, shoulder - _EYES_ABOVE_SHOULDER * (hip - shoulder))
        bottom = max(bottom, hip + _ANKLES_BELOW_HIP * (hip - shoulder))
    tall = max(right - left, bottom - top, 1.0)
    left = max(left - _ADDED_BESIDE * tall, -0.5)
    top = max(top - _ADDED_ABOVE * tall, -0.5)
    right = min(right + _ADDED_BESIDE * tall, image_hw[1] - 0.5)
    bottom = min(bottom + _ADDED_BELOW * tall, image_hw[0] - 0.5)
    return left, top, right - left, bottom - top


def _height(found: Mapping[str, tuple[float, float]], part: str) -> float | None:
    """y of a part's left, right or middle, in pixels."""
    ys = [found[name][1] for name in (f"left_{part}", f"right_{part}") if name in found]
    return sum(ys) / len(ys) if ys else None


def _person(pose: Pose, rough: Pose, box: Box) -> Pose:
    """The refiner's keypoints, and how sure the finder was that somebody is there."""
    return replace(pose, score=rough.score, box_px=box)


def _with_spine(pose: Pose, back: Pose) -> Pose:
    keypoints, covariance = pose.keypoints.copy(), pose.covariance_px2.copy()
    rows = [pose.skeleton.index[name] for name in back.skeleton.keypoints]
    keypoints[rows], covariance[rows] = back.keypoints, back.covariance_px2
    return replace(pose, keypoints=keypoints, covariance_px2=covariance)


def _from_the_side(pose: Pose) -> bool:
    """Whether the shoulders are so narrow against the trunk that this may be a side view."""
    names = ("left_shoulder", "right_shoulder", "left_hip", "right_hip")
    if not all(name in pose.skeleton.index for name in names):
        return False
    left, right, left_hip, right_hip = (
        pose.keypoints[pose.skeleton.index[name], :2] for name in names
    )
    trunk_px = np.hypot(*(left + right - left_hip - right_hip)) / 2
    return bool(abs(left[0] - right[0]) < _NARROW * trunk_px)  # False where one is missing

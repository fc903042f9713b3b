"""Refined, the default for measuring: a rough pose first, then each keypoint at full resolution.

With the whole body in 256 px one pixel of noise is 1.7 degrees of shoulder tilt; on a crop of the
full picture it is 0.6. So a small bottom-up pass finds the people, and a single-person network
looks at the subject again. That is the fast pass; `measuring` looks closer at who stands still.
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

# Keypoints end at the eyes and the ankles; a person goes on above and below. What a labelled box
# adds on each side, as a part of the keypoints' longer extent: medians of 32 COCO people.
_ADDED_ABOVE, _ADDED_BELOW, _ADDED_BESIDE = 0.14, 0.11, 0.08
# Where eyes and ankles are when the finder missed them, in trunk lengths (shoulders to hips):
# medians of 100 standing people of the studio photographs. Too much of a box costs a little
# resolution, too little cuts a leg off.
_EYES_ABOVE_SHOULDER, _ANKLES_BELOW_HIP = 0.46, 1.82

# A rough keypoint lies this way or that, and the outermost of them say how large a person is: their
# box is too large. With all of it validation bodies are measured by 4 % less exactly than with
# the finder of version 0.1.0, with this much of it by 2 % more (models_onnx/README.md).
_OF_ROUGH_BOX = 0.92

# Refined poses nearer to each other, in body extents, are of one person.
_SAME_PERSON = 0.05


class Refined:
    """A bottom-up finder and a single-person network: the fast pass.

    Poses come in the finder's skeleton. A keypoint is the single-person network's or it is missing:
    rough positions are never mixed in.

    everyone : place all people, not the subject (the tallest) alone.

    Raises
    ------
    ModelRefused : the single-person network has no heatmaps.
    """

    def __init__(self, finder: Estimator, whole: Network, *, everyone: bool = False) -> None:
        self._person = PersonNetwork(whole)
        if "heatmaps" not in whole.description.outputs:
            raise ModelRefused(
                f"{whole.description.name} has no heatmaps: nothing to refine with.",
                "Name a heatmap model as whole, or choose mode = 'top-down'.",
            )
        self.models: tuple[ModelIdentity, ...] = (*finder.models, whole.identity)
        self.timings: Mapping[str, float] = {}
        self._finder = finder
        self._everyone = everyone

    def estimate(self, frame: Frame) -> list[Pose]:
        found = self._finder.estimate(frame)
        clock = StageClock()
        boxed = [(pose, _closer(person_box(pose, frame.image.shape[:2]))) for pose in found]
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
        return _person(convert(placed, rough.skeleton), rough, box)


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


def _closer(box: Box) -> Box:
    """The middle of a box that rough keypoints make."""
    x, y, width, height = box
    off = 0.5 * (1.0 - _OF_ROUGH_BOX)
    return x + off * width, y + off * height, _OF_ROUGH_BOX * width, _OF_ROUGH_BOX * height


def _height(found: Mapping[str, tuple[float, float]], part: str) -> float | None:
    """y of a part's left, right or middle, in pixels."""
    ys = [found[name][1] for name in (f"left_{part}", f"right_{part}") if name in found]
    return sum(ys) / len(ys) if ys else None


def _person(pose: Pose, rough: Pose, box: Box) -> Pose:
    """The placed keypoints, and how sure the finder was that somebody is there."""
    return replace(pose, score=rough.score, box_px=box)

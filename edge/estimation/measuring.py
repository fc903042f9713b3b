"""The measuring pass: many looks at a person from near by, and what they agree on.

The fast pass (the whole person once) guides. Here the whole is looked at again in several crops,
and each part closely, everything with its mirror image. The looks at the whole vote on left and
right; a close look that took one for the other is turned back, one that is elsewhere is dropped.
What is left is combined robustly. Nothing of a picture outlasts the call.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from edge.conversion import convert, origins
from edge.errors import ModelRefused
from edge.estimation.crops import (
    FRAMINGS,
    PARTS,
    Part,
    body_height_px,
    close_box,
    close_height_px,
    whole_box,
)
from edge.estimation.estimator import Estimator, Seen, StageClock
from edge.estimation.looks import Looks
from edge.estimation.nearness import Array
from edge.estimation.person import PersonNetwork
from edge.estimation.refined import person_box
from edge.inference.network import Network
from edge.records import Frame, ModelIdentity, Pose, Scatter
from edge.skeletons import BODY_55, COCO_17, LANDMARKS_38, Skeleton, joined

# Of a hold, over all its frames: 144 runs of a network, 1.4 s of one core here at 0.6 GMAC.
_MOST_ROUNDS = 12


class _Crop(NamedTuple):
    """part : None for the whole person."""

    frame: int
    framing: int
    part: Part | None


class Measuring:
    """An estimator whose people can be measured closely.

    fast : finds and guides. Its poses get the landmarks too, missing until somebody is measured.
    whole : COCO's joints of a whole person, and the yaw if it can. close : joints and landmarks of
        a part.

    Raises
    ------
    ModelRefused : a network that answers for other points, or without heatmaps.
    """

    def __init__(
        self,
        fast: Estimator,
        whole: Network,
        close: Network,
        *,
        clock_s: Callable[[], float] = time.perf_counter,
    ) -> None:
        _check(whole, COCO_17.name, "whole")
        _check(close, BODY_55.name, "close")
        self.models: tuple[ModelIdentity, ...] = (*fast.models, close.identity)
        self._fast = fast
        self._whole = PersonNetwork(whole)
        self._close = PersonNetwork(close)
        self._clock_s = clock_s
        self.measure_timings: Mapping[str, float] = {}

    @property
    def timings(self) -> Mapping[str, float]:
        return self._fast.timings

    def estimate(self, frame: Frame) -> list[Pose]:
        return [
            convert(pose, joined(pose.skeleton, LANDMARKS_38))
            for pose in self._fast.estimate(frame)
        ]

    def measure(
        self,
        seen: Sequence[Seen],
        about: Pose,
        *,
        budget_s: float | None = None,
        progress: Callable[[int, int], None] = lambda _done, _all: None,
    ) -> Pose:
        """As `Measurer.measure`. The first round is always looked at, whatever it takes.

        What hands placed of `about` stays as it is, and so does a landmark that it has seen.
        """
        began_s, clock = self._clock_s(), StageClock()
        crops = _plan(len(seen))
        looks = Looks(about, [each.pose for each in seen], _body_px(seen[0]))
        done = 0
        for crop in crops:
            spent_s = self._clock_s() - began_s
            late = budget_s is not None and spent_s + spent_s / max(done, 1) > budget_s
            if late and done > len(PARTS):
                break
            self._look(seen[crop.frame], crop, looks, clock)
            done += 1
            progress(done, len(crops))
        with clock.stage("combine"):
            measured = looks.combined()
        self.measure_timings = clock.ms | {"looks": float(done)}
        return replace(_onto(about, measured), accuracy=self._close.network.description.accuracy)

    def _look(self, seen: Seen, crop: _Crop, looks: Looks, clock: StageClock) -> None:
        box = seen.pose.box_px or person_box(seen.pose, seen.frame.image.shape[:2])
        framing = FRAMINGS[crop.framing]
        if crop.part is None:
            around = whole_box(box, framing)
            looks.add_whole(crop.frame, *self._whole.look(seen.frame, around, clock))
            return
        centre = _centre(seen.pose, crop.part)
        if centre is None:
            return
        spec = self._close.network.description.input
        input_hw = spec.height_px, spec.width_px
        height_px = close_height_px(crop.part, framing, body_height_px(box))
        around = close_box(centre, height_px, framing, input_hw, spec.box_margin)
        looks.add_close(crop.frame, crop.part, *self._close.look(seen.frame, around, clock))


def _plan(frames: int) -> list[_Crop]:
    """Rounds of one crop of the whole and one of each part, the frames in turn.

    Each frame is looked at in the first framing before one is in the second.
    """
    crops = []
    for number in range(min(_MOST_ROUNDS, len(FRAMINGS) * frames)):
        framing, frame = divmod(number, frames)
        crops += [_Crop(frame, framing, part) for part in (None, *PARTS)]
    return crops


def _check(network: Network, skeleton: str, slot: str) -> None:
    description = network.description
    fits = description.skeleton == skeleton and "heatmaps" in description.outputs
    if not fits or description.task != "heatmap" or description.input.letterbox != "crop":
        raise ModelRefused(
            f"{description.name} is a {description.task} model over"
            f" {description.skeleton or 'no skeleton'}, and cannot serve as {slot}.",
            f"Name a heatmap model of crops over {skeleton} as {slot}, or measure in one pass:"
            " models.close = 'none'.",
        )


def _body_px(seen: Seen) -> float:
    return body_height_px(seen.pose.box_px or person_box(seen.pose, seen.frame.image.shape[:2]))


def _centre(pose: Pose, part: Part) -> Array | None:
    """The middle of what a crop lies about; None where none of it was found."""
    rows = [pose.skeleton.index[name] for name in part.about if name in pose.skeleton.index]
    found = [row for row in rows if pose.keypoints[row, 2] > 0]
    if not found:
        return None
    centre: Array = pose.keypoints[found, :2].astype(np.float64).mean(axis=0)
    return centre


def _onto(about: Pose, measured: Pose) -> Pose:
    """The measured keypoints in the place of those of `about`."""
    moved = convert(measured, about.skeleton)
    keypoints, covariance = moved.keypoints.copy(), moved.covariance_px2.copy()
    known = {*BODY_55.index, *about.skeleton.middles}
    for row, name in enumerate(about.skeleton.keypoints):
        placed = about.placed is not None and bool(about.placed.placing_px2[row].any())
        marked = placed or (name in LANDMARKS_38.index and about.keypoints[row, 2] > 0)
        if marked or name not in known:
            keypoints[row], covariance[row] = about.keypoints[row], about.covariance_px2[row]
    return replace(
        about, keypoints=keypoints, covariance_px2=covariance, yaw=measured.yaw or about.yaw,
        scatter=measured.scatter and _scatter_onto(about.skeleton, measured.scatter),
    )  # fmt: skip


def _scatter_onto(skeleton: Skeleton, scatter: Scatter) -> Scatter:
    """Over another skeleton; middles of two keypoints have none."""
    covariance = np.full((len(skeleton.keypoints), 2, 2), np.nan, np.float32)
    looks = np.zeros(len(skeleton.keypoints), np.int64)
    for row, parts in enumerate(origins(BODY_55, skeleton)):
        if len(parts) == 1:
            covariance[row], looks[row] = scatter.covariance_px2[parts[0]], scatter.looks[parts[0]]
    return Scatter(covariance, looks, scatter.sides_agree)

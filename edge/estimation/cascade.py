"""DeepPose's cascade: later stages look again at each keypoint, from near by (Toshev, CVPR 2014).

Stage 1 regresses all keypoints from the person's box. Each later stage is a network of its own:
for keypoint i it sees the square of side sigma * diam(y) about where the stage before put it, and
its i-th answer is where that keypoint lies in the square (section 3.2, equations 4 to 8).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

import numpy as np

from edge.decode.regression import decode_coordinates, pose_diameter, recrop
from edge.errors import ModelRefused
from edge.estimation.estimator import StageClock
from edge.estimation.person import PersonNetwork
from edge.inference.halves import Picture
from edge.inference.letterbox import Box, to_image
from edge.inference.network import Network
from edge.records import Pose


class PersonLocator(Protocol):
    """Places the keypoints of one person."""

    def locate(self, picture: Picture, box_px: Box | None, clock: StageClock) -> Pose:
        """The pose of the person in a box (x, y, width, height) of a picture, or in all of it."""


def person_locator(
    network: Network, later: Sequence[Network] = (), *, flip: bool = False
) -> PersonLocator:
    """One single-person network, or a cascade of one and its later stages.

    Raises
    ------
    ModelRefused : a network that is not for one person, or not for its place in a cascade.
    """
    if network.description.recrop:
        raise ModelRefused(
            f"{network.description.name} is a later stage of a cascade.",
            "Name the first stage before it: FIRST.onnx+LATER.onnx.",
        )
    first = PersonNetwork(network, flip=flip)
    return Cascade(first, later) if later else first


class Cascade:
    """A first stage and those that follow it.

    Raises
    ------
    ModelRefused : one that follows is no later stage, or names other keypoints than the first.
    """

    def __init__(self, first: PersonNetwork, later: Sequence[Network]) -> None:
        of_first = first.network.description
        for description in (network.description for network in later):
            if not description.recrop:
                raise ModelRefused(
                    f"{description.name} is no later stage of a cascade.",
                    "Its description must say `recrop`, the side of its crops in pose diameters.",
                )
            if description.keypoints != of_first.keypoints:
                raise ModelRefused(
                    f"{description.name} answers with other keypoints than {of_first.name}.",
                    "Name the stages of one cascade.",
                )
        self._first = first
        self._later = tuple(later)

    def locate(self, picture: Picture, box_px: Box | None, clock: StageClock) -> Pose:
        pose = self._first.locate(picture, box_px, clock)
        for network in self._later:
            pose = _again(network, picture, pose, clock)
        return pose


def _again(network: Network, picture: Picture, pose: Pose, clock: StageClock) -> Pose:
    """The pose with each keypoint where this stage puts it; one that was missing stays missing.

    Without the shoulder and the hip that give the diameter there is no crop: the pose as it was.
    """
    description, index = network.description, pose.skeleton.index
    before = pose.keypoints[:, :2].astype(np.float64)
    diameter_px = pose_diameter(before[index["left_shoulder"]], before[index["right_hip"]])
    if not np.isfinite(diameter_px):
        return pose
    keypoints = pose.keypoints.copy()
    for answer, name in enumerate(description.keypoints):
        if name not in index or not np.isfinite(before[index[name]]).all():
            continue
        square = recrop(before[index[name]], diameter_px, description.recrop)
        corner = square.centre_x - square.width / 2, square.centre_y - square.height / 2
        with clock.stage("crop"):
            laid, letterbox = network.lay(picture, (*corner, square.width, square.height))
        with clock.stage("inference"):
            coordinates = network.run(laid)["coordinates"]
        with clock.stage("decode"):
            input_hw = letterbox.input_height_px, letterbox.input_width_px
            point = decode_coordinates(coordinates, input_hw)[answer, :2]
            if np.isfinite(point).all():
                keypoints[index[name], :2] = to_image(letterbox, point)
    return replace(pose, keypoints=keypoints)

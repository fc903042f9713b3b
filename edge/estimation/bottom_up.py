"""Bottom-up: one pass over the whole picture finds everybody (PAF networks)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from edge.decode.paf import PafDecoder, PafOptions
from edge.errors import ModelRefused
from edge.estimation.estimator import StageClock
from edge.inference.halves import Picture
from edge.inference.network import Network
from edge.records import Frame, ModelIdentity, Pose


class BottomUp:
    """A PAF network and its decoder.

    The low resolution picture of a frame is used where it has the pixels that the network asks for.

    Raises
    ------
    ModelRefused : the network has no PAFs.
    """

    def __init__(self, network: Network) -> None:
        description = network.description
        if description.task != "paf":
            raise ModelRefused(
                f"{description.name} is a {description.task} model, not one with PAFs.",
                "Name a paf model as finder.",
            )
        self.models: tuple[ModelIdentity, ...] = (network.identity,)
        self.timings: Mapping[str, float] = {}
        self._network = network
        limits = description.thresholds
        options = PafOptions(peak_threshold=limits.keypoint, min_score=limits.person)
        self._decoder = PafDecoder(description.topology, description.limb_pairs, options)

    def estimate(self, frame: Frame) -> list[Pose]:
        clock = StageClock()
        self.timings = clock.ms
        picture = self._smallest_sufficient(frame)
        with clock.stage("letterbox"):
            laid, letterbox = self._network.lay(picture)
        with clock.stage("inference"):
            outputs = self._network.run(laid)
        with clock.stage("decode"):
            poses = self._decoder.decode(self._network.field_maps(outputs, letterbox)).poses
        poses = [replace(pose, accuracy=self._network.description.accuracy) for pose in poses]
        if isinstance(picture, Frame):
            return poses
        scale = (frame.width_px / picture.shape[1], frame.height_px / picture.shape[0])
        return [_scaled(pose, *scale) for pose in poses]

    def _smallest_sufficient(self, frame: Frame) -> Picture:
        if frame.lores is None:
            return frame
        placement = self._network.place((frame.lores.shape[0], frame.lores.shape[1]))
        _, _, width, height = placement.target
        enough = frame.lores.shape[0] >= height and frame.lores.shape[1] >= width
        return frame.lores if enough else frame


def _scaled(pose: Pose, x: float, y: float) -> Pose:
    """A pose of the low resolution picture in the full one; pixel centres stay pixel centres."""
    keypoints = pose.keypoints.copy()
    keypoints[:, :2] = (keypoints[:, :2] + 0.5) * (x, y) - 0.5
    covariance = pose.covariance_px2 * np.array([[x * x, x * y], [x * y, y * y]], np.float32)
    box = pose.box_px
    if box is not None:
        box = ((box[0] + 0.5) * x - 0.5, (box[1] + 0.5) * y - 0.5, box[2] * x, box[3] * y)
    return replace(pose, keypoints=keypoints, covariance_px2=covariance, box_px=box)

"""Top-down: a detector finds people, a single-person network looks at each of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from edge.decode.detector import decode_boxes, decode_grid
from edge.decode.pose_nms import pose_nms
from edge.errors import ModelRefused
from edge.estimation.cascade import person_locator
from edge.estimation.estimator import StageClock
from edge.inference.halves import Picture, pixels
from edge.inference.letterbox import Box, to_image
from edge.inference.network import Network
from edge.records import Frame, ModelIdentity, Pose


class PersonDetector:
    """Boxes of people.

    Raises
    ------
    ModelRefused : the network is no detector.
    """

    def __init__(self, network: Network) -> None:
        if network.description.task != "detector":
            raise ModelRefused(
                f"{network.description.name} is a {network.description.task} model, no detector.",
                "Name a detector as finder.",
            )
        self.network = network

    def find(self, picture: Picture, clock: StageClock) -> list[tuple[Box, float]]:
        """Box (x, y, width, height in picture pixels) and score of each person, best first."""
        with clock.stage("letterbox"):
            laid, letterbox = self.network.lay(picture)
        with clock.stage("detection"):
            outputs = self.network.run(laid)
        with clock.stage("decode"):
            limits = self.network.description.thresholds
            if "grid" in outputs:
                input_hw = (letterbox.input_height_px, letterbox.input_width_px)
                boxes = decode_grid(outputs["grid"], input_hw, limits.person, limits.iou)
            else:
                boxes = decode_boxes(outputs["boxes"], outputs["scores"], limits.person, limits.iou)
            corners = to_image(letterbox, boxes[:, :4].reshape(-1, 2, 2))
            height_px, width_px, _ = pixels(picture).shape
            edges = (width_px - 0.5, height_px - 0.5)
            return _clipped(corners, boxes[:, 4], edges)


class TopDown:
    """Detector, crop, single-person network (or a cascade of it and later stages), pose-NMS."""

    def __init__(
        self,
        detector: Network,
        network: Network,
        later: Sequence[Network] = (),
        *,
        flip: bool = False,
    ) -> None:
        networks = (detector, network, *later)
        self.models: tuple[ModelIdentity, ...] = tuple(n.identity for n in networks)
        self.timings: Mapping[str, float] = {}
        self._detector = PersonDetector(detector)
        self._person = person_locator(network, later, flip=flip)

    def estimate(self, frame: Frame) -> list[Pose]:
        clock = StageClock()
        self.timings = clock.ms
        poses = []
        for box, score in self._detector.find(frame, clock):
            pose = self._person.locate(frame, box, clock)
            if (pose.keypoints[:, 2] > 0).any():
                poses.append(_scored(pose, pose.score * score))
        with clock.stage("decode"):
            return _distinct(poses)


def _scored(pose: Pose, score: float) -> Pose:
    return replace(pose, score=score)


def _distinct(poses: list[Pose]) -> list[Pose]:
    if not poses:
        return []
    keypoints = np.stack([pose.keypoints for pose in poses]).astype(np.float64)
    sizes = np.array([pose.box_px[2:] for pose in poses if pose.box_px is not None])
    kept = [
        replace(best, keypoints=merged.astype(np.float32))
        for index, merged in pose_nms(keypoints, sizes)
        for best in [poses[index]]
    ]
    return sorted(kept, key=lambda pose: -pose.score)


def _clipped(
    corners: NDArray[np.float64], scores: NDArray[np.float64], edges: tuple[float, float]
) -> list[tuple[Box, float]]:
    corners = corners.clip((-0.5, -0.5), edges)
    sizes = corners[:, 1] - corners[:, 0]
    return [
        ((float(x), float(y), float(width), float(height)), float(score))
        for (x, y), (width, height), score in zip(corners[:, 0], sizes, scores, strict=True)
        if width >= 1 and height >= 1
    ]

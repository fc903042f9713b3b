"""One network that finds people and their keypoints in one pass (Keypoint R-CNN)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from edge.decode.regression import decode_keypoint_rcnn
from edge.estimation.estimator import StageClock
from edge.inference.letterbox import to_image
from edge.inference.network import Network
from edge.records import Frame, ModelIdentity, Pose


class KeypointRcnn:
    """Boxes, labels, scores and keypoints, straight from the graph."""

    def __init__(self, network: Network) -> None:
        self.models: tuple[ModelIdentity, ...] = (network.identity,)
        self.timings: Mapping[str, float] = {}
        self._network = network

    def estimate(self, frame: Frame) -> list[Pose]:
        clock = StageClock()
        self.timings = clock.ms
        description = self._network.description
        with clock.stage("letterbox"):
            picture, letterbox = self._network.lay(frame)
        with clock.stage("inference"):
            outputs = self._network.run(picture)
        with clock.stage("decode"):
            limits = description.thresholds
            boxes, people = decode_keypoint_rcnn(
                outputs["boxes"],
                outputs["labels"],
                outputs["scores"],
                outputs["keypoints"],
                min_score=limits.person,
                iou=limits.iou,
            )
            corners = to_image(letterbox, boxes[:, :4].reshape(-1, 2, 2))
            people[:, :, :2] = to_image(letterbox, people[:, :, :2])
            skeleton = description.topology
            poses = []
            for person, (low, high), score in zip(people, corners, boxes[:, 4], strict=True):
                keypoints = np.full((len(skeleton.keypoints), 3), (np.nan, np.nan, 0), np.float32)
                for row, name in zip(person, description.keypoints, strict=True):
                    if name in skeleton.index:
                        keypoints[skeleton.index[name]] = row
                unknown = np.full((len(skeleton.keypoints), 2, 2), np.nan, np.float32)
                x, y, width, height = (float(v) for v in (*low, *(high - low)))
                box = (x, y, width, height)
                poses.append(
                    Pose(
                        skeleton, keypoints, unknown, float(score), box,
                        accuracy=description.accuracy,
                    )
                )  # fmt: skip
        return poses

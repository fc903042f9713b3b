"""Networks that answer with numbers instead of maps: keypoints (K, 3) = x px, y px, score.

All positions are pixel centres of the network's input.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge.decode.nms import non_maximum_suppression

Array = NDArray[np.float64]
Raw = NDArray[np.float32]

PERSON_LABEL = 1  # torchvision counts the background as class 0


@dataclass(frozen=True)
class Box:
    """A box by centre and size: DeepPose's b = (b_c, b_w, b_h)."""

    centre_x: float
    centre_y: float
    width: float
    height: float

    def denormalise(self, xy: Array) -> Array:
        """Points (..., 2) relative to the box, in the picture: the inverse of N(y; b), DeepPose
        equation 1 (Toshev, 2014)."""
        return xy * (self.width, self.height) + (self.centre_x, self.centre_y)


def pose_diameter(left_shoulder: Array, right_hip: Array) -> float:
    """Distance from the left shoulder to the right hip: the size of a body, DeepPose's diam(y)."""
    return float(np.hypot(*(left_shoulder - right_hip)))


def recrop(xy: Array, diameter: float, sigma: float) -> Box:
    """The box of a later stage: side sigma * diameter about a point (2,) of the stage before."""
    side = sigma * diameter
    return Box(float(xy[0]), float(xy[1]), side, side)


def decode_coordinates(coordinates: Raw, input_hw: tuple[int, int]) -> Array:
    """DeepPose: (1, 2K) normalised by the whole input. Such a network gives no score: all 1."""
    height, width = input_hw
    whole = Box((width - 1) / 2, (height - 1) / 2, width, height)
    xy = whole.denormalise(coordinates.reshape(-1, 2).astype(np.float64))
    return np.column_stack([xy, np.ones(len(xy))])


def decode_movenet(keypoints: Raw, input_hw: tuple[int, int]) -> Array:
    """MoveNet: (1, 1, K, 3) = y, x, score, as parts of the input."""
    y, x, score = keypoints.reshape(-1, 3).astype(np.float64).T
    height, width = input_hw
    return np.column_stack([x * width - 0.5, y * height - 0.5, score])


def decode_blazepose(landmarks: Raw, presence: Raw) -> Array:
    """BlazePose: (1, 5K) = x px, y px, z, visibility and presence logits; (1, 1) person there.

    A keypoint's score is the probability that it is visible, times that of a person being there:
    the network places what it cannot see, and what is not there.
    """
    rows = landmarks.reshape(-1, 5).astype(np.float64)
    visible = 0.5 + 0.5 * np.tanh(rows[:, 3] / 2)  # the logistic function, without overflow
    return np.column_stack([rows[:, :2] - 0.5, visible * float(presence.ravel()[0])])


def decode_keypoint_rcnn(
    boxes: Raw,
    labels: NDArray[np.int64],
    scores: Raw,
    keypoints: Raw,
    *,
    min_score: float,
    iou: float,
) -> tuple[Array, Array]:
    """Keypoint R-CNN: boxes (N, 4), labels (N,), scores (N,), keypoints (N, K, 3).

    Returns people's boxes (M, 5) = x1, y1, x2, y2, score, best first, and keypoints (M, K, 3). The
    third number of a keypoint is a flag: below 0.5 it is missing; the score is the person's.
    """
    people = np.flatnonzero((labels == PERSON_LABEL) & (scores >= min_score))
    kept = people[
        non_maximum_suppression(
            boxes[people].astype(np.float64), scores[people].astype(np.float64), iou
        )
    ]
    found = keypoints[kept].astype(np.float64)
    missing = found[:, :, 2] < 0.5
    found[:, :, :2] -= 0.5  # it counts from the input's corner, as its boxes do
    found[:, :, 2] = scores[kept, None]
    found[missing] = (np.nan, np.nan, 0)
    return np.column_stack([boxes[kept] - 0.5, scores[kept]]).astype(np.float64), found

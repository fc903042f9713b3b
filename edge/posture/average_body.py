"""Somebody of average build who stands square: what an interval is foretold on."""

from __future__ import annotations

import numpy as np

from edge.posture.perspective import ahead_of_ankles, beside
from edge.records import Pose, View
from edge.skeletons import COCO_17, part_of

# Heights of keypoints over the floor, in parts of stature: segment fractions after Winter.
_HEIGHT = {
    "nose": 0.925, "eye": 0.936, "ear": 0.93, "shoulder": 0.818, "elbow": 0.63, "wrist": 0.485,
    "hip": 0.53, "knee": 0.285, "ankle": 0.039,
}  # fmt: skip

_NOSE_AHEAD = 0.1  # of stature; ahead of the eyes


def average_pose(view: View, stature_px: float, feet_px: tuple[float, float]) -> Pose:
    """Over COCO-17, every keypoint seen and without an error of its own.

    feet_px : x, y on the floor, between the ankles.
    """
    facing = 1.0 if view in ("front", "right") else -1.0
    keypoints = np.ones((len(COCO_17.keypoints), 3), np.float32)
    for row, name in enumerate(COCO_17.keypoints):
        x = facing * (_NOSE_AHEAD if name == "nose" else ahead_of_ankles(name))
        if view in ("front", "back"):
            x = facing * beside(name) * (1.0 if name.startswith("left") else -1.0)
        up = _HEIGHT[part_of(name)]
        keypoints[row, :2] = feet_px[0] + x * stature_px, feet_px[1] - up * stature_px
    covariance = np.zeros((len(keypoints), 2, 2), np.float32)
    return Pose(COCO_17, keypoints, covariance, 1.0)

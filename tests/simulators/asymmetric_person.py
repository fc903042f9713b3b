"""One person, no side like the other, whose keypoints are small whole numbers of pixels."""

from __future__ import annotations

import numpy as np
from simulators.standing_person import pose_of

from edge.posture.calibration import Calibration
from edge.records import Pose, View
from edge.skeletons import COCO_17

# As seen from the front: the person's right is at image left.
FRONT = {
    "nose": (206, 100), "left_eye": (216, 92), "right_eye": (196, 96),
    "left_ear": (232, 98), "right_ear": (182, 104),
    "left_shoulder": (290, 200), "right_shoulder": (110, 188),
    "left_elbow": (300, 310), "right_elbow": (100, 300),
    "left_wrist": (310, 420), "right_wrist": (96, 400),
    "left_hip": (254, 450), "right_hip": (150, 459),
    "left_knee": (256, 640), "right_knee": (140, 650),
    "left_ankle": (260, 830), "right_ankle": (152, 842),
}  # fmt: skip
FACE = ("nose", "left_eye", "right_eye")
SCALE = Calibration(mm_per_px=2.0)


def person(view: View, **moved: tuple[float, float]) -> Pose:
    """The same person from the front, or from behind: mirrored, and no face."""
    points = FRONT | moved
    if view == "back":
        points = {name: (400 - x, y) for name, (x, y) in points.items()}
    scores = dict.fromkeys(COCO_17.keypoints, 0.9)
    if view == "back":
        scores |= dict.fromkeys(FACE, 0.05)
    return pose_of({name: np.array(p) for name, p in points.items()}, scores, sigma_px=1.0)

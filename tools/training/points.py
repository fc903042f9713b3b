"""The points that the networks learn, and what the mirror does to them."""

from __future__ import annotations

import numpy as np

from edge.skeletons import BODY_55, COCO_17

COCO_POINTS = COCO_17.keypoints
BODY_POINTS = BODY_55.keypoints  # COCO's 17 first

# For each point the one that the mirror image has in its place.
COCO_MIRROR = np.array(COCO_17.flip)
BODY_MIRROR = np.array(BODY_55.flip)

# What a close crop lies about. Shoulders and pelvis come twice: tilts are read there.
_CLOSE_GROUPS = (
    ("nose", "left_ear", "right_ear"),
    ("left_shoulder", "right_shoulder"),
    ("left_shoulder", "right_shoulder"),
    ("left_hip", "right_hip"),
    ("left_hip", "right_hip"),
    ("left_knee", "right_knee"),
    ("left_ankle", "right_ankle"),
)
CLOSE_ABOUT = tuple(np.array([COCO_17.index[name] for name in group]) for group in _CLOSE_GROUPS)

# What the head itself hides from behind.
FACE_IN_FRONT = np.array([0, 1, 2])

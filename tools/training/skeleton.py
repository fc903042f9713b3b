"""Keypoint orders of the pack and of the two networks, as index tables."""

from __future__ import annotations

import numpy as np

from edge.skeletons import COCO_17, COCO_18

# The pack's rows: COCO-17, then neck (middle of the shoulders) and head top.
PACK_KEYPOINTS = (*COCO_17.keypoints, "neck", "head_top")
PACK_FLIP = np.array([*COCO_17.flip, 17, 18])
PACK_TO_COCO_17 = np.arange(17)
PACK_TO_COCO_18 = np.array([PACK_KEYPOINTS.index(name) for name in COCO_18.keypoints])

# What the head itself hides from behind.
FACE_IN_FRONT = np.array([0, 1, 2])

LIMBS_18 = np.array(COCO_18.limbs)

# Half bodies of the pack's order; each is one way in which a door frame or a table cuts a person.
UPPER_BODY = np.array([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12])
HEAD_AND_SHOULDERS = np.array([0, 1, 2, 3, 4, 5, 6, 7, 8])
LOWER_BODY = np.array([11, 12, 13, 14, 15, 16])
TORSO_AND_LEGS = np.array([5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16])
HALF_BODIES = (UPPER_BODY, UPPER_BODY, HEAD_AND_SHOULDERS, LOWER_BODY, TORSO_AND_LEGS)

"""The points that the networks learn, and what the mirror does to them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from edge.estimation.crops import PARTS
from edge.skeletons import BODY_55, COCO_17

COCO_POINTS = COCO_17.keypoints
BODY_POINTS = BODY_55.keypoints  # COCO's 17 first

# For each point the one that the mirror image has in its place.
COCO_MIRROR = np.array(COCO_17.flip)
BODY_MIRROR = np.array(BODY_55.flip)


class CloseAbout(NamedTuple):
    """A part that close crops lie about: the joints whose middle is theirs, and their heights in
    body heights, least and most, where the measuring pass looks at it."""

    joints: NDArray[np.int64]
    heights: tuple[float, float]


# Pelvis, shoulders and head come twice: tilts are read there.
_TWICE = ("left_hip", "left_shoulder", "nose")
CLOSE_ABOUT = tuple(
    CloseAbout(np.array([COCO_17.index[name] for name in part.about]), part.heights)
    for part in PARTS
    for _ in range(2 if part.about[0] in _TWICE else 1)
)

# What the head itself hides from behind.
FACE_IN_FRONT = np.array([0, 1, 2])

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

# Lines of one side that measures are taken from, seen from any side: thigh, shank, trunk, neck,
# head, pelvis, back, foot. Between left and right the mirror says the pairs.
_OF_A_SIDE = (
    ("hip", "knee"), ("knee", "ankle"), ("trochanter", "knee"), ("knee", "lat_mal"),
    ("asis", "patella"), ("patella", "tib_tub"), ("patella", "ankle"), ("heel", "toe"),
    ("shoulder", "hip"), ("acromion", "trochanter"), ("asis", "psis"),
    ("ear", "shoulder"), ("ear", "eye"), ("tragus", "C7"), ("ear", "C7"), ("acromion", "C7"),
    ("shoulder", "C7"), ("lat_mal", "heel"),
)  # fmt: skip
_OF_THE_MIDDLE = (
    ("C4", "C7"), ("C7", "T3"), ("T3", "T6"), ("T6", "T8"), ("T8", "T12"), ("T12", "L4"),
    ("L4", "S2"), ("S2", "S5"), ("C7", "S2"),
)  # fmt: skip


def _row(name: str, side: str) -> int:
    own = f"{side}_{name}"
    return BODY_55.index[own if own in BODY_55.index else name]


SEGMENTS = np.array(
    [[_row(name, side) for name in ends] for side in ("left", "right") for ends in _OF_A_SIDE]
    + [[BODY_55.index[name] for name in ends] for ends in _OF_THE_MIDDLE]
)

# What the head itself hides from behind.
FACE_IN_FRONT = np.array([0, 1, 2])

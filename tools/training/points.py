"""The points that the networks learn, and what the mirror does to them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from edge.skeletons import COCO_17


def _both(*names: str) -> tuple[str, ...]:
    return tuple(f"{side}_{name}" for name in names for side in ("left", "right"))


# Spinal landmarks are skin over the spinous process; the others are felt through the skin.
LANDMARKS = (
    *("C7", "C4", "T3", "T6", "T8", "T12", "L4", "S2", "S5", "sternal_notch"),
    *_both("acromion", "asis", "psis", "trochanter", "patella", "tib_tub", "lat_mal", "med_mal"),
    *_both("tragus", "axilla", "waist", "scap_inf", "heel", "toe"),
)
COCO_POINTS = COCO_17.keypoints
BODY_POINTS = (*COCO_POINTS, *LANDMARKS)

# What a close crop lies about. Shoulders and pelvis come twice: tilts are read there.
CLOSE_GROUPS = (
    ("nose", "left_ear", "right_ear"),
    ("left_shoulder", "right_shoulder"),
    ("left_shoulder", "right_shoulder"),
    ("left_hip", "right_hip"),
    ("left_hip", "right_hip"),
    ("left_knee", "right_knee"),
    ("left_ankle", "right_ankle"),
)
CLOSE_ABOUT = tuple(
    np.array([COCO_POINTS.index(name) for name in group]) for group in CLOSE_GROUPS
)

# What the head itself hides from behind.
FACE_IN_FRONT = np.array([0, 1, 2])


def mirror_of(names: Sequence[str]) -> NDArray[np.int64]:
    """For each point the index of the point that the mirror image has in its place."""
    other = {"left": "right", "right": "left"}
    index = {name: i for i, name in enumerate(names)}

    def mirrored(name: str) -> str:
        side, _, rest = name.partition("_")
        return f"{other[side]}_{rest}" if side in other else name

    return np.array([index[mirrored(name)] for name in names])


BODY_MIRROR = mirror_of(BODY_POINTS)
COCO_MIRROR = mirror_of(COCO_POINTS)

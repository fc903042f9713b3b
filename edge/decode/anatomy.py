"""How far apart two keypoints of one body can be, whatever the pose and the direction of view.

Segment lengths as parts of stature are those of Drillis and Contini (1966), as printed by Winter,
"Biomechanics and Motor Control of Human Movement" (figure 4.1); the head's points are read from
the same figure. Head and trunk count as one rigid body; limbs hang on it. The reach of two
keypoints is the shortest way between them along the body: a picture shows less, never more.
"""

from __future__ import annotations

import numpy as np

from edge.records import Float32
from edge.skeletons import Skeleton

_MIDLINE = {
    "head_top": (0.0, 1.000, 0.00),
    "nose": (0.0, 0.920, 0.06),
    "upper_neck": (0.0, 0.870, 0.00),
    "neck": (0.0, 0.818, 0.00),
    "thorax": (0.0, 0.800, 0.02),
    "pelvis": (0.0, 0.530, 0.00),
    "mid_hip": (0.0, 0.530, 0.00),
}
_PAIRED = {
    "eye_inner": (0.010, 0.936, 0.05),
    "eye": (0.018, 0.936, 0.05),
    "eye_outer": (0.026, 0.936, 0.045),
    "mouth": (0.013, 0.900, 0.05),
    "ear": (0.045, 0.930, 0.00),
    "shoulder": (0.129, 0.818, 0.00),
    "hip": (0.0955, 0.530, 0.00),
    "elbow": (0.129, 0.632, 0.00),
    "wrist": (0.129, 0.486, 0.00),
    "pinky": (0.129, 0.430, 0.00),
    "index": (0.129, 0.425, 0.02),
    "thumb": (0.129, 0.450, 0.03),
    "knee": (0.0955, 0.285, 0.00),
    "ankle": (0.0955, 0.039, 0.00),
    "heel": (0.0955, 0.010, -0.04),
    "big_toe": (0.0855, 0.010, 0.11),
    "small_toe": (0.1155, 0.010, 0.09),
}
_STANDING = _MIDLINE | {
    f"{side}_{name}": (sign * x, y, z)
    for name, (x, y, z) in _PAIRED.items()
    for side, sign in (("left", 1), ("right", -1))
}
_RIGID = set(_MIDLINE) | {
    f"{side}_{name}"
    for name in ("eye_inner", "eye", "eye_outer", "mouth", "ear", "shoulder", "hip")
    for side in ("left", "right")
}


def reach(skeleton: Skeleton) -> Float32:
    """float32 (K, K): greatest distance of two keypoints, in statures; inf where unknown."""
    names = skeleton.keypoints
    limbs = {frozenset(limb) for limb in skeleton.limbs}
    ways = np.full((len(names), len(names)), np.inf)
    for i, one in enumerate(names):
        for j, other in enumerate(names):
            rigid = one in _RIGID and other in _RIGID
            known = one in _STANDING and other in _STANDING
            if known and (rigid or frozenset((i, j)) in limbs or i == j):
                ways[i, j] = np.linalg.norm(np.subtract(_STANDING[one], _STANDING[other]))
    for between in range(len(names)):  # Floyd and Warshall
        ways = np.minimum(ways, ways[:, between, None] + ways[None, between, :])
    ways.setflags(write=False)
    return ways.astype(np.float32)


def heights(skeleton: Skeleton) -> Float32:
    """float32 (K,): how high keypoints are above the ground when standing, in statures, or NaN."""
    return np.array(
        [_STANDING.get(name, (0, np.nan))[1] for name in skeleton.keypoints], np.float32
    )

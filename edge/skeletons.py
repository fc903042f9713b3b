"""Topologies as data: which keypoints a network names, and which pairs are limbs.

Left and right are the person's own. Limbs are pairs of 0-based keypoint indices.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property


def part_of(keypoint: str) -> str:
    """A keypoint's name without its side."""
    side, _, part = keypoint.partition("_")
    return part if side in ("left", "right") else keypoint


@dataclass(frozen=True)
class Skeleton:
    """A named, ordered set of keypoints and the limbs that join them.

    midpoints : (keypoint, a, b) where the skeleton defines a keypoint as the middle of two others.
    """

    name: str
    keypoints: tuple[str, ...]
    limbs: tuple[tuple[int, int], ...]
    midpoints: tuple[tuple[str, str, str], ...] = ()

    def __post_init__(self) -> None:
        if len(set(self.keypoints)) != len(self.keypoints):
            raise ValueError(f"{self.name}: a keypoint is named twice")
        for a, b in self.limbs:
            if not (0 <= a < len(self.keypoints) and 0 <= b < len(self.keypoints) and a != b):
                raise ValueError(f"{self.name}: limb ({a}, {b}) joins no two keypoints")

    @cached_property
    def index(self) -> dict[str, int]:
        """Keypoint name -> index."""
        return {name: i for i, name in enumerate(self.keypoints)}

    @cached_property
    def middles(self) -> dict[str, tuple[str, str]]:
        """Keypoint name -> the two keypoints whose middle it is by definition."""
        return {name: (a, b) for name, a, b in self.midpoints}

    @cached_property
    def flip(self) -> tuple[int, ...]:
        """Permutation that swaps left and right; its own inverse."""
        other = {"left": "right", "right": "left"}

        def mirrored(name: str) -> str:
            side, _, rest = name.partition("_")
            return f"{other[side]}_{rest}" if side in other else name

        return tuple(self.index.get(mirrored(name), i) for i, name in enumerate(self.keypoints))


@cache
def joined(first: Skeleton, second: Skeleton) -> Skeleton:
    """Both skeletons' keypoints as one person's, the first one's first; a shared name stands once.

    What the second says of the middle of two others counts where the first lacks that keypoint.
    """
    new = tuple(name for name in second.keypoints if name not in first.index)
    names = first.keypoints + new
    row = {name: i for i, name in enumerate(names)}
    pairs = [(row[second.keypoints[a]], row[second.keypoints[b]]) for a, b in second.limbs]
    return Skeleton(
        f"{first.name}+{second.name}",
        names,
        first.limbs + tuple(pair for pair in pairs if pair not in first.limbs),
        first.midpoints + tuple(middle for middle in second.midpoints if middle[0] in new),
    )


def _limbs(keypoints: tuple[str, ...], *pairs: str) -> tuple[tuple[int, int], ...]:
    index = {name: i for i, name in enumerate(keypoints)}
    joined = (pair.split("-") for pair in pairs)
    return tuple((index[a], index[b]) for a, b in joined)


_COCO_17 = (
    "nose", "left_eye", "right_eye", "left_ear", "right_ear", "left_shoulder", "right_shoulder",
    "left_elbow", "right_elbow", "left_wrist", "right_wrist", "left_hip", "right_hip",
    "left_knee", "right_knee", "left_ankle", "right_ankle",
)  # fmt: skip
_BODY_17 = (
    "nose-left_eye", "nose-right_eye", "left_eye-left_ear", "right_eye-right_ear",
    "left_shoulder-right_shoulder", "left_shoulder-left_elbow", "left_elbow-left_wrist",
    "right_shoulder-right_elbow", "right_elbow-right_wrist", "left_shoulder-left_hip",
    "right_shoulder-right_hip", "left_hip-right_hip", "left_hip-left_knee",
    "left_knee-left_ankle", "right_hip-right_knee", "right_knee-right_ankle",
    "left_ear-left_shoulder", "right_ear-right_shoulder",
)  # fmt: skip
COCO_17 = Skeleton("COCO-17", _COCO_17, _limbs(_COCO_17, *_BODY_17))

_COCO_18 = (
    "nose", "neck", "right_shoulder", "right_elbow", "right_wrist", "left_shoulder",
    "left_elbow", "left_wrist", "right_hip", "right_knee", "right_ankle", "left_hip",
    "left_knee", "left_ankle", "right_eye", "left_eye", "right_ear", "left_ear",
)  # fmt: skip
_OPENPOSE_19 = (
    "neck-right_shoulder", "neck-left_shoulder", "right_shoulder-right_elbow",
    "right_elbow-right_wrist", "left_shoulder-left_elbow", "left_elbow-left_wrist",
    "neck-right_hip", "right_hip-right_knee", "right_knee-right_ankle", "neck-left_hip",
    "left_hip-left_knee", "left_knee-left_ankle", "neck-nose", "nose-right_eye",
    "right_eye-right_ear", "nose-left_eye", "left_eye-left_ear", "right_shoulder-right_ear",
    "left_shoulder-left_ear",
)  # fmt: skip
_NECK = ("neck", "left_shoulder", "right_shoulder")
_MID_HIP = ("mid_hip", "left_hip", "right_hip")
COCO_18 = Skeleton("COCO-18", _COCO_18, _limbs(_COCO_18, *_OPENPOSE_19), (_NECK,))

_BODY_25 = (
    "nose", "neck", "right_shoulder", "right_elbow", "right_wrist", "left_shoulder",
    "left_elbow", "left_wrist", "mid_hip", "right_hip", "right_knee", "right_ankle", "left_hip",
    "left_knee", "left_ankle", "right_eye", "left_eye", "right_ear", "left_ear",
    "left_big_toe", "left_small_toe", "left_heel", "right_big_toe", "right_small_toe",
    "right_heel",
)  # fmt: skip
BODY_25 = Skeleton(
    "BODY-25",
    _BODY_25,
    _limbs(
        _BODY_25, "neck-mid_hip", "neck-right_shoulder", "neck-left_shoulder",
        "right_shoulder-right_elbow", "right_elbow-right_wrist", "left_shoulder-left_elbow",
        "left_elbow-left_wrist", "mid_hip-right_hip", "right_hip-right_knee",
        "right_knee-right_ankle", "mid_hip-left_hip", "left_hip-left_knee",
        "left_knee-left_ankle", "neck-nose", "nose-right_eye", "right_eye-right_ear",
        "nose-left_eye", "left_eye-left_ear", "right_shoulder-right_ear",
        "left_shoulder-left_ear", "left_ankle-left_big_toe", "left_big_toe-left_small_toe",
        "left_ankle-left_heel", "right_ankle-right_big_toe", "right_big_toe-right_small_toe",
        "right_ankle-right_heel",
    ),
    (_NECK, _MID_HIP),
)  # fmt: skip

# MPII's published "neck" is the upper neck (C1-C2) and "thorax" the jugular notch: kept apart from
# the mid-shoulder "neck" of COCO-18, which is neither.
_MPII_16 = (
    "right_ankle", "right_knee", "right_hip", "left_hip", "left_knee", "left_ankle", "pelvis",
    "thorax", "upper_neck", "head_top", "right_wrist", "right_elbow", "right_shoulder",
    "left_shoulder", "left_elbow", "left_wrist",
)  # fmt: skip
MPII_16 = Skeleton(
    "MPII-16",
    _MPII_16,
    _limbs(
        _MPII_16, "head_top-upper_neck", "upper_neck-thorax", "thorax-right_shoulder",
        "right_shoulder-right_elbow", "right_elbow-right_wrist", "thorax-left_shoulder",
        "left_shoulder-left_elbow", "left_elbow-left_wrist", "thorax-pelvis",
        "pelvis-right_hip", "right_hip-right_knee", "right_knee-right_ankle",
        "pelvis-left_hip", "left_hip-left_knee", "left_knee-left_ankle",
    ),
)  # fmt: skip

_AI_14 = (
    "head_top", "neck", "right_shoulder", "right_elbow", "right_wrist", "left_shoulder",
    "left_elbow", "left_wrist", "right_hip", "right_knee", "right_ankle", "left_hip",
    "left_knee", "left_ankle",
)  # fmt: skip
AI_14 = Skeleton(
    "AI-14",
    _AI_14,
    _limbs(
        _AI_14, "head_top-neck", "neck-right_shoulder", "right_shoulder-right_elbow",
        "right_elbow-right_wrist", "neck-left_shoulder", "left_shoulder-left_elbow",
        "left_elbow-left_wrist", "neck-right_hip", "right_hip-right_knee",
        "right_knee-right_ankle", "neck-left_hip", "left_hip-left_knee", "left_knee-left_ankle",
    ),
)  # fmt: skip

_BLAZEPOSE_33 = (
    "nose", "left_eye_inner", "left_eye", "left_eye_outer", "right_eye_inner", "right_eye",
    "right_eye_outer", "left_ear", "right_ear", "left_mouth", "right_mouth", "left_shoulder",
    "right_shoulder", "left_elbow", "right_elbow", "left_wrist", "right_wrist", "left_pinky",
    "right_pinky", "left_index", "right_index", "left_thumb", "right_thumb", "left_hip",
    "right_hip", "left_knee", "right_knee", "left_ankle", "right_ankle", "left_heel",
    "right_heel", "left_big_toe", "right_big_toe",
)  # fmt: skip
BLAZEPOSE_33 = Skeleton(
    "BlazePose-33",
    _BLAZEPOSE_33,
    _limbs(
        _BLAZEPOSE_33, *_BODY_17, "left_ankle-left_heel", "left_heel-left_big_toe",
        "right_ankle-right_heel", "right_heel-right_big_toe", "left_wrist-left_index",
        "right_wrist-right_index",
    ),
)  # fmt: skip

_SPINE_5 = ("C4", "T6", "T8", "L4", "S5")
SPINE_5 = Skeleton("SPINE-5", _SPINE_5, ((0, 1), (1, 2), (2, 3), (3, 4)))

# What is felt through the skin, and the skin over spinous processes.
_LANDMARKS = (
    "C7", "C4", "T3", "T6", "T8", "T12", "L4", "S2", "S5", "sternal_notch",
    *(
        f"{side}_{name}"
        for name in (
            "acromion", "asis", "psis", "trochanter", "patella", "tib_tub", "lat_mal", "med_mal",
            "tragus", "axilla", "waist", "scap_inf", "heel", "toe",
        )
        for side in ("left", "right")
    ),
)  # fmt: skip
_LANDMARK_LIMBS = (
    "C4-C7", "C7-T3", "T3-T6", "T6-T8", "T8-T12", "T12-L4", "L4-S2", "S2-S5",
    "left_acromion-right_acromion", "left_asis-right_asis", "left_psis-right_psis",
    "left_patella-left_tib_tub", "right_patella-right_tib_tub", "left_heel-left_toe",
    "right_heel-right_toe",
)  # fmt: skip
LANDMARKS_38 = Skeleton("LANDMARKS-38", _LANDMARKS, _limbs(_LANDMARKS, *_LANDMARK_LIMBS))

# What a network sees that looks closely: COCO's joints as COCO labels them, and the landmarks.
_BODY_55 = _COCO_17 + _LANDMARKS
BODY_55 = Skeleton(
    "BODY-55",
    _BODY_55,
    _limbs(
        _BODY_55, *_BODY_17, *_LANDMARK_LIMBS, "left_shoulder-left_acromion",
        "right_shoulder-right_acromion", "left_hip-left_asis", "right_hip-right_asis",
        "left_hip-left_psis", "right_hip-right_psis", "left_ankle-left_heel",
        "right_ankle-right_heel", "left_knee-left_patella", "right_knee-right_patella",
        "C7-left_acromion", "C7-right_acromion",
    ),
)  # fmt: skip

SKELETONS: dict[str, Skeleton] = {
    s.name: s for s in (COCO_17, COCO_18, BODY_25, MPII_16, AI_14, BLAZEPOSE_33, SPINE_5, BODY_55)
}

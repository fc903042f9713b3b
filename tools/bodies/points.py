"""The points of a body that a picture's truth names, in the order of its arrays."""

from __future__ import annotations

COCO = (
    "nose", "left_eye", "right_eye", "left_ear", "right_ear", "left_shoulder", "right_shoulder",
    "left_elbow", "right_elbow", "left_wrist", "right_wrist", "left_hip", "right_hip",
    "left_knee", "right_knee", "left_ankle", "right_ankle",
)  # fmt: skip
FEET = (
    "left_big_toe", "left_small_toe", "left_coco_heel",
    "right_big_toe", "right_small_toe", "right_coco_heel",
)  # fmt: skip
SPINE = ("C4", "C7", "T3", "T6", "T8", "T12", "L4", "S2", "S5", "sternal_notch")
PAIRS = (
    "acromion", "asis", "psis", "trochanter", "patella", "tib_tub", "lat_mal", "med_mal",
    "tragus", "axilla", "waist", "scap_inf", "heel", "toe",
)  # fmt: skip
LANDMARKS = SPINE + tuple(f"{side}_{name}" for name in PAIRS for side in ("left", "right"))
NAMES = COCO + FEET + LANDMARKS
INDEX = {name: row for row, name in enumerate(NAMES)}


def other_side(name: str) -> str:
    """The same point of the other half of the body; a point of the midline is its own."""
    if name.startswith("left_"):
        return "right_" + name.removeprefix("left_")
    if name.startswith("right_"):
        return "left_" + name.removeprefix("right_")
    return name


# Where each point of NAMES is found in a mirrored picture.
MIRROR = tuple(INDEX[other_side(name)] for name in NAMES)

# How far below what is drawn a point may lie and still counts as seen, metres: joints lie inside
# the body, landmarks on the skin under cloth and hair.
_INSIDE_M = {
    "shoulder": 0.09, "elbow": 0.06, "wrist": 0.05, "hip": 0.17, "knee": 0.10, "ankle": 0.08,
    "ear": 0.03,
}  # fmt: skip
BURIED_M = (
    *(_INSIDE_M.get(name.split("_")[-1], 0.02) for name in COCO),
    *[0.05] * len(FEET),
    *[0.04] * len(LANDMARKS),
)

"""Which half of an outfit lies over the landmarks of a measure.

What is worn is told by who took the picture; what nobody told counts as loose.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from edge.accuracy import CLOTHING, Clothing
from edge.skeletons import LANDMARKS_38, part_of

# By a part of a landmark's name; a head is bare, and over what is not named here lie both halves.
_OVER = {
    "upper": (
        "shoulder", "neck", "elbow", "wrist", "acromion", "axilla", "scap", "notch",
        "C4", "C7", "T3", "T6", "T8", "T12",
    ),
    "lower": (
        "knee", "ankle", "toe", "heel", "patella", "tib_tub", "_mal", "achilles", "trochanter",
    ),
    "neither": ("eye", "ear", "nose", "head", "tragus"),
}  # fmt: skip


# On the skin, but not under what is worn: the head, and feet, which shoes do not hide.
_BARE = ("tragus", "heel", "toe", "achilles")


class Dress(NamedTuple):
    """What a person wears above and below the waist."""

    upper: Clothing = "loose"
    lower: Clothing = "loose"

    def over(self, landmarks: tuple[str, ...]) -> Clothing:
        """The loosest over these landmarks."""
        worn = {"upper": self.upper, "lower": self.lower}
        return max((worn[half] for half in _halves(landmarks)), key=CLOTHING.index, default="bare")


UNTOLD = Dress()


@cache
def _halves(landmarks: tuple[str, ...]) -> tuple[str, ...]:
    halves: set[str] = set()
    for mark in landmarks:
        over = [half for half, parts in _OVER.items() if any(part in mark for part in parts)]
        halves.update(over or ("upper", "lower"))
    return tuple(sorted(halves - {"neither"}))


def under_cloth(keypoints: tuple[str, ...], dress: Dress) -> tuple[str, ...]:
    """The keypoints that are landmarks of the skin and lie under something loose."""
    return tuple(name for name in keypoints if _on_skin(name) and dress.over((name,)) == "loose")


@cache
def _on_skin(keypoint: str) -> bool:
    return keypoint in LANDMARKS_38.index and part_of(keypoint) not in _BARE

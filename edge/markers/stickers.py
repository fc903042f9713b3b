"""What was stuck on: which vertebrae, what colour, how far the stickers stand off the skin."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from edge.errors import SettingsInvalid
from edge.shown import quoted
from edge.skeletons import SPINE_5, Skeleton

Float64 = NDArray[np.float64]

# How far below C4 each spinous process lies along the back, in parts of stature: means over 60
# standing adults known exactly (their deviation 0.004 to 0.011; 22 children lie within 0.008). T1,
# T10 and L2 have no landmark there and are spaced evenly. Earlier estimates put S5 at 0.384, a gap
# below L4 that is half as long again.
ALONG_BACK = {
    "C4": 0.0, "C7": 0.026, "T1": 0.038, "T3": 0.062, "T6": 0.103, "T8": 0.131, "T10": 0.166,
    "T12": 0.201, "L2": 0.242, "L4": 0.284, "S5": 0.346,
}  # fmt: skip
# Below this a colour is too near to grey to be told from walls, cloth and skin in shade.
_LEAST_SATURATION = 0.35


@dataclass(frozen=True)
class Stickers:
    """One set of stickers.

    colour : as seen in the picture, sRGB, `#rrggbb`.
    vertebrae : top to bottom; C4, T6, T8, L4 and S5 at least.
    height_to_radius : how far a sticker stands off the skin against its radius: 1 a half ball, 0
        flat paper, which a side view hardly sees.
    """

    colour: str
    vertebrae: tuple[str, ...] = ("C4", "C7", "T6", "T8", "L4", "S5")
    height_to_radius: float = 1.0

    def __post_init__(self) -> None:
        if not re.fullmatch(r"#[0-9a-fA-F]{6}", self.colour):
            raise SettingsInvalid(
                f"{quoted(self.colour)} is no sticker colour.", "Write it as #rrggbb, like #2ca02c."
            )
        if self.bgr.min() > (1.0 - _LEAST_SATURATION) * self.bgr.max():
            raise SettingsInvalid(
                f"Stickers of {self.colour} are too near to grey to be told from skin and walls.",
                "Take stickers of a vivid green or blue.",
            )
        order = [name for name in ALONG_BACK if name in self.vertebrae]
        if list(self.vertebrae) != order or not set(SPINE_5.keypoints) <= set(order):
            raise SettingsInvalid(
                f"Stickers on {', '.join(self.vertebrae)} make no spine.",
                f"Name {', '.join(SPINE_5.keypoints)} at least, from the top down.",
            )
        if not 0.0 <= self.height_to_radius <= 2.0:
            raise SettingsInvalid(
                f"Stickers cannot stand {self.height_to_radius} radii off the skin.",
                "Write 1 for half balls, 0 for flat paper.",
            )

    @cached_property
    def bgr(self) -> Float64:
        """(3,) 0..255."""
        red, green, blue = bytes.fromhex(self.colour[1:])
        return np.array([blue, green, red], np.float64)

    @cached_property
    def skeleton(self) -> Skeleton:
        """A chain from the top sticker to the lowest."""
        pairs = tuple((i, i + 1) for i in range(len(self.vertebrae) - 1))
        return Skeleton(f"STICKERS-{len(self.vertebrae)}", self.vertebrae, pairs)

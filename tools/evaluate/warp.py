"""A photograph bent at one height of the body by a known amount, and nowhere else.

The picture is moved by d(x, y), a function of the place in the result: result(p) = picture(p -
d(p)). d is full in a band of rows about a line of the body, fades out above and below, and is 0
beyond, so that the trunk above and the legs below stay as they were.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.records import Uint8

Float64 = NDArray[np.float64]

# To the side of the line's middle the shear grows so far, in body heights: beyond the arms. Rows
# further out are moved as much as there, and none is folded over another at 8 deg.
REACH = 0.35
_TURNS = 60  # of the fixed point; each shrinks the error by 0.9 at the most


@dataclass(frozen=True, slots=True)
class Falloff:
    """flat, zero : distance from the line, in body heights, up to which all is moved and beyond
    which nothing is; a half cosine between them."""

    flat: float
    zero: float

    def share(self, distance: Float64) -> Float64:
        """How much of the movement is left at a distance in body heights, 1..0."""
        fade = np.clip((np.abs(distance) - self.flat) / (self.zero - self.flat), 0.0, 1.0)
        return np.asarray(0.5 + 0.5 * np.cos(np.pi * fade))


FALLOFFS = (Falloff(0.04, 0.14), Falloff(0.05, 0.19), Falloff(0.07, 0.26))


class Bend(Protocol):
    """A local movement of a picture."""

    def rows(self) -> tuple[int, int]:
        """First row that moves, and the first below that no longer does."""

    def moved_px(self, xy_px: Float64) -> Float64:
        """d at places (..., 2) of the result, px."""


@dataclass(frozen=True, slots=True)
class Shear:
    """A line turned clockwise in the picture by `deg` about its middle."""

    middle_px: tuple[float, float]
    body_px: float
    deg: float
    falloff: Falloff

    def rows(self) -> tuple[int, int]:
        return _rows(self.middle_px[1], self.falloff.zero * self.body_px)

    def moved_px(self, xy_px: Float64) -> Float64:
        reach = REACH * self.body_px
        beside = np.clip(xy_px[..., 0] - self.middle_px[0], -reach, reach)
        share = self.falloff.share((xy_px[..., 1] - self.middle_px[1]) / self.body_px)
        down = math.tan(math.radians(self.deg)) * beside * share
        return np.stack([np.zeros_like(down), down], axis=-1)


@dataclass(frozen=True, slots=True)
class Shift:
    """A height of the body moved to image right by `right_px`."""

    row_px: float
    body_px: float
    right_px: float
    falloff: Falloff

    def rows(self) -> tuple[int, int]:
        return _rows(self.row_px, self.falloff.zero * self.body_px)

    def moved_px(self, xy_px: Float64) -> Float64:
        right = self.right_px * self.falloff.share((xy_px[..., 1] - self.row_px) / self.body_px)
        return np.stack([right, np.zeros_like(right)], axis=-1)


def bent(image: Uint8, bend: Bend) -> Uint8:
    """The picture (H, W, 3) with a bend in it; what comes from beyond the edge repeats the edge."""
    first, last = (min(max(row, 0), image.shape[0]) for row in bend.rows())
    if first == last:
        return image
    y, x = np.mgrid[first:last, 0 : image.shape[1]].astype(np.float64)
    result = np.stack([x, y], axis=-1)
    source = (result - bend.moved_px(result)).astype(np.float32)
    moved = image.copy()
    moved[first:last] = cv2.remap(
        image, source[..., 0], source[..., 1], cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    return moved


def where(bend: Bend, xy_px: Float64) -> Float64:
    """Where points (..., 2) of the picture lie in the bent one: p = q + d(p), by iteration."""
    place = xy_px.astype(np.float64)
    for _ in range(_TURNS):
        place = xy_px + bend.moved_px(place)
    return place


def _rows(middle_px: float, half_px: float) -> tuple[int, int]:
    return math.floor(middle_px - half_px), math.ceil(middle_px + half_px) + 1

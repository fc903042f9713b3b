"""One person in one picture with what is known of it, whatever pack it comes from."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

# Sine and cosine of the yaw lie in -1..1: these bounds say nothing about it.
UNKNOWN_YAW = np.array([[-9.0, -9.0], [9.0, 9.0]], np.float32)


@dataclass(frozen=True, eq=False)
class Picture:
    """A stored picture and its labels; all coordinates are its pixels.

    stream: JPEG or PNG bytes. points: float32 (55, 2), `points.BODY_POINTS`; of a photograph only
    the first 17 are known. trust: float32 (55,), 0 = unknown. A point that is known not to be
    seen is NaN with trust > 0. sharp: bool (55,), the label is good enough for a sub-pixel term.
    box: x0 y0 x1 y1. yaw: (2, 2), least and most of (sine, cosine) of the yaw, which is 0 facing
    the camera and positive with the person's left side turned to it; exact where both agree.
    others: (n, 4), boxes of people nobody labelled. photograph: labels follow the photographs'
    convention, not the rendered bodies'. mask_stream: a PNG of the person's pixels. region: (3,)
    centre x, y and height of the only crop that the picture holds.
    """

    stream: NDArray[np.uint8]
    points: NDArray[np.float32]
    trust: NDArray[np.float32]
    sharp: NDArray[np.bool_]
    box: NDArray[np.float32]
    photograph: bool
    yaw: NDArray[np.float32] = field(default_factory=lambda: UNKNOWN_YAW)
    others: NDArray[np.float32] = field(default_factory=lambda: np.zeros((0, 4), np.float32))
    mask_stream: NDArray[np.uint8] | None = None
    region: NDArray[np.float32] | None = None

    @property
    def located(self) -> NDArray[np.bool_]:
        """Which points (55,) have a place."""
        return np.asarray((self.trust > 0) & np.isfinite(self.points[:, 0]))

    def decode(self, *, half: bool = False) -> NDArray[np.uint8]:
        """Return the picture, RGB; half: at half its size, which takes less than half the time."""
        flag = cv2.IMREAD_REDUCED_COLOR_2 if half else cv2.IMREAD_COLOR
        return decode_rgb(self.stream, flag)

    def mask(self) -> NDArray[np.bool_] | None:
        """Return the person's pixels, where they are known."""
        if self.mask_stream is None:
            return None
        return np.asarray(decode_rgb(self.mask_stream)[:, :, 0] > 0)


class People(Protocol):
    """People of one kind, photographed or rendered, wherever they are stored."""

    def draw(self, rng: np.random.Generator, *, close: bool) -> Picture:
        """Draw somebody for a whole or a close crop."""
        ...

    def rescan(self) -> None:
        """Take in what has appeared since."""
        ...

    def census(self) -> dict[str, int]:
        """Return how many people of each set there are."""
        ...


def decode_rgb(stream: NDArray[np.uint8], flag: int = cv2.IMREAD_COLOR) -> NDArray[np.uint8]:
    """Decode JPEG or PNG bytes to RGB."""
    image = cv2.imdecode(np.array(stream), flag)
    if image is None:
        raise ValueError("a stream of the pack is no image: fetch or write the pack again")
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2RGB), np.uint8)


def exact_yaw(yaw_deg: float) -> NDArray[np.float32]:
    """Return the bounds of a known yaw."""
    angle = np.radians(yaw_deg)
    return np.tile(np.array([np.sin(angle), np.cos(angle)], np.float32), (2, 1))


def mirrored_yaw(yaw: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the bounds of the mirror image: it has the sine negated."""
    (sin_least, cos_least), (sin_most, cos_most) = yaw
    return np.array([[-sin_most, cos_least], [-sin_least, cos_most]], np.float32)

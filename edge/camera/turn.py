"""How stored pixels become an upright picture with square pixels, and nothing to see through."""

from __future__ import annotations

import cv2
import numpy as np

from edge.records import Uint8

# (a, b, c, d), each -1, 0 or 1: x shown = a x + b y, y shown = c x + d y, of stored x and y, with
# y down and the picture moved to where its pixels are.
Turn = tuple[int, int, int, int]
UPRIGHT: Turn = (1, 0, 0, 1)
# By 0, 90, 180 and 270 degrees against the clock.
QUARTERS: tuple[Turn, ...] = (UPRIGHT, (0, 1, -1, 0), (-1, 0, 0, -1), (0, -1, 1, 0))


def then(first: Turn, second: Turn) -> Turn:
    """One turn after another."""
    a, b, c, d = first
    e, f, g, h = second
    return e * a + f * c, e * b + f * d, g * a + h * c, g * b + h * d


def turned(image: Uint8, turn: Turn) -> Uint8:
    """A picture, uint8 (H, W, 3) or (H, W), turned; itself where it is upright."""
    if turn == UPRIGHT:
        return image
    a, b, c, d = turn
    if a == 0:
        image = np.swapaxes(image, 0, 1)
    return np.ascontiguousarray(image[:: (c + d), :: (a + b)])


def squared(image: Uint8, aspect: float) -> Uint8:
    """A picture stored with pixels `aspect` times as wide as high, with square ones.

    The longer side of a pixel is divided: no line is thrown away.
    """
    if aspect == 1.0:
        return image
    height, width = image.shape[:2]
    size = (width, round(height / aspect)) if aspect < 1.0 else (round(width * aspect), height)
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_LINEAR), np.uint8)


def over_white(colours: Uint8, alpha: Uint8) -> Uint8:
    """A picture (H, W, 3) over white, by its alpha (H, W): as viewers show it on paper."""
    share = alpha[:, :, None].astype(np.float32) / 255.0
    over: Uint8 = np.rint(colours * share + 255.0 * (1.0 - share)).astype(np.uint8)
    return over

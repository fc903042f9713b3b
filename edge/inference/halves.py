"""A frame's picture at a half, a quarter, an eighth of its size, each made once.

A body fills most of a frame, and networks want a few hundred pixels of it. Finder, whole and the
quality gate all shrink the same picture: most of that work is its first halving.
"""

from __future__ import annotations

import cv2

from edge.records import Frame, Uint8

Picture = Uint8 | Frame  # BGR, uint8 (H, W, 3), by itself or as a frame whose halves are kept


def pixels(picture: Picture) -> Uint8:
    return picture.image if isinstance(picture, Frame) else picture


def halved(image: Uint8) -> Uint8:
    """Means of 2 x 2 pixels; the last row or column of an odd number is left out.

    image : uint8 (H, W, 3); gives (H // 2, W // 2, 3).
    """
    half = (image.shape[1] // 2, image.shape[0] // 2)
    return cv2.resize(image, half, interpolation=cv2.INTER_AREA)  # type: ignore[return-value]


def shrunk(frame: Frame, times: int) -> Uint8 | None:
    """The picture shrunk by `times`, a power of two; None where its sides cannot be halved so.

    Gives uint8 (H / times, W / times, 3), kept with the frame for whoever asks next.
    """
    if frame.height_px % times or frame.width_px % times:
        return None
    picture = frame.image
    for power in range(1, times.bit_length()):
        if 2**power not in frame.halves:
            half = frame.halves[2**power] = halved(picture)
            half.setflags(write=False)  # shared, as the picture itself is
        picture = frame.halves[2**power]
    return picture

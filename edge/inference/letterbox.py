"""A picture laid into a network's input, and the way back.

Both are axis-aligned affine maps in pixel-centre coordinates: input = image * scale + offset.
Source and target rectangles are whole pixels, so that the map is exact and `cv2.resize` (which
averages when it shrinks, as `warpAffine` cannot) draws exactly this map. Averages of 2 x 2 pixels
and then a bilinear step are 8 times as fast as one average over a broken number of pixels.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.field_maps import Letterbox
from edge.inference.halves import Picture, halved, pixels, shrunk
from edge.records import Frame, Uint8

# x, y, width, height
Box = tuple[float, float, float, float]


def calculate_fit_contain_output_area(
    in_height: int,
    in_width: int,
    out_height: int,
    out_width: int,
    offset_mode: Literal["floor", "float"] = "floor",
) -> tuple[float, float, int, int]:
    """Offset y, offset x, height, width of a picture fitted into an output, aspect kept; all in px.

    After anibali/pytorch-stacked-hourglass, `imfit.py`: round the size, floor the offset;
    offset_mode "float" keeps the half pixel that published samples were made with.
    """
    scale = min(out_height / in_height, out_width / in_width)
    height, width = max(1, round(in_height * scale)), max(1, round(in_width * scale))
    y, x = (out_height - height) / 2, (out_width - width) / 2
    if offset_mode == "floor":
        y, x = math.floor(y), math.floor(x)
    return y, x, height, width


def to_input(letterbox: Letterbox, xy_px: NDArray[np.floating]) -> NDArray[np.float64]:
    """Points (..., 2) of the picture in the input."""
    return xy_px * _scale(letterbox) + _offset(letterbox)


def to_image(letterbox: Letterbox, xy_px: NDArray[np.floating]) -> NDArray[np.float64]:
    """Points (..., 2) of the input, in the picture."""
    return (xy_px - _offset(letterbox)) / _scale(letterbox)


def covariance_to_image(
    letterbox: Letterbox, covariance_px2: NDArray[np.floating]
) -> NDArray[np.float64]:
    """Covariances (..., 2, 2) of points in the input, of the same points in the picture."""
    inverse = 1 / _scale(letterbox)
    return covariance_px2 * inverse[:, None] * inverse[None, :]


@dataclass(frozen=True)
class Placement:
    """Which pixels of the picture go to which pixels of the input.

    source, target : x, y, width, height; the source may reach beyond the picture.
    """

    source: tuple[int, int, int, int]
    target: tuple[int, int, int, int]
    input_hw: tuple[int, int]

    @property
    def letterbox(self) -> Letterbox:
        return _letterbox(self.source, self.target, self.input_hw)

    def lay(self, picture: Picture, pad: int) -> Uint8:
        """The input picture, uint8 (H, W, 3), from a picture (h, w, 3)."""
        x, y, width, height = self.source
        image = pixels(picture)
        top, bottom = max(0, -y), max(0, y + height - image.shape[0])
        left, right = max(0, -x), max(0, x + width - image.shape[1])
        if top + bottom >= height or left + right >= width:  # wholly outside
            return np.full((*self.input_hw, 3), pad, np.uint8)
        to_x, to_y, to_width, to_height = self.target
        shrinkage = min(height / to_height, width / to_width)
        inside = (x + left, y + top, width - left - right, height - top - bottom)
        times = _halvings(shrinkage)
        if any(length % times for length in (*inside[2:], top, bottom, left, right)):
            times = 1
        part = _part(picture, inside, times)
        if top or bottom or left or right:
            border = (top // times, bottom // times, left // times, right // times)
            grey = (pad, pad, pad)
            part = cv2.copyMakeBorder(  # type: ignore[assignment]
                part, *border, cv2.BORDER_CONSTANT, value=grey
            )
        how = cv2.INTER_AREA if shrinkage / times >= 2 else cv2.INTER_LINEAR
        drawn = cv2.resize(part, (to_width, to_height), interpolation=how)
        if (to_height, to_width) == self.input_hw:
            return drawn  # type: ignore[return-value]
        whole = np.full((*self.input_hw, 3), pad, np.uint8)
        whole[to_y : to_y + to_height, to_x : to_x + to_width] = drawn
        return whole


def contain(image_hw: tuple[int, int], input_hw: tuple[int, int]) -> Placement:
    """The whole picture, aspect kept, in the middle of the input."""
    y, x, height, width = calculate_fit_contain_output_area(*image_hw, *input_hw)
    target = (int(x), int(y), width, height)
    return Placement((0, 0, image_hw[1], image_hw[0]), target, input_hw)


def stretch(image_hw: tuple[int, int], input_hw: tuple[int, int]) -> Placement:
    """The whole picture over the whole input."""
    return Placement((0, 0, image_hw[1], image_hw[0]), (0, 0, input_hw[1], input_hw[0]), input_hw)


def crop(box_px: Box, input_hw: tuple[int, int], margin: float = 1.0) -> Placement:
    """A person's box, grown by `margin` about its centre and widened to the input's aspect.

    box_px : x, y, width, height; pixel k covers k - 0.5 to k + 0.5.
    """
    x, y, width, height = box_px
    aspect = input_hw[1] / input_hw[0]
    height = max(height, width / aspect, 1.0) * margin
    halvings = _halvings(height / input_hw[0])
    rows, columns = (
        max(2, math.ceil(length / halvings) * halvings) for length in (height, height * aspect)
    )
    # On whole blocks of the halving, so that the picture's edge cuts none in two.
    left, top = (
        round((low + length / 2 + 0.5 - taken / 2) / halvings) * halvings
        for low, length, taken in ((x, box_px[2], columns), (y, box_px[3], rows))
    )
    return Placement((left, top, columns, rows), (0, 0, input_hw[1], input_hw[0]), input_hw)


def _halvings(shrinkage: float) -> int:
    """The largest power of two not above a shrinkage."""
    power: int = 2 ** max(0, math.floor(math.log2(shrinkage)))
    return power


def _part(picture: Picture, inside: tuple[int, int, int, int], times: int) -> Uint8:
    """A rectangle x, y, width, height of a picture, shrunk by `times`."""
    x, y, width, height = inside
    if isinstance(picture, Frame):
        small = shrunk(picture, times)
        if small is not None and x % times == y % times == 0:
            rows, columns = (
                slice(low // times, (low + length) // times)
                for low, length in ((y, height), (x, width))
            )
            return small[rows, columns]
    part = pixels(picture)[y : y + height, x : x + width]
    for _ in range(times.bit_length() - 1):
        part = halved(part)
    return part


def _letterbox(source: Box, target: Box, input_hw: tuple[int, int]) -> Letterbox:
    scale_x, scale_y = target[2] / source[2], target[3] / source[3]
    return Letterbox(
        scale_x=scale_x,
        scale_y=scale_y,
        offset_x_px=target[0] - source[0] * scale_x + (scale_x - 1) / 2,
        offset_y_px=target[1] - source[1] * scale_y + (scale_y - 1) / 2,
        input_width_px=input_hw[1],
        input_height_px=input_hw[0],
    )


def _scale(letterbox: Letterbox) -> NDArray[np.float64]:
    return np.array([letterbox.scale_x, letterbox.scale_y])


def _offset(letterbox: Letterbox) -> NDArray[np.float64]:
    return np.array([letterbox.offset_x_px, letterbox.offset_y_px])

"""The way from the picture into the input, of which the product only needs the way back."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from edge.field_maps import Letterbox
from edge.inference.letterbox import calculate_fit_contain_output_area


def to_input(letterbox: Letterbox, xy_px: NDArray[np.floating]) -> NDArray[np.float64]:
    """Points (..., 2) of the picture in the input."""
    scale = np.array([letterbox.scale_x, letterbox.scale_y])
    return xy_px * scale + np.array([letterbox.offset_x_px, letterbox.offset_y_px])


def fitted(image_hw: tuple[int, int], input_hw: tuple[int, int], offset_mode: str) -> Letterbox:
    """The map of `calculate_fit_contain_output_area`, by hand: pixel centres at whole numbers."""
    y, x, height, width = calculate_fit_contain_output_area(*image_hw, *input_hw, offset_mode)
    scale_x, scale_y = width / image_hw[1], height / image_hw[0]
    return Letterbox(
        scale_x, scale_y, x + scale_x / 2 - 0.5, y + scale_y / 2 - 0.5, input_hw[1], input_hw[0]
    )

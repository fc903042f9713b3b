"""What a network answers with: maps on a grid, and how the picture lies in them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Float32 = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Letterbox:
    """How a picture was laid into a network's input, and back.

    input = image * scale + offset, in pixel-centre coordinates, for x and y separately.
    """

    scale_x: float
    scale_y: float
    offset_x_px: float
    offset_y_px: float
    input_width_px: int
    input_height_px: int


@dataclass(frozen=True, slots=True, eq=False)
class FieldMaps:
    """A network's answer on a grid.

    heatmaps : float32 (J, H, W), one map a keypoint of the skeleton, in its order.
    pafs : float32 (2L, H, W), x and y of limb l at 2l and 2l + 1; None for heatmap networks.
    stride : input pixels per map cell: input = (map + 0.5) * stride - 0.5.
    letterbox : from the picture to the input.
    """

    heatmaps: Float32
    pafs: Float32 | None
    stride: float
    letterbox: Letterbox

    def __post_init__(self) -> None:
        for maps in (self.heatmaps, self.pafs):
            if maps is not None:
                maps.setflags(write=False)

"""Where the measuring pass looks: the whole person again and again, and each part from near by.

A round is one crop of the whole and one of each part; the rounds differ in size and place, so that
what a network makes of one framing is averaged away. The closer look is worth more than anything
else (slopes of shoulder tilt on photographs: whole .5, close .86, one run of the first trial).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from edge.estimation.nearness import Array
from edge.inference.letterbox import Box


class Part(NamedTuple):
    """A part of the body to look at closely.

    about : COCO joints whose middle the crop lies about. joints : those it answers for; they tell
        left from right too. landmarks : those it answers for. heights : of its crops, least and
        most, in body heights.
    """

    about: tuple[str, ...]
    joints: tuple[str, ...]
    landmarks: tuple[str, ...]
    heights: tuple[float, float]


class Framing(NamedTuple):
    """wide : of close crops, 0 to 1: between the least and the most height that their part has.

    whole_part : of the person's box. shift : to the right and down, in parts of the crop's height.
    """

    wide: float
    whole_part: float
    shift: tuple[float, float]


def _both(*names: str) -> tuple[str, ...]:
    return tuple(f"{side}_{name}" for name in names for side in ("left", "right"))


# Heights within what the networks were trained on, 0.35 to 0.75 body heights: of each part those at
# which its lines are followed best. An eye line's slope on validation bodies was .83 in crops of
# 0.36 body heights and .21 in crops of 0.72; knees and ankles need to see more of the legs.
PARTS = (
    Part(
        _both("hip"), _both("hip"),
        ("T12", "L4", "S2", "S5", *_both("asis", "psis", "trochanter", "waist")),
        (0.38, 0.52),
    ),
    Part(
        _both("shoulder"), _both("shoulder"),
        ("C4", "C7", "T3", "T6", "T8", "T12", "sternal_notch",
         *_both("acromion", "axilla", "scap_inf")),
        (0.45, 0.62),
    ),
    Part(
        ("nose", *_both("ear")), ("nose", *_both("eye", "ear")), ("C4", "C7", *_both("tragus")),
        (0.35, 0.46),
    ),
    Part(_both("knee"), _both("knee"), _both("patella", "tib_tub"), (0.50, 0.72)),
    Part(
        _both("ankle"), _both("ankle"), _both("lat_mal", "med_mal", "heel", "toe"), (0.48, 0.66),
    ),
)  # fmt: skip

# Whole crops vary by as much as those of the training. The shifts cancel.
FRAMINGS = (
    Framing(0.35, 1.00, (0.00, 0.00)),
    Framing(0.70, 0.94, (0.03, 0.02)),
    Framing(0.10, 1.06, (-0.03, -0.02)),
    Framing(0.55, 0.97, (-0.02, 0.03)),
    Framing(0.90, 1.03, (0.02, -0.03)),
    Framing(0.25, 1.09, (0.03, -0.02)),
    Framing(1.00, 0.91, (-0.03, 0.02)),
    Framing(0.00, 1.00, (0.00, 0.00)),
)


def body_height_px(box_px: Box) -> float:
    """What stands for the body's height: the box's, or more where somebody lies."""
    return max(box_px[3], 0.8 * box_px[2])


def whole_box(box_px: Box, framing: Framing) -> Box:
    """The person's box x, y, width, height as a framing has it."""
    x, y, width, height = box_px
    longer = max(width, height)
    centre_x = x + width / 2 + framing.shift[0] * longer
    centre_y = y + height / 2 + framing.shift[1] * longer
    width, height = width * framing.whole_part, height * framing.whole_part
    return centre_x - width / 2, centre_y - height / 2, width, height


def close_height_px(part: Part, framing: Framing, body_px: float) -> float:
    """How high a close crop is. body_px : height of the person."""
    least, most = part.heights
    return (least + framing.wide * (most - least)) * body_px


def close_box(
    centre_px: Array, height_px: float, framing: Framing, input_hw: Sequence[int], margin: float
) -> Box:
    """The box that makes a crop of this height, once the network's margin is added.

    centre_px : (2,), of the crop in the picture. input_hw : of the network, whose aspect the box
    has. margin : factor by which the network enlarges a box.
    """
    centre_x, centre_y = (np.asarray(centre_px) + np.multiply(framing.shift, height_px)).tolist()
    height = height_px / margin
    width = height * input_hw[1] / input_hw[0]
    return centre_x - width / 2, centre_y - height / 2, width, height

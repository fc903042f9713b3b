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
        left from right too. landmarks : those it answers for.
    """

    about: tuple[str, ...]
    joints: tuple[str, ...]
    landmarks: tuple[str, ...]


class Framing(NamedTuple):
    """close_part : height of close crops in body heights. whole_part : of the person's box.

    shift : to the right and down, in parts of the crop's height.
    """

    close_part: float
    whole_part: float
    shift: tuple[float, float]


def _both(*names: str) -> tuple[str, ...]:
    return tuple(f"{side}_{name}" for name in names for side in ("left", "right"))


PARTS = (
    Part(
        _both("hip"), _both("hip"),
        ("T12", "L4", "S2", "S5", *_both("asis", "psis", "trochanter", "waist")),
    ),
    Part(
        _both("shoulder"), _both("shoulder"),
        ("C4", "C7", "T3", "T6", "T8", "T12", "sternal_notch",
         *_both("acromion", "axilla", "scap_inf")),
    ),
    Part(
        ("nose", *_both("ear")), ("nose", *_both("eye", "ear")), ("C4", "C7", *_both("tragus")),
    ),
    Part(_both("knee"), _both("knee"), _both("patella", "tib_tub")),
    Part(_both("ankle"), _both("ankle"), _both("lat_mal", "med_mal", "heel", "toe")),
)  # fmt: skip

# Within what the networks were trained on: close crops of 0.35 to 0.75 body heights, whole ones up
# to 15 % larger or smaller, both shifted by a few hundredths. The shifts cancel.
FRAMINGS = (
    Framing(0.50, 1.00, (0.00, 0.00)),
    Framing(0.62, 0.94, (0.03, 0.02)),
    Framing(0.42, 1.06, (-0.03, -0.02)),
    Framing(0.56, 0.97, (-0.02, 0.03)),
    Framing(0.68, 1.03, (0.02, -0.03)),
    Framing(0.46, 1.09, (0.03, -0.02)),
    Framing(0.72, 0.91, (-0.03, 0.02)),
    Framing(0.38, 1.00, (0.00, 0.00)),
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


def close_box(
    centre_px: Array, body_px: float, framing: Framing, input_hw: Sequence[int], margin: float
) -> Box:
    """The box that makes a crop of the framing's height, once the network's margin is added.

    centre_px : (2,), of the crop in the picture. body_px : height of the person. input_hw : of the
    network, whose aspect the box has. margin : factor by which the network enlarges a box.
    """
    height = framing.close_part * body_px
    centre_x, centre_y = (np.asarray(centre_px) + np.multiply(framing.shift, height)).tolist()
    height /= margin
    width = height * input_hw[1] / input_hw[0]
    return centre_x - width / 2, centre_y - height / 2, width, height

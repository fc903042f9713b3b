"""Where in a picture a printed target might be: many places, at little cost.

At each pixel the picture in green against magenta is taken apart, by least squares, into what lies
behind and how that changes across (a shoulder's target has the shirt on one side and the wall on
the other), a disc of the ring's size and a disc of the inner one. The last share is how much more
magenta the inner disc is than the ring, and how well the discs explain what else the window holds
says whether there is a target at all. All are correlations with fixed masks.
"""

from __future__ import annotations

import math
from functools import cache
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.markers.target import CORE_SHARE
from edge.markers.target_kernel import PIXEL_VARIANCE, blurred_ellipse
from edge.records import Float32

Float64 = NDArray[np.float64]

# Looked for at the size that targets have on a person of 600 px, sharp and blurred, and somewhat
# smaller for tall people and discs at a slant.
WORKING_RADIUS_PX = 4.2
_RADII, _BLURS_PX = (0.86, 1.05), (0.6, 1.4)
_LEAST_CONTRAST, _LEAST_EXPLAINED = 0.4, 0.35
_APART_PX = 2  # a neighbour that scores more is the same target
_DARK = 0.01  # added to the brightness, white being 1: contrast of the dark is noise


class Candidate(NamedTuple):
    """x_px, y_px : in the picture searched. contrast : of disc against ring over brightness."""

    x_px: float
    y_px: float
    contrast: float


class _Masks(NamedTuple):
    """bases : (3, S, S) float32, window times behind, disc, inner disc. unmix : (3, 3) from their
    correlations to shares. slopes : (2, S, S), of length 1, of what lies behind along x and y; by
    symmetry they have no part in the bases. window : (S, S) float32."""

    bases: Float32
    unmix: Float64
    slopes: Float32
    window: Float32


@cache
def _masks(radius_px: float, blur_px: float) -> _Masks:
    reach = math.ceil(1.45 * radius_px + 0.5 * blur_px)
    size = 2 * reach + 1
    discs = np.ones((3, size, size))
    for part, share in ((1, 1.0), (2, CORE_SHARE)):
        area = (share * radius_px) ** 2
        blurred_ellipse(
            float(reach), float(reach), area, 0.0, area, math.hypot(blur_px, PIXEL_VARIANCE**0.5),
            discs[part],
        )  # fmt: skip
    rows, columns = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    window = np.clip(reach + 0.5 - np.hypot(rows, columns), 0.0, 1.0)
    bases = discs * window
    normal = np.einsum("aij,bij->ab", bases, discs)
    slopes = np.stack([columns, rows]) * (1.0 - discs[1]) * window
    slopes /= np.sqrt((slopes**2).sum(axis=(1, 2), keepdims=True))
    return _Masks(
        bases.astype(np.float32), np.linalg.inv(normal), slopes.astype(np.float32),
        window.astype(np.float32),
    )  # fmt: skip


def scores(image: Float32, radius_px: float = WORKING_RADIUS_PX) -> Float32:
    """(H, W), the contrast of a target centred at each pixel; 0 where there is none.

    image : float32 (H, W, 3), BGR, linear light.
    """
    green = image[..., 1] - 0.5 * (image[..., 0] + image[..., 2])
    side = 2 * round(radius_px) + 1
    bright = cv2.blur(image.mean(axis=2), (side, side)) + _DARK
    best = np.zeros(green.shape, np.float32)
    for share in _RADII:
        for blur_px in _BLURS_PX:
            masks = _masks(share * radius_px, blur_px)
            best = np.maximum(best, _response(green, bright, masks))
    return best


def _response(green: Float32, bright: Float32, masks: _Masks) -> Float32:
    def correlated(picture: Float32, mask: Float32) -> Float32:
        return np.asarray(cv2.filter2D(picture, -1, mask, borderType=cv2.BORDER_REPLICATE))

    seen = [correlated(green, mask) for mask in masks.bases]
    squares = correlated(green * green, masks.window)
    behind, ring, inner = (
        sum(m * s for m, s in zip(row, seen, strict=True)) for row in masks.unmix
    )
    modelled = behind * seen[0] + ring * seen[1] + inner * seen[2]
    for slope in masks.slopes:
        squares -= correlated(green, slope) ** 2
    varies = squares - seen[0] ** 2 / float(masks.window.sum())
    explained = 1.0 - np.maximum(squares - modelled, 0.0) / (varies + 1e-7)
    contrast = -inner / bright
    good = (explained > _LEAST_EXPLAINED) & (contrast > _LEAST_CONTRAST)
    return np.asarray(np.where(good, contrast, 0.0), np.float32)


def peaks(scored: Float32, wanted: NDArray[np.bool_], most: int) -> list[Candidate]:
    """The highest places of a score (H, W) within a mask (H, W), best first."""
    side = 2 * _APART_PX + 1
    highest = scored == cv2.dilate(scored, np.ones((side, side), np.uint8))
    rows, columns = np.nonzero(highest & (scored > 0.0) & wanted)
    order = np.argsort(-scored[rows, columns], kind="stable")[:most]
    return [
        Candidate(float(x), float(y), float(scored[y, x]))
        for y, x in zip(rows[order].tolist(), columns[order].tolist(), strict=True)
    ]

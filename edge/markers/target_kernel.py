"""What a printed target looks like through a lens: the kernel under its fit.

A disc seen at a slant is an ellipse, and the picture of an ellipse behind a lens is the ellipse
blurred by a Gaussian. Along a row of the picture it is a sum over the ellipse's chords, each
a difference of two error functions. Chords at even steps of the angle t, at the heights sin(t),
have no corner at either end; steps below 1.6 deviations of the blur give the sum to 1e-3.
"""

from __future__ import annotations

# ruff: noqa: PLR0917 - a kernel takes its arrays one by one
import math

import numpy as np
from numpy.typing import NDArray

from edge.decode.kernel import frozen_array, kernel, types

Float64 = NDArray[np.float64]
Float32 = NDArray[np.float32]

# Rows of the parameters of a target in a picture.
X, Y, LOG_RADIUS, STRETCH, SHEAR, LOG_BLUR, SHADE_X, SHADE_Y = range(8)
PARAMETERS = 8
# Colours that are solved for: disc, ring, rim, what is behind, and its change along x and y.
PARTS, SLOPES = 6, 4

PIXEL_VARIANCE = 1.0 / 12.0  # a pixel averages over itself
# Things are neither blacker than black nor brighter than the sun: what is known of any colour.
COLOUR_MEAN, COLOUR_SD = 0.25, 0.25

_CHORD_STEP = 1.6  # deviations of the blur
_FEWEST_CHORDS = 8

_in2, _in1 = frozen_array(types.float64, 2), frozen_array(types.float64, 1)
_window = frozen_array(types.float32, 3)
_out2 = types.float64[:, ::1]


@kernel(
    types.void(
        types.float64, types.float64, types.float64, types.float64, types.float64, types.float64,
        _out2,
    )
)  # fmt: skip
def blurred_ellipse(
    x_px: float,
    y_px: float,
    xx_px2: float,
    xy_px2: float,
    yy_px2: float,
    blur_px: float,
    out: Float64,
) -> None:
    """How much of each pixel an ellipse covers. out (H, W).

    x_px, y_px : its centre, from the centre of the first pixel. xx, xy, yy : its shape S, the
    points u from the centre with u' S^-1 u <= 1. blur_px : deviation of the blur, pixel included.
    """
    height, width = out.shape
    half_height = math.sqrt(yy_px2)
    half_width = math.sqrt(max(xx_px2 - xy_px2 * xy_px2 / yy_px2, 1e-9))
    slope = xy_px2 / yy_px2
    scale = 1.0 / (blur_px * math.sqrt(2.0))
    largest = max(half_height, math.sqrt(xx_px2))
    chords = max(_FEWEST_CHORDS, math.ceil(math.pi * largest / (_CHORD_STEP * blur_px)))
    step = math.pi / chords
    density = half_height * step / (blur_px * math.sqrt(2.0 * math.pi))
    for row in range(height):
        for column in range(width):
            out[row, column] = 0.0
    chord = np.empty(width)
    for n in range(chords):
        angle = (n + 0.5) * step - 0.5 * math.pi
        cosine = math.cos(angle)
        up = half_height * math.sin(angle)
        middle, half = x_px + slope * up, half_width * cosine
        for column in range(width):
            away = column - middle
            chord[column] = 0.5 * (
                math.erf((away + half) * scale) - math.erf((away - half) * scale)
            )
        for row in range(height):
            apart = (row - y_px - up) / blur_px
            share = math.exp(-0.5 * apart * apart) * density * cosine
            if share > 1e-9:
                for column in range(width):
                    out[row, column] += share * chord[column]


@kernel(types.void(_out2, _out2, _out2))
def solve(normal: Float64, right: Float64, out: Float64) -> None:
    """Solve normal @ out = right by Cholesky's factors, which replace the lower half of `normal`.

    normal (N, N), symmetric and positive, its lower half given; right and out (N, M).
    """
    count, columns = right.shape
    for i in range(count):
        for j in range(i + 1):
            total = normal[i, j]
            for k in range(j):
                total -= normal[i, k] * normal[j, k]
            normal[i, j] = math.sqrt(total) if i == j else total / normal[j, j]
    for c in range(columns):
        for i in range(count):
            total = right[i, c]
            for k in range(i):
                total -= normal[i, k] * out[k, c]
            out[i, c] = total / normal[i, i]
        for i in range(count - 1, -1, -1):
            total = out[i, c]
            for k in range(i + 1, count):
                total -= normal[k, i] * out[k, c]
            out[i, c] = total / normal[i, i]


@kernel(
    types.float64(
        _window, _in2, _in1, types.float64, types.float64, _out2, _out2,
    )
)  # fmt: skip
def residual(
    window: Float32,
    weight: Float64,
    target: Float64,
    core_share: float,
    cut_share: float,
    colours: Float64,
    out: Float64,
) -> float:
    """What a target leaves unexplained of a window, its colours being the best ones.

    window : float32 (H, W, 3), linear light. weight (H, W) : of each pixel's deviation. target (8,)
    : the parameters, X and Y from the first pixel. colours (6, 3) and out (H W, 3), deviations
    times weight, are written. Returns the sum of their squares, and of the colours' own deviations.
    """
    height, width, _ = window.shape
    radius = math.exp(target[LOG_RADIUS])
    area = radius * radius
    xx, xy, yy = (
        area * (1.0 + target[STRETCH]), area * target[SHEAR], area * (1.0 - target[STRETCH]),
    )  # fmt: skip
    blur = math.sqrt(math.exp(2.0 * target[LOG_BLUR]) + PIXEL_VARIANCE)
    covers = np.empty((3, height, width))
    for part in range(3):
        share = core_share if part == 0 else (1.0 if part == 1 else cut_share)
        share *= share
        blurred_ellipse(
            target[X], target[Y], xx * share, xy * share, yy * share, blur, covers[part],
        )  # fmt: skip
    normal, right = np.zeros((PARTS, PARTS)), np.zeros((PARTS, 3))
    parts = np.empty((height * width, PARTS))
    for row in range(height):
        for column in range(width):
            away_x, away_y = column - target[X], row - target[Y]
            shade = 1.0 + (target[SHADE_X] * away_x + target[SHADE_Y] * away_y) / radius
            w, i = weight[row, column], row * width + column
            core, ring, cut = covers[0, row, column], covers[1, row, column], covers[2, row, column]
            parts[i, 0] = w * core * shade
            parts[i, 1] = w * (ring - core) * shade
            parts[i, 2] = w * (cut - ring) * shade
            behind = w * (1.0 - cut)
            parts[i, 3] = behind
            parts[i, 4], parts[i, 5] = behind * away_x / radius, behind * away_y / radius
            for a in range(PARTS):
                for b in range(a + 1):
                    normal[a, b] += parts[i, a] * parts[i, b]
                for channel in range(3):
                    right[a, channel] += parts[i, a] * w * window[row, column, channel]
    sure = 1.0 / (COLOUR_SD * COLOUR_SD)
    for a in range(PARTS):
        normal[a, a] += sure
        for channel in range(3):
            right[a, channel] += sure * (COLOUR_MEAN if a < SLOPES else 0.0)
    solve(normal, right, colours)
    total = 0.0
    for a in range(PARTS):
        for channel in range(3):
            mean = COLOUR_MEAN if a < SLOPES else 0.0
            away = (colours[a, channel] - mean) / COLOUR_SD
            total += away * away
    for row in range(height):
        for column in range(width):
            w, i = weight[row, column], row * width + column
            for channel in range(3):
                left = w * window[row, column, channel]
                for a in range(PARTS):
                    left -= parts[i, a] * colours[a, channel]
                out[i, channel] = left
                total += left * left
    return total

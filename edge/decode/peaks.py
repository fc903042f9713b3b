"""Peaks of heatmaps: maxima, placed below the pixel, each with its covariance.

A maximum is placed by the log-parabola: the logarithm of a Gaussian is a parabola, whose vertex
three values give exactly. Three columns, summed over three rows with weights 1/2, 1, 1/2, keep a
separable Gaussian a Gaussian of the same width and raise the signal over the noise by a quarter.

The covariance has two parts. What the map's white noise moves follows from the fit's derivatives.
What the network does not know shows in the peak itself: the map that minimises the squared error
is the target Gaussian blurred by the distribution of the position, so the height falls as the
spread grows, and that distribution has the covariance spread * (1 - height) (see heatmap.py).
"""

# mypy: disable-error-code="no-untyped-def"
# ruff: noqa: PLR0917 - a kernel takes its arrays one by one

from __future__ import annotations

import math

import numpy as np

from edge.decode.kernel import HALF, ONE, ZERO, frozen_array, inlined, kernel, trailing_zeros, types
from edge.decode.maxima import SEGMENT_PX, is_maximum, mark_candidates, next_segment

# One peak: x, y (map px), score, var x, cov xy, var y (map px^2).
X, Y, SCORE, VAR_X, COV_XY, VAR_Y = range(6)
PEAK_FIELDS = 6

# px^2: a maximum without a parabola may lie anywhere in its pixel or next
_UNFITTED_VARIANCE = np.float32(0.25)
_UNIFORM = np.float32(1 / 12)  # variance of a place that is known to a width of 1
_LEAST_UNSURE = np.float32(0.01)  # a network that claims certainty is not quite believed
_FLATTEST = np.float32(-0.02)  # of second differences of logarithms: sd of the Gaussian 7 px

_maps = frozen_array(types.float32, 3)
_cells = frozen_array(types.float32, 1)


@inlined
def _vertex(before, at, after, noise):
    """Offset of the log-parabola's vertex, its derivatives by the three values, spread; 0s: no fit.

    offset = (l- - l+) / (2 (l- - 2 l0 + l+)), l = log of the value. A value below the noise says
    only that it is small, and stands for the noise. The vertex may lie up to one pixel off: noise
    may have lifted a neighbour of the true maximum. The spread is the Gaussian's variance.
    """
    before, after = max(before, noise), max(after, noise)
    per_at = ONE / at
    rise, fall = math.log(before * per_at), math.log(after * per_at)
    bend, slope = rise + fall, rise - fall
    per_bend = HALF / bend
    offset = slope * per_bend
    if not (bend < _FLATTEST and abs(offset) <= ONE):  # NaN too
        return ZERO, ZERO, ZERO, ZERO, ZERO
    scale = per_bend * (per_bend + per_bend)
    return (
        offset,
        (bend - slope) * scale / before,
        (slope + slope) * scale * per_at,
        (-bend - slope) * scale / after,
        -per_bend - per_bend,
    )


@inlined
def _along(before, at, after, weight_a, weight_b, noise, unsure):
    """Offset along one axis, its variance, and its gain by a pixel's weight in the other one.

    before, at, after : sums across the axis; weight_a, weight_b : of their outer pixels.
    """
    offset, gain_0, gain_1, gain_2, spread = _vertex(before, at, after, noise)
    if not spread > 0:
        return ZERO, _UNFITTED_VARIANCE, ZERO
    weights = ONE + weight_a * weight_a + weight_b * weight_b
    squares = gain_0 * gain_0 + gain_1 * gain_1 + gain_2 * gain_2
    variance = noise * noise * weights * squares + unsure * spread
    # An axis that is fitted is inside: its outer pixels weigh HALF.
    return offset, variance, HALF * gain_0 + gain_1 + HALF * gain_2


@kernel(
    types.void(
        _cells,
        types.int64,
        types.int64,
        types.int64,
        types.int64,
        types.int64,
        types.float32,
        types.float32,
        types.float32[:, :, ::1],
        types.int64,
        types.int64,
    )
)
def place_peak(cells, end, width, cell, y, x, noise, doubt, peaks, j, into):
    """Fill the fields of peaks[j, into] (see PEAK_FIELDS) for the maximum at a cell: (x, y).

    cells : float32 (J * H * width,), maps one after the other; this one ends at `end`.
    noise : standard deviation of its white noise. doubt : see PafOptions.
    At a border the axis across it has no parabola: the pixel's centre is kept, with the variance
    of a position that is known to a pixel only. The same holds where neighbours are damaged.
    """
    at = np.uint64(cell)  # never counts from the end
    top = cells[at]
    place_x, place_y = np.float32(x), np.float32(y)
    var_x = var_y = _UNFITTED_VARIANCE
    gain_x = gain_y = ZERO

    # A flat top wider than two pixels (clipped or quantised maps): its middle, known to its width.
    run_x, run_y = 1, 1
    while x + run_x < width and cells[cell + run_x] == top:
        run_x += 1
    while cell + run_y * width < end and cells[cell + run_y * width] == top:
        run_y += 1
    if run_x > 2 or run_y > 2:
        wide_x, wide_y = np.float32(run_x), np.float32(run_y)
        place_x += HALF * (wide_x - ONE)
        place_y += HALF * (wide_y - ONE)
        var_x = max(var_x, wide_x * wide_x * _UNIFORM)
        var_y = max(var_y, wide_y * wide_y * _UNIFORM)
    else:
        inner_up, inner_down = y > 0, cell + width < end
        inner_left, inner_right = x > 0, x < width - 1
        weight_up, weight_down = HALF * np.float32(inner_up), HALF * np.float32(inner_down)
        weight_left, weight_right = HALF * np.float32(inner_left), HALF * np.float32(inner_right)
        up, down = np.uint64(width * inner_up), np.uint64(width * inner_down)
        left, right = np.uint64(inner_left), np.uint64(inner_right)
        before, after = cells[at - left], cells[at + right]
        above, below = cells[at - up], cells[at + down]
        up_left, up_right = cells[at - up - left], cells[at - up + right]
        down_left, down_right = cells[at + down - left], cells[at + down + right]
        unsure = doubt * max(ONE - top, _LEAST_UNSURE)
        if inner_left and inner_right:
            offset, var_x, gain_x = _along(
                before + weight_up * up_left + weight_down * down_left,
                top + weight_up * above + weight_down * below,
                after + weight_up * up_right + weight_down * down_right,
                weight_up, weight_down, noise, unsure,
            )  # fmt: skip
            place_x += offset
        if inner_up and inner_down:
            offset, var_y, gain_y = _along(
                above + weight_left * up_left + weight_right * up_right,
                top + weight_left * before + weight_right * after,
                below + weight_left * down_left + weight_right * down_right,
                weight_left, weight_right, noise, unsure,
            )  # fmt: skip
            place_y += offset
    peaks[j, into, X], peaks[j, into, Y], peaks[j, into, SCORE] = place_x, place_y, min(top, ONE)
    peaks[j, into, VAR_X], peaks[j, into, VAR_Y] = var_x, var_y
    # Both axes use the same nine pixels; pixel (i, j) enters x by weight j and y by weight i.
    peaks[j, into, COV_XY] = noise * noise * gain_x * gain_y


@inlined
def _lowest(peaks, j):
    lowest = 0
    for p in range(1, peaks.shape[1]):
        if peaks[j, p, SCORE] < peaks[j, lowest, SCORE]:
            lowest = p
    return lowest


@kernel(
    types.boolean(
        _maps,
        types.float32,
        types.float32,
        types.float32,
        types.float32[:, :, ::1],
        types.int32[::1],
    )
)
def find_peaks(heatmaps, threshold, noise, doubt, peaks, counts):
    """Fill `peaks` (J, capacity, PEAK_FIELDS) and `counts` (J,); True when some had to be left out.

    heatmaps : float32 (J, H, W). threshold : lowest value of a peak. noise : see `noise_sd`.
    doubt : see PafOptions.
    Where a map has more peaks than there is room for, the highest stay.
    """
    count, height, width = heatmaps.shape
    capacity = peaks.shape[1]
    cells = heatmaps.reshape(heatmaps.size)
    bits, least = cells.view(np.int32), np.float32(threshold).view(np.int32)
    marks = np.empty(SEGMENT_PX, np.uint8)
    eights = marks.view(np.uint64)  # most hold none
    truncated = False
    for j in range(count):
        first, end = j * height * width, (j + 1) * height * width
        found = 0
        begin = next_segment(bits, first, end, least)
        while begin < end:
            mark_candidates(cells, first, end, width, begin, threshold, marks)
            for n in range(len(eights)):
                marked = eights[n]
                while marked:
                    cell = begin + 8 * n + np.int64(trailing_zeros(marked) // np.uint64(8))
                    marked &= marked - np.uint64(1)
                    y, x = divmod(np.uint32(cell - first), np.uint32(width))
                    if not is_maximum(cells, first, end, width, cell, x):
                        continue
                    into = found
                    if found == capacity:
                        truncated = True
                        into = _lowest(peaks, j)
                        if not peaks[j, into, SCORE] < cells[cell]:
                            continue
                    else:
                        found += 1
                    place_peak(cells, end, width, cell, y, x, noise, doubt, peaks, j, into)
            begin = next_segment(bits, begin + SEGMENT_PX, end, least)
        counts[j] = found
    return truncated

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

from edge.decode.kernel import HALF, ZERO, frozen_array, inlined, kernel, types
from edge.decode.maxima import SEGMENT_PX, mark_maxima, next_segment

# One peak: x, y (map px), score, var x, cov xy, var y (map px^2).
X, Y, SCORE, VAR_X, COV_XY, VAR_Y = range(6)
PEAK_FIELDS = 6

# px^2: a maximum without a parabola may lie anywhere in its pixel or next
_UNFITTED_VARIANCE = 0.25
_ROW_WEIGHT = HALF
_LEAST_UNSURE = np.float32(0.01)  # a network that claims certainty is not quite believed
_FLATTEST = np.float32(-0.02)  # of second differences of logarithms: sd of the Gaussian 7 px

_maps = frozen_array(types.float32, 3)
_map = frozen_array(types.float32, 2)


@inlined
def _vertex(before, at, after, noise):
    """Offset of the log-parabola's vertex, its derivatives by the three values, spread; 0s: no fit.

    offset = (l- - l+) / (2 (l- - 2 l0 + l+)), l = log of the value. A value below the noise says
    only that it is small, and stands for the noise. The vertex may lie up to one pixel off: noise
    may have lifted a neighbour of the true maximum. The spread is the Gaussian's variance.
    """
    before, after = max(before, noise), max(after, noise)
    rise, fall = math.log(before / at), math.log(after / at)
    bend, slope = rise + fall, rise - fall
    per_bend = HALF / bend
    offset = slope * per_bend
    if not (bend < _FLATTEST and abs(offset) <= 1):  # NaN too
        return ZERO, ZERO, ZERO, ZERO, ZERO
    scale = per_bend / bend
    return (
        offset,
        (bend - slope) * scale / before,
        (slope + slope) * scale / at,
        (-bend - slope) * scale / after,
        -np.float32(1) / bend,
    )


@kernel(
    types.void(_map, types.int64, types.int64, types.float32, types.float32, types.float32[::1])
)
def place_peak(heatmap, y, x, noise, doubt, peak):
    """Fill one peak's fields (see PEAK_FIELDS) for the maximum at pixel (y, x).

    heatmap : float32 (H, W). noise : standard deviation of its white noise. doubt : see PafOptions.
    At a border the axis across it has no parabola: the pixel's centre is kept, with the variance
    of a position that is known to a pixel only. The same holds where neighbours are damaged.
    """
    height, width = heatmap.shape
    top = heatmap[y, x]
    peak[X], peak[Y], peak[SCORE] = np.float32(x), np.float32(y), min(top, np.float32(1))
    peak[VAR_X] = peak[VAR_Y] = _UNFITTED_VARIANCE
    peak[COV_XY] = ZERO

    # A flat top wider than two pixels (clipped or quantised maps): its middle, known to its width.
    run_x, run_y = 1, 1
    while x + run_x < width and heatmap[y, x + run_x] == top:
        run_x += 1
    while y + run_y < height and heatmap[y + run_y, x] == top:
        run_y += 1
    if run_x > 2 or run_y > 2:
        peak[X] += HALF * (run_x - 1)
        peak[Y] += HALF * (run_y - 1)
        peak[VAR_X] = max(_UNFITTED_VARIANCE, run_x * run_x / 12)
        peak[VAR_Y] = max(_UNFITTED_VARIANCE, run_y * run_y / 12)
        return

    fits_x, fits_y = 0 < x < width - 1, 0 < y < height - 1
    weight_up = _ROW_WEIGHT if y > 0 else ZERO
    weight_down = _ROW_WEIGHT if y < height - 1 else ZERO
    weight_left = _ROW_WEIGHT if x > 0 else ZERO
    weight_right = _ROW_WEIGHT if x < width - 1 else ZERO
    up, down = max(y - 1, 0), min(y + 1, height - 1)
    left, right = max(x - 1, 0), min(x + 1, width - 1)
    corner_a = weight_up * heatmap[up, left] + weight_down * heatmap[down, left]
    corner_b = weight_up * heatmap[up, right] + weight_down * heatmap[down, right]
    column_0 = weight_up * heatmap[up, x] + heatmap[y, x] + weight_down * heatmap[down, x]
    row_up = heatmap[up, x] + weight_left * heatmap[up, left] + weight_right * heatmap[up, right]
    row_0 = heatmap[y, x] + weight_left * heatmap[y, left] + weight_right * heatmap[y, right]
    row_down = (
        heatmap[down, x] + weight_left * heatmap[down, left] + weight_right * heatmap[down, right]
    )
    gain_x = gain_y = ZERO
    unsure = doubt * max(1 - top, _LEAST_UNSURE)
    if fits_x:
        vertex, gain_0, gain_1, gain_2, spread = _vertex(
            heatmap[y, left] + corner_a, column_0, heatmap[y, right] + corner_b, noise
        )
        if gain_1 != 0 or gain_0 != 0:
            weights = 1 + weight_up * weight_up + weight_down * weight_down
            peak[X] += vertex
            peak[VAR_X] = noise * noise * weights * (gain_0**2 + gain_1**2 + gain_2**2)
            peak[VAR_X] += unsure * spread
            gain_x = weight_left * gain_0 + gain_1 + weight_right * gain_2
    if fits_y:
        vertex, gain_0, gain_1, gain_2, spread = _vertex(row_up, row_0, row_down, noise)
        if gain_1 != 0 or gain_0 != 0:
            weights = 1 + weight_left * weight_left + weight_right * weight_right
            peak[Y] += vertex
            peak[VAR_Y] = noise * noise * weights * (gain_0**2 + gain_1**2 + gain_2**2)
            peak[VAR_Y] += unsure * spread
            gain_y = weight_up * gain_0 + gain_1 + weight_down * gain_2
    # Both axes use the same nine pixels; pixel (i, j) enters x by weight j and y by weight i.
    peak[COV_XY] = noise * noise * gain_x * gain_y


@inlined
def _lowest(peaks):
    lowest = 0
    for p in range(1, len(peaks)):
        if peaks[p, SCORE] < peaks[lowest, SCORE]:
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
    marks = np.empty(SEGMENT_PX, np.uint8)
    eights = marks.view(np.uint64)  # most hold none
    truncated = False
    for j in range(count):
        heatmap = heatmaps[j]
        cells = heatmap.reshape(height * width)
        found = 0
        start = next_segment(cells, 0, threshold)
        while start < len(cells):
            mark_maxima(cells, width, start, threshold, marks)
            for m in range(SEGMENT_PX):
                if eights[m // 8] == 0 or marks[m] == 0:
                    continue
                y, x = divmod(np.uint32(start + m), np.uint32(width))
                into = found
                if found == capacity:
                    truncated = True
                    into = _lowest(peaks[j])
                    if not peaks[j, into, SCORE] < heatmap[y, x]:
                        continue
                else:
                    found += 1
                place_peak(heatmap, y, x, noise, doubt, peaks[j, into])
            start = next_segment(cells, start + SEGMENT_PX, threshold)
        counts[j] = found
    return truncated

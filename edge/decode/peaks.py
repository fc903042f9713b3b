"""Peaks of heatmaps: unique maxima, placed below the pixel, each with its covariance.

A peak is found where the map is above the threshold and above its neighbours: strictly above the
four that come earlier in reading order, at least equal to the four that come later. So a plateau
gives one peak, and quantised maps lose none.

It is placed by the log-parabola: the logarithm of a Gaussian is a parabola, whose vertex three
values give exactly. Three columns, summed over three rows with weights 1/2, 1, 1/2, keep a
separable Gaussian a Gaussian of the same width and raise the signal over the noise by a quarter.
The covariance follows from the fit's derivatives and the map's own white noise.
"""

# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

import math

import numpy as np

from edge.decode.kernel import frozen_array, inlined, kernel, types

# One peak: x, y (map px), score, var x, cov xy, var y (map px^2).
X, Y, SCORE, VAR_X, COV_XY, VAR_Y = range(6)
PEAK_FIELDS = 6

NOISE_FLOOR = 1 / (127 * math.sqrt(12))
"""Rounding noise of an 8-bit map: nothing is ever believed to be cleaner."""

_UNFITTED_VARIANCE = (
    0.25  # px^2: a maximum without a parabola may lie anywhere in its pixel or next
)
HALF = np.float32(0.5)
ROW_WEIGHT = HALF
_FLATTEST = np.float32(-0.02)  # of second differences of logarithms: sd of the Gaussian 7 px
_SEGMENT_PX = 32
_SEGMENTS = 24
_SCAN_PX = 64

# All sums are float32, counts too: one width fills the vector unit.
ZERO = np.float32(0)
_DAMAGED = np.float32(4)

_maps = frozen_array(types.float32, 3)
_map = frozen_array(types.float32, 2)


@kernel(types.float32(types.float32[::1]))
def _clipped_sd(samples):
    # The start is the 40 % quantile of |x|, found by halving: an order statistic without a sort.
    low, high = ZERO, _DAMAGED
    for _ in range(14):
        middle = (low + high) * np.float32(0.5)
        below = ZERO
        for i in range(len(samples)):
            below += np.float32(abs(samples[i]) < middle)
        if below < np.float32(0.4) * len(samples):
            low = middle
        else:
            high = middle
    sd = high / np.float32(0.5244)  # that quantile of |N(0, 1)|
    for _ in range(6):
        limit = np.float32(2.5) * sd
        square, kept = ZERO, ZERO
        for i in range(len(samples)):
            inside = np.float32(abs(samples[i]) < limit)
            kept += inside
            square += inside * samples[i] * samples[i]
        if kept == 0:
            break
        # 0.9113: variance of a normal distribution cut at 2.5 sd
        sd = np.float32(math.sqrt(square / (np.float32(0.9113) * kept)))
    return max(sd, np.float32(NOISE_FLOOR))


@kernel(types.float32(_maps))
def noise_sd(heatmaps):
    """Standard deviation of the maps' white noise, at least NOISE_FLOOR.

    Second differences in 3 x 3 (Immerkaer 1996, "Fast noise variance estimation") cancel whatever
    is smooth. Their mean square is taken over pieces of rows spread over the maps, and taken again
    without what exceeds 2.5 standard deviations, until only background is left: peaks are few.
    """
    count, height, width = heatmaps.shape
    if height < 3 or width < 3:
        return np.float32(NOISE_FLOOR)
    samples = np.empty(_SEGMENTS * _SEGMENT_PX, np.float32)
    length = min(_SEGMENT_PX, width - 2)
    used = 0
    for s in range(_SEGMENTS):
        # The golden ratio and the plastic number spread rows and columns evenly.
        y = int((s * 0.6180339887) % 1.0 * (height - 2))
        x = int((s * 0.7548776662) % 1.0 * (width - 1 - length))
        above = heatmaps[s % count, y, x:]
        row = heatmaps[s % count, y + 1, x:]
        below = heatmaps[s % count, y + 2, x:]
        into = samples[used : used + length]
        for i in range(length):
            corners = above[i] + above[i + 2] + below[i] + below[i + 2]
            edges = above[i + 1] + below[i + 1] + row[i] + row[i + 2]
            second = (corners - np.float32(2) * edges + np.float32(4) * row[i + 1]) * np.float32(
                1 / 6
            )
            into[i] = second if abs(second) < _DAMAGED else _DAMAGED  # NaN too
        used += length
    return _clipped_sd(samples[:used])


@inlined
def _vertex(before, at, after, noise):
    """Offset of the log-parabola's vertex and its derivatives by the three values; 0s: no fit.

    offset = (l- - l+) / (2 (l- - 2 l0 + l+)), l = log of the value. A value below the noise says
    only that it is small, and stands for the noise. The vertex may lie up to one pixel off: noise
    may have lifted a neighbour of the true maximum.
    """
    before, after = max(before, noise), max(after, noise)
    rise, fall = math.log(before / at), math.log(after / at)
    bend, slope = rise + fall, rise - fall
    per_bend = HALF / bend
    offset = slope * per_bend
    if not (bend < _FLATTEST and abs(offset) <= 1):  # NaN too
        return ZERO, ZERO, ZERO, ZERO
    scale = per_bend / bend
    return (
        offset,
        (bend - slope) * scale / before,
        (slope + slope) * scale / at,
        (-bend - slope) * scale / after,
    )


@inlined
def _is_maximum(heatmap, y, x, value):
    height, width = heatmap.shape
    has_left, has_right = x > 0, x < width - 1
    if has_left and not value > heatmap[y, x - 1]:
        return False
    if has_right and not value >= heatmap[y, x + 1]:
        return False
    if y > 0:
        if not value > heatmap[y - 1, x]:
            return False
        if has_left and not value > heatmap[y - 1, x - 1]:
            return False
        if has_right and not value > heatmap[y - 1, x + 1]:
            return False
    if y < height - 1:
        if not value >= heatmap[y + 1, x]:
            return False
        if has_left and not value >= heatmap[y + 1, x - 1]:
            return False
        if has_right and not value >= heatmap[y + 1, x + 1]:
            return False
    return True


@kernel(types.void(_map, types.int64, types.int64, types.float32, types.float32[::1]))
def place_peak(heatmap, y, x, noise, peak):
    """Fill one peak's fields (see PEAK_FIELDS) for the maximum at pixel (y, x).

    heatmap : float32 (H, W). noise : standard deviation of its white noise.
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
    weight_up = ROW_WEIGHT if y > 0 else ZERO
    weight_down = ROW_WEIGHT if y < height - 1 else ZERO
    weight_left = ROW_WEIGHT if x > 0 else ZERO
    weight_right = ROW_WEIGHT if x < width - 1 else ZERO
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
    if fits_x:
        vertex, gain_0, gain_1, gain_2 = _vertex(
            heatmap[y, left] + corner_a, column_0, heatmap[y, right] + corner_b, noise
        )
        if gain_1 != 0 or gain_0 != 0:
            weights = 1 + weight_up * weight_up + weight_down * weight_down
            peak[X] += vertex
            peak[VAR_X] = noise * noise * weights * (gain_0**2 + gain_1**2 + gain_2**2)
            gain_x = weight_left * gain_0 + gain_1 + weight_right * gain_2
    if fits_y:
        vertex, gain_0, gain_1, gain_2 = _vertex(row_up, row_0, row_down, noise)
        if gain_1 != 0 or gain_0 != 0:
            weights = 1 + weight_left * weight_left + weight_right * weight_right
            peak[Y] += vertex
            peak[VAR_Y] = noise * noise * weights * (gain_0**2 + gain_1**2 + gain_2**2)
            gain_y = weight_up * gain_0 + gain_1 + weight_down * gain_2
    # Both axes use the same nine pixels; pixel (i, j) enters x by weight j and y by weight i.
    peak[COV_XY] = noise * noise * gain_x * gain_y


@kernel(types.int64(frozen_array(types.float32, 1), types.int64, types.float32))
def _next_segment(flat, start, threshold):
    """Where the next segment begins that holds a value above the threshold; the end without one.

    Most of a map is background: it is passed over at vector speed.
    """
    for begin in range(start, len(flat), _SCAN_PX):
        segment = flat[begin : begin + _SCAN_PX]
        above = False
        for i in range(len(segment)):
            above |= segment[i] > threshold
        if above:
            return begin
    return len(flat)


@kernel(
    types.boolean(_maps, types.float32, types.float32, types.float32[:, :, ::1], types.int32[::1])
)
def find_peaks(heatmaps, threshold, noise, peaks, counts):
    """Fill `peaks` (J, capacity, PEAK_FIELDS) and `counts` (J,); True when some had to be left out.

    heatmaps : float32 (J, H, W). threshold : lowest value of a peak. noise : see `noise_sd`.
    Where a map has more peaks than there is room for, the highest stay.
    """
    count, height, width = heatmaps.shape
    capacity = peaks.shape[1]
    pixels = height * width
    truncated = False
    for j in range(count):
        heatmap = heatmaps[j]
        flat = heatmap.reshape(pixels)
        found = 0
        start = _next_segment(flat, 0, threshold)
        while start < pixels:
            for cell in range(start, min(start + _SCAN_PX, pixels)):
                value = flat[cell]
                if not threshold < value < _DAMAGED:
                    continue
                y, x = divmod(cell, width)
                if not _is_maximum(heatmap, y, x, value):
                    continue
                if found < capacity:
                    place_peak(heatmap, y, x, noise, peaks[j, found])
                    found += 1
                    continue
                truncated = True
                weakest = 0
                for p in range(1, capacity):
                    if peaks[j, p, SCORE] < peaks[j, weakest, SCORE]:
                        weakest = p
                if peaks[j, weakest, SCORE] < value:
                    place_peak(heatmap, y, x, noise, peaks[j, weakest])
            start = _next_segment(flat, start + _SCAN_PX, threshold)
        counts[j] = found
    return truncated

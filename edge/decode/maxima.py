"""Maxima of one heatmap: where it is above a threshold and above its neighbours.

Strictly above the four neighbours that come earlier in reading order, at least equal to the four
that come later. So a plateau gives one maximum, and quantised maps lose none.

Most of a map is background, so it is read in segments of 64 cells: those that hold nothing are
passed over, all cells of the others are compared at once.
"""

# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

import numpy as np

from edge.decode.kernel import frozen_array, inlined, kernel, types

SEGMENT_PX = 64
DAMAGED = np.float32(4)  # no heatmap reaches it

_cells = frozen_array(types.float32, 1)


@kernel(types.int64(_cells, types.int64, types.float32))
def next_segment(cells, start, threshold):
    """Where the next segment begins that holds a value above the threshold; the end without one.

    The bits of positive floats are ordered as the floats: the greatest integer has no trouble with
    NaN, so the processor compares many at a time.
    """
    bits, least = cells.view(np.int32), np.float32(threshold).view(np.int32)
    count = len(bits)
    begin = start
    while begin + SEGMENT_PX <= count:
        greatest = np.int32(0)
        for i in range(begin, begin + SEGMENT_PX):
            greatest = max(greatest, bits[np.uint64(i)])  # unsigned: never counts from the end
        if greatest > least:
            return begin
        begin += SEGMENT_PX
    for i in range(begin, count):
        if bits[i] > least:
            return begin
    return count


@inlined
def _is_maximum(cells, width, y, x, threshold):
    """The test by itself, for cells that may lie on the border."""
    value = cells[y * width + x]
    if not threshold < value < DAMAGED:
        return False
    for v in range(max(y - 1, 0), min(y + 2, len(cells) // width)):
        for u in range(max(x - 1, 0), min(x + 2, width)):
            earlier = v < y or (v == y and u < x)
            if earlier and not value > cells[v * width + u]:
                return False
            if not value >= cells[v * width + u]:
                return False
    return True


@kernel(types.void(_cells, types.int64, types.int64, types.float32, types.uint8[::1]))
def mark_maxima(cells, width, start, threshold, marks):
    """Set `marks` (SEGMENT_PX,) to 1 where the segment that begins at cell `start` has maxima.

    cells : float32 (H * width,), one map.
    """
    end = start + SEGMENT_PX
    if start <= width or end >= len(cells) - width:
        for cell in range(start, end):
            y, x = divmod(cell, width)
            marks[cell - start] = cell < len(cells) and _is_maximum(cells, width, y, x, threshold)
        return
    above, row, below = cells[start - width - 1 :], cells[start - 1 :], cells[start + width - 1 :]
    for i in range(SEGMENT_PX):
        value = row[i + 1]
        marks[i] = (
            (value > threshold)
            & (value < DAMAGED)
            & (value > above[i])
            & (value > above[i + 1])
            & (value > above[i + 2])
            & (value > row[i])
            & (value >= row[i + 2])
            & (value >= below[i])
            & (value >= below[i + 1])
            & (value >= below[i + 2])
        )
    # The last cell of a row and the first of the next were compared across the border.
    y = np.int64(np.uint32(start + width - 1) // np.uint32(width))
    while y * width <= end:
        if y * width > start:
            marks[y * width - 1 - start] = _is_maximum(cells, width, y - 1, width - 1, threshold)
        if y * width < end:
            marks[y * width - start] = _is_maximum(cells, width, y, 0, threshold)
        y += 1

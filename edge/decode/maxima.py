"""Maxima of one heatmap: where it is above a threshold and above its neighbours.

Strictly above the four neighbours that come earlier in reading order, at least equal to the four
that come later. So a plateau gives one maximum, and quantised maps lose none.

Most of a map is background, so it is read in segments of 64 cells: those that hold nothing are
passed over, all cells of the others are compared at once.
"""

# mypy: disable-error-code="no-untyped-def"
# ruff: noqa: PLR0917 - a kernel takes its arrays one by one

from __future__ import annotations

import numpy as np

from edge.decode.kernel import frozen_array, inlined, kernel, types

SEGMENT_PX = 64
DAMAGED = np.float32(4)  # no heatmap reaches it

_cells = frozen_array(types.float32, 1)


@inlined
def next_segment(bits, begin, end, least):
    """Where the next segment begins that holds a value above the threshold; `end` without one.

    bits : the cells as int32, least : so the threshold. The bits of positive floats are ordered as
    the floats: the greatest integer has no trouble with NaN, so the processor compares many at a
    time.
    """
    while begin + SEGMENT_PX <= end:
        greatest = np.int32(0)
        for i in range(begin, begin + SEGMENT_PX):
            greatest = max(greatest, bits[np.uint64(i)])  # unsigned: never counts from the end
        if greatest > least:
            return begin
        begin += SEGMENT_PX
    for i in range(begin, end):
        if bits[np.uint64(i)] > least:
            return begin
    return end


@kernel(
    types.void(
        _cells, types.int64, types.int64, types.int64, types.int64, types.float32, types.uint8[::1]
    )
)
def mark_candidates(cells, first, end, width, begin, threshold, marks):
    """Set `marks` (SEGMENT_PX,) to 1 where the segment that begins at cell `begin` may have maxima.

    cells : float32 (J * H * width,), maps one after the other; this one from `first` to `end`.
    Cells inside the map are above the threshold and above their neighbours in column and row, so
    that few are left for `is_maximum`; cells on the border are above the threshold.
    """
    past = begin + SEGMENT_PX
    if begin <= first + width or past >= end - width:
        for cell in range(begin, past):
            marks[cell - begin] = cell < end and cells[cell] > threshold
        return
    above, row, below = np.uint64(begin - width), np.uint64(begin), np.uint64(begin + width)
    one = np.uint64(1)
    for n in range(SEGMENT_PX):
        i = np.uint64(n)
        value = cells[row + i]
        marks[n] = (
            (value > threshold)
            & (value > cells[above + i])
            & (value > cells[row + i - one])
            & (value >= cells[row + i + one])
            & (value >= cells[below + i])
        )
    # The last cell of a row and the first of the next were compared across the border.
    column = np.int64(np.uint32(begin - first) % np.uint32(width))
    for cell in range(begin - column, past + 1, width):
        if cell > begin:
            marks[cell - 1 - begin] = cells[cell - 1] > threshold
        if begin <= cell < past:
            marks[cell - begin] = cells[cell] > threshold


@kernel(types.boolean(_cells, types.int64, types.int64, types.int64, types.int64, types.int64))
def is_maximum(cells, first, end, width, cell, column):
    """Whether a cell of the map from `first` to `end` is above its neighbours, as said above."""
    value = cells[cell]
    if 0 < column < width - 1 and first + width <= cell < end - width:  # inside: nothing to guess
        above, below = np.uint64(cell - width), np.uint64(cell + width)
        row, one = np.uint64(cell), np.uint64(1)
        return (
            (value < DAMAGED)
            & (value > cells[above - one])
            & (value > cells[above])
            & (value > cells[above + one])
            & (value > cells[row - one])
            & (value >= cells[row + one])
            & (value >= cells[below - one])
            & (value >= cells[below])
            & (value >= cells[below + one])
        )
    for v in range(cell - width, cell + width + 1, width):
        for n in range(v - (column > 0), v + 1 + (column < width - 1)):
            if first <= n < end and not (value > cells[n] or (n >= cell and value == cells[n])):
                return False
    return bool(value < DAMAGED)

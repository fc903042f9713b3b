"""Left and right, told by comparing with a body whose sides are known."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from edge.estimation.nearness import Array


class Turn(NamedTuple):
    """Whether left and right are exchanged, and how far the points then lie off: a median, px."""

    exchanged: bool
    apart_px: float


def turn_of(
    points_px: Array, reference_px: Array, flip: Sequence[int], rows: Sequence[int]
) -> Turn:
    """Which way round these rows of points (K, 2) lie nearer to those of a reference (K, 2).

    flip : permutation that exchanges left and right. Missing points are NaN; infinitely far apart
    where no row is in both.
    """
    wanted = reference_px[list(rows)]
    as_is = _apart(points_px[list(rows)], wanted)
    exchanged = _apart(points_px[[flip[row] for row in rows]], wanted)
    # The middle line alone says nothing of sides: what is as it came stays as it came.
    return Turn(True, exchanged) if exchanged < as_is else Turn(False, as_is)


def _apart(a_px: Array, b_px: Array) -> float:
    apart = np.hypot(*(a_px - b_px).T)
    both = np.isfinite(apart)
    return float(np.median(apart[both])) if both.any() else float("inf")

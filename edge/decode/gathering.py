"""Pieces of one body that no limb joins, because the keypoint between them was not seen.

Without a neck the legs hang on nothing; without an elbow the wrist stands alone. What speaks for
belonging together is size: a piece shows how tall its person is at least, and two pieces are one
body only if that body need not be much taller. The closest join first, until none fits; peaks that
stand alone come last, because their size says nothing. Of two that are as close, the one that puts
its feet on the same ground comes first: legs above a head are rarely its own.
"""

# mypy: disable-error-code="no-untyped-def"
# ruff: noqa: PLR0917 - a kernel takes its arrays one by one

from __future__ import annotations

import math

import numpy as np

from edge.decode.assembly import EVIDENCE_FIELDS, PARTS, add_peak, disjoint, join
from edge.decode.kernel import HALF, ONE, ZERO, frozen_array, kernel, types
from edge.decode.peaks import SCORE, X, Y

_LAST = np.float32(1000)  # beyond any cost
_TRUSTED_PARTS = 3  # fewer say too little about the size of a person
# Of a distance between pieces, at most half of it: eyes lie a cell apart, and their places are off.
_SLACK_PX = HALF

_peaks = types.float32[:, :, ::1]
_pieces = types.int32[:, ::1]
_reach = frozen_array(types.float32, 2)
_heights = frozen_array(types.float32, 1)


@kernel(types.float32(_pieces, _peaks, _reach, types.int64, types.int64))
def least_stature(pieces, peaks, reach, one, other):
    """Least stature, in map px, that explains two pieces as one body: max of distance / reach.

    0 without two peaks to compare.
    """
    slack = _SLACK_PX if one != other else ZERO
    least = ZERO
    count = pieces.shape[1]
    for i in range(count):
        if pieces[one, i] < 0:
            continue
        ax, ay = peaks[i, pieces[one, i], X], peaks[i, pieces[one, i], Y]
        for j in range(count):
            if pieces[other, j] >= 0 and i != j:
                dx = peaks[j, pieces[other, j], X] - ax
                dy = peaks[j, pieces[other, j], Y] - ay
                distance = math.sqrt(dx * dx + dy * dy)
                least = max(least, (distance - min(slack, HALF * distance)) / reach[i, j])
    return least


@kernel(types.float32(_pieces, _peaks, _heights, types.float32, types.int64))
def ground(pieces, peaks, heights, stature, piece):
    """Where a piece says that its standing body of this stature meets the ground: y, map px.

    NaN where no keypoint's height is known.
    """
    total, known = ZERO, ZERO
    for j in range(pieces.shape[1]):
        if pieces[piece, j] >= 0 and heights[j] >= 0:  # not NaN
            total += peaks[j, pieces[piece, j], Y] + stature * heights[j]
            known += ONE
    return total / known


@kernel(
    types.float32(
        _pieces,
        types.float32[:, ::1],
        _peaks,
        _reach,
        _heights,
        types.float32[::1],
        types.float32,
        types.int64,
        types.int64,
    )
)
def _cost(pieces, evidence, peaks, reach, heights, stature, tolerance, one, other):
    """How far two pieces stretch one body, and part its ground; inf if they do not fit.

    The more keypoints a piece has the better it knows its stature: its joins come first.
    """
    parts = max(evidence[one, PARTS], evidence[other, PARTS])
    known = max(stature[one], stature[other])
    if parts < _TRUSTED_PARTS or not disjoint(pieces, one, other):
        return np.float32(np.inf)
    least = least_stature(pieces, peaks, reach, one, other)
    if known > 0 and 0 < least <= tolerance * known:
        size = max(least, known)
        parted = abs(
            ground(pieces, peaks, heights, size, one) - ground(pieces, peaks, heights, size, other)
        )
        cost = (least / known + (parted / size if parted > 0 else ZERO)) / math.sqrt(parts)
        alone = min(evidence[one, PARTS], evidence[other, PARTS]) < 2
        return cost + _LAST if alone else cost
    return np.float32(np.inf)


@kernel(
    types.Tuple((types.int64, types.boolean))(
        _peaks,
        types.int32[::1],
        _reach,
        _heights,
        types.float32,
        types.float32,
        types.int64,
        types.int32[:, ::1],
        _pieces,
        types.float32[:, ::1],
        types.int64[::1],
        types.float32[::1],
        types.float32[:, ::1],
    )
)
def gather(
    peaks,
    counts,
    reach,
    heights,
    tolerance,
    least,
    total,
    owner,
    pieces,
    evidence,
    loose,
    stature,
    cost,
):
    """Join pieces, and single peaks of at least the score `least`, that fit in one body.

    reach, heights : see anatomy. tolerance : how much taller than known a body may become.
    loose, stature, cost : working memory, cost is (n, n) for the most pieces looked at.
    Returns the new number of pieces, and whether some had to be left out.
    """
    keypoints = len(counts)
    truncated = False
    for j in range(keypoints):
        for p in range(counts[j]):
            if owner[j, p] >= 0 or peaks[j, p, SCORE] < least:
                continue
            if total == len(pieces):
                truncated = True
                break
            pieces[total] = -1
            for field in range(EVIDENCE_FIELDS):
                evidence[total, field] = 0
            add_peak(pieces, evidence, owner, peaks, total, j, p)
            total += 1
    count = 0
    for piece in range(total):
        if 0 < evidence[piece, PARTS] < keypoints:
            if count == len(cost):
                truncated = True
                break
            loose[count] = piece
            stature[piece] = least_stature(pieces, peaks, reach, piece, piece)
            count += 1
    if count < 2:
        return total, truncated
    for i in range(count):
        for j in range(i):
            cost[i, j] = cost[j, i] = _cost(
                pieces, evidence, peaks, reach, heights, stature, tolerance, loose[i], loose[j]
            )
        cost[i, i] = np.inf
    while True:
        best, into, other = np.float32(np.inf), -1, -1
        for i in range(count):
            for j in range(i):
                if cost[i, j] < best:
                    best, into, other = cost[i, j], j, i
        if into < 0:
            return total, truncated
        join(pieces, evidence, owner, loose[into], loose[other])
        stature[loose[into]] = least_stature(pieces, peaks, reach, loose[into], loose[into])
        for i in range(count):
            cost[other, i] = cost[i, other] = np.inf
            if i != into and evidence[loose[i], PARTS] > 0:
                cost[into, i] = cost[i, into] = _cost(
                    pieces,
                    evidence,
                    peaks,
                    reach,
                    heights,
                    stature,
                    tolerance,
                    loose[into],
                    loose[i],
                )

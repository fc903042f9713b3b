"""Which target is which landmark's: the assignment that is most likely as a whole.

All targets look alike; where they lie tells them apart. A network's joint that is off moves all
that is expected from it together, so targets are judged jointly: a kneecap's target explains away
the same error for the shin's below it. A target that fits two landmarks alike well is refused, not
guessed.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge.markers.expected import Expected

Float64 = NDArray[np.float64]

_MISSING = 0.05  # of a protocol's targets are hidden or lost
_CHANCE = 0.0002  # patches that pass for a target by chance, per square stature
# Twice the logarithm of how many times likelier the best assignment must be than any other.
_CLEARER = 2.0 * math.log(50.0)
_MOST_MOVES = 60
_NOBODY = -1


@dataclass(frozen=True)
class Told:
    """landmark -> number of its candidate; and the landmarks that two candidates fit alike well."""

    candidates: dict[str, int]
    ambiguous: tuple[str, ...]


def tell_apart(points_px: Float64, should: Expected, stature_px: float) -> Told:
    """Give candidates (M, 2) px to landmarks; a candidate may be nobody's."""
    scene = _Scene(points_px, should, stature_px)
    best = scene.greedy()
    cost = scene.cost(best)
    for _ in range(_MOST_MOVES):
        moves = [(scene.cost(other), other) for other in _moves(best, len(points_px))]
        if not moves:
            break
        lowest, other = min(moves, key=lambda move: move[0])
        if not lowest < cost - 1e-9:
            break
        best, cost = other, lowest
    told = {n: k for n, k in zip(should.names, best, strict=True) if k != _NOBODY}
    unsure = set()
    for other in _moves(best, len(points_px)):
        if scene.cost(other) - cost < _CLEARER:
            unsure |= {k for k, was in enumerate(best) if was not in (_NOBODY, other[k])}
    names = tuple(name for k, name in enumerate(should.names) if k in unsure)
    return Told({name: k for name, k in told.items() if name not in names}, names)


class _Scene:
    """Candidates and landmarks in statures; an assignment is a candidate's number per landmark."""

    def __init__(self, points_px: Float64, should: Expected, stature_px: float) -> None:
        self._points = points_px / stature_px
        self._should = should.points_px / stature_px
        self._covariance = should.covariance_px2 / stature_px**2
        self._ordered = should.ordered

    def greedy(self) -> tuple[int, ...]:
        """Nearest pairs first, as far as a pair is likelier than chance."""
        variance = np.diag(self._covariance)
        away2 = ((self._should[:, None] - self._points[None]) ** 2).sum(axis=2)
        worth = (
            -away2 / variance[:, None] - 2.0 * np.log(2.0 * math.pi * variance * _CHANCE)[:, None]
        )
        chosen = [_NOBODY] * len(self._should)
        while worth.size and worth.max() > 0.0:
            i, k = np.unravel_index(int(worth.argmax()), worth.shape)
            chosen[int(i)] = int(k)
            worth[i], worth[:, k] = -np.inf, -np.inf
        return tuple(chosen)

    def cost(self, chosen: tuple[int, ...]) -> float:
        """Minus twice the logarithm of the likelihood; infinite where sides change places."""
        for a, b in self._ordered:
            i, k = chosen[a], chosen[b]
            if _NOBODY not in (i, k) and self._points[i, 0] > self._points[k, 0]:
                return math.inf
        rows = [i for i, k in enumerate(chosen) if k != _NOBODY]
        missing, chance = len(chosen) - len(rows), len(self._points) - len(rows)
        cost = -2.0 * missing * math.log(_MISSING / (1.0 - _MISSING))
        cost -= 2.0 * chance * math.log(_CHANCE)
        if not rows:
            return cost
        factor = np.linalg.cholesky(self._covariance[np.ix_(rows, rows)])
        away = self._points[[chosen[i] for i in rows]] - self._should[rows]
        white = np.linalg.solve(factor, away)
        volume = 2.0 * math.log(2.0 * math.pi) * len(rows) + 4.0 * np.log(np.diag(factor)).sum()
        return cost + float((white**2).sum() + volume)


def _moves(chosen: tuple[int, ...], candidates: int) -> Iterator[tuple[int, ...]]:
    """Every assignment in which one candidate goes elsewhere; whose place it takes takes its."""
    holders = {k: i for i, k in enumerate(chosen) if k != _NOBODY}
    for k in range(candidates):
        home = holders.get(k)
        for i in range(len(chosen)):
            if i != home:
                other = list(chosen)
                if home is not None:
                    other[home] = chosen[i]
                other[i] = k
                yield tuple(other)
        if home is not None:
            yield tuple(_NOBODY if i == home else each for i, each in enumerate(chosen))

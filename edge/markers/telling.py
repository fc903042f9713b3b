"""Which target is which landmark's: how probable each name is, all targets taken together.

All targets look alike; where they lie tells them apart. A network's joint that is off moves all
that is expected from it together, so targets are judged jointly: a kneecap's target explains away
the same error for the shin's below it. Landmark after landmark, every likely way to name the
targets is carried on, and the unlikeliest are dropped. A target that two landmarks may claim is
refused, not guessed.
"""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge.markers.expected import Expected

Float64 = NDArray[np.float64]

_MISSING = 0.05  # of a protocol's targets are hidden or lost
_CHANCE = 0.0002  # patches that pass for a target by chance, per square stature
_SURE = 0.98
_FARTHEST_SD = 5.0
_CARRIED = 64
_NOBODY = -1


@dataclass(frozen=True)
class Told:
    """landmark -> number of its candidate; and the landmarks that are no name's for sure."""

    candidates: dict[str, int]
    ambiguous: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class _Way:
    """Names for the first landmarks: each one's candidate, and what that costs.

    cost : minus twice the logarithm of its likelihood. held : the landmarks that have a candidate.
    factor (2, h, h) : Cholesky's, of their covariance in x and in y. white (2, h) : their
    deviations, made independent by it.
    """

    chosen: tuple[int, ...]
    cost: float
    held: tuple[int, ...]
    factor: Float64
    white: Float64


def tell_apart(points_px: Float64, should: Expected, stature_px: float) -> Told:
    """Give names to candidates (M, 2) px; a candidate may be nobody's."""
    points, places = points_px / stature_px, should.points_px / stature_px
    covariance = should.covariance_px2 / stature_px**2
    other = {b: a for a, b in should.ordered} | dict(should.ordered)
    first = {a for a, _ in should.ordered}
    ways = [_Way((), 0.0, (), np.zeros((2, 0, 0)), np.zeros((2, 0)))]
    for i, place in enumerate(places):
        reach = _FARTHEST_SD * np.sqrt(2.0 * covariance[:, i, i])
        near = np.flatnonzero((np.abs(points - place) < reach).all(axis=1)).tolist()
        longer = [_missing(way) for way in ways]
        for way in ways:
            for k in near:
                partner = _partner(way, other.get(i))
                crossed = partner != _NOBODY and (points[k, 0] > points[partner, 0]) == (i in first)
                if k not in way.chosen and not crossed:
                    longer.append(_with(way, k, points[k] - place, covariance))
        ways = sorted(longer, key=lambda way: way.cost)[:_CARRIED]
    return _named(ways, should.names)


def _partner(way: _Way, landmark: int | None) -> int:
    """The candidate of the other side's landmark, if that has been named."""
    return _NOBODY if landmark is None or landmark >= len(way.chosen) else way.chosen[landmark]


def _missing(way: _Way) -> _Way:
    cost = way.cost - 2.0 * math.log(_MISSING / (1.0 - _MISSING))
    return _Way((*way.chosen, _NOBODY), cost, way.held, way.factor, way.white)


def _with(way: _Way, candidate: int, off: Float64, covariance: Float64) -> _Way:
    """The way with one landmark more, given what those before it say of the joints."""
    i, held = len(way.chosen), len(way.held)
    shared: Float64 = np.zeros((2, held))
    if held:
        shared = np.asarray(
            np.linalg.solve(way.factor, covariance[:, list(way.held), i, None])[..., 0]
        )
    deviation = np.sqrt(covariance[:, i, i] - (shared**2).sum(axis=1))
    white = (off - (shared * way.white).sum(axis=1)) / deviation
    factor = np.zeros((2, held + 1, held + 1))
    factor[:, :held, :held], factor[:, held, :held], factor[:, held, held] = (
        way.factor, shared, deviation,
    )  # fmt: skip
    # Against the alternative that the candidate is there by chance.
    density = 2.0 * math.pi * float(deviation.prod()) * _CHANCE
    return _Way(
        (*way.chosen, candidate), way.cost + float(white @ white) + 2.0 * math.log(density),
        (*way.held, i), factor, np.hstack([way.white, white[:, None]]),
    )  # fmt: skip


def _named(ways: list[_Way], names: tuple[str, ...]) -> Told:
    """Of the likeliest way those names that are sure over all ways."""
    best = ways[0]
    likelihood = np.exp(-0.5 * (np.array([way.cost for way in ways]) - best.cost))
    share: dict[tuple[int, int], float] = defaultdict(float)
    for way, weight in zip(ways, likelihood / likelihood.sum(), strict=True):
        for i, k in enumerate(way.chosen):
            share[i, k] += float(weight)
    told = {names[i]: k for i, k in enumerate(best.chosen) if k != _NOBODY and share[i, k] >= _SURE}
    unsure = (i for i, k in enumerate(best.chosen) if k != _NOBODY and names[i] not in told)
    return Told(told, tuple(names[i] for i in unsure))

"""Which target is which landmark's: how probable each name is, all targets taken together.

All targets look alike; where they lie tells them apart. A network's joint that is off moves all
that is expected from it together, so targets are judged jointly: a kneecap's target explains away
the same error for the shin's below it. Now and then a joint is astray altogether: then its targets
lie astray as one, where nothing else would explain them. Landmark after landmark, every likely way
to name the targets is carried on, and the unlikeliest are dropped. A target that two landmarks may
claim is refused, not guessed.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from edge.markers.expected import ASTRAY_OFTEN, ASTRAY_SD, Expected

Float64 = NDArray[np.float64]

_MISSING = 0.05  # of a protocol's targets are hidden or lost
_CHANCE = 0.0002  # patches that pass for a target by chance, per square stature
_SURE = 0.98
_FARTHEST_SD = 5.0
_CARRIED, _HOPELESS = 256, 60.0  # ways, and how much more than the likeliest one may cost
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
    deviations, made independent by it. astray : the joints that it takes for astray.
    """

    chosen: tuple[int, ...]
    cost: float
    held: tuple[int, ...]
    factor: Float64
    white: Float64
    astray: frozenset[str] = frozenset()


def tell_apart(points_px: Float64, should: Expected, stature_px: float) -> Told:
    """Give names to candidates (M, 2) px; a candidate may be nobody's."""
    points, places = points_px / stature_px, should.points_px / stature_px
    covariance = should.covariance_px2 / stature_px**2
    other = {b: a for a, b in should.ordered} | dict(should.ordered)
    first = {a for a, _ in should.ordered}
    joints = should.joints or ({},) * len(places)
    ways = [_Way((), 0.0, (), np.zeros((2, 0, 0)), np.zeros((2, 0)))]
    judged: set[str] = set()
    for i, place in enumerate(places):
        for joint in sorted(joints[i].keys() - judged):
            ways = _likeliest([*ways, *(_astray(way, joint) for way in ways)])
            judged.add(joint)
        longer = [_missing(way) for way in ways]
        for way in ways:
            together = _together(way, covariance, joints)
            reach = _FARTHEST_SD * np.sqrt(2.0 * together[:, -1])
            for k in np.flatnonzero((np.abs(points - place) < reach).all(axis=1)).tolist():
                partner = _partner(way, other.get(i))
                crossed = partner != _NOBODY and (points[k, 0] > points[partner, 0]) == (i in first)
                if k not in way.chosen and not crossed:
                    longer.append(_with(way, k, points[k] - place, together))
        ways = _likeliest(longer)
    return _named(ways, should.names)


def _likeliest(ways: list[_Way]) -> list[_Way]:
    """The ways that are carried on, the likeliest first."""
    ways.sort(key=lambda way: way.cost)
    return [way for way in ways[:_CARRIED] if way.cost < ways[0].cost + _HOPELESS]


def _astray(way: _Way, joint: str) -> _Way:
    cost = way.cost - 2.0 * math.log(ASTRAY_OFTEN / (1.0 - ASTRAY_OFTEN))
    return replace(way, cost=cost, astray=way.astray | {joint})


def _together(way: _Way, covariance: Float64, joints: Sequence[Mapping[str, float]]) -> Float64:
    """(2, h + 1), how the next landmark varies with those held, and by itself."""
    i = len(way.chosen)
    rows = [*way.held, i]
    together = covariance[:, rows, i]
    for joint in way.astray & joints[i].keys():
        moves = np.array([joints[row].get(joint, 0.0) for row in rows])
        together = together + ASTRAY_SD**2 * joints[i][joint] * moves
    return np.asarray(together)


def _partner(way: _Way, landmark: int | None) -> int:
    """The candidate of the other side's landmark, if that has been named."""
    return _NOBODY if landmark is None or landmark >= len(way.chosen) else way.chosen[landmark]


def _missing(way: _Way) -> _Way:
    cost = way.cost - 2.0 * math.log(_MISSING / (1.0 - _MISSING))
    return replace(way, chosen=(*way.chosen, _NOBODY), cost=cost)


def _with(way: _Way, candidate: int, off: Float64, together: Float64) -> _Way:
    """A way with one landmark more, judged by what the earlier ones say of the joints."""
    i, held = len(way.chosen), len(way.held)
    shared: Float64 = np.zeros((2, held))
    if held:
        shared = np.asarray(np.linalg.solve(way.factor, together[:, :-1, None])[..., 0])
    deviation = np.sqrt(together[:, -1] - (shared**2).sum(axis=1))
    white = (off - (shared * way.white).sum(axis=1)) / deviation
    factor = np.zeros((2, held + 1, held + 1))
    factor[:, :held, :held], factor[:, held, :held], factor[:, held, held] = (
        way.factor, shared, deviation,
    )  # fmt: skip
    # Against the alternative that the candidate is there by chance.
    density = 2.0 * math.pi * float(deviation.prod()) * _CHANCE
    return _Way(
        (*way.chosen, candidate), way.cost + float(white @ white) + 2.0 * math.log(density),
        (*way.held, i), factor, np.hstack([way.white, white[:, None]]), way.astray,
    )  # fmt: skip


def _named(ways: list[_Way], names: tuple[str, ...]) -> Told:
    """The names of the likeliest way that are sure over all ways."""
    best = ways[0]
    likelihood = np.exp(-0.5 * (np.array([way.cost for way in ways]) - best.cost))
    share: dict[tuple[int, int], float] = defaultdict(float)
    for way, weight in zip(ways, likelihood / likelihood.sum(), strict=True):
        for i, k in enumerate(way.chosen):
            share[i, k] += float(weight)
    told = {names[i]: k for i, k in enumerate(best.chosen) if k != _NOBODY and share[i, k] >= _SURE}
    unsure = (i for i, k in enumerate(best.chosen) if k != _NOBODY and names[i] not in told)
    return Told(told, tuple(names[i] for i in unsure))

"""A dressed body whose colours are known once for all its poses.

Paint is a function of the place at rest, so it is evaluated once, on a small grid of samples inside
every triangle, a few millimetres apart; a picture only looks them up. (Mesh colors: Yuksel, Keyser
and House, ACM Transactions on Graphics 2010.)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from posture_tools.bodies import rig
from posture_tools.bodies.dress import Part

Float32 = NDArray[np.float32]
Float64 = NDArray[np.float64]
Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]

_APART_M = 0.004
_MOST_STEPS = 10


@dataclass(frozen=True, eq=False)
class Painted:
    """All parts of somebody as one mesh.

    rest_m (V, 3); weights, bones (V, K) of `rig.skin`. triangles (T, 3): cloth has one to each
    side. A triangle (a, b, c) is divided into `steps` (T,) along each side; its samples begin at
    row `first` (T,) of `samples` (S, 6), with BGR 0..255 and how far creases turn the normal at
    rest: row `sample_row(steps, i, j)` is i steps from a to b and j from a to c. The other side of
    a cloth is (a, c, b) with the same samples: `flipped` (T,). gloss (T,).
    """

    rest_m: Float64
    weights: Float64
    bones: Int64
    triangles: Int32
    first: Int64
    steps: Int64
    flipped: NDArray[np.bool_]
    gloss: Float32
    samples: Float32

    def posed(self, turn: Float64, shift: Float64) -> Float64:
        """Vertices (V, 3) under the bones' transforms."""
        out = np.empty_like(self.rest_m)
        rig.skin(self.rest_m, self.weights, self.bones, turn, shift, out)
        return out


def sample_row(steps: int, i: int, j: int) -> int:
    """Row of a sample among those of its triangle."""
    return i * (steps + 1) - i * (i - 1) // 2 + j


def painted(parts: Sequence[Part]) -> Painted:
    """Evaluate the paint of every part."""
    most = max(part.weights.shape[1] for part in parts)
    pieces = [_piece(part, most) for part in parts]
    vertices = np.cumsum([0] + [len(piece.rest_m) for piece in pieces])
    rows = np.cumsum([0] + [len(piece.samples) for piece in pieces])
    return Painted(
        np.concatenate([piece.rest_m for piece in pieces]),
        np.concatenate([piece.weights for piece in pieces]),
        np.concatenate([piece.bones for piece in pieces]),
        np.concatenate(
            [p.triangles + np.int32(n) for p, n in zip(pieces, vertices[:-1], strict=True)]
        ),
        np.concatenate([p.first + n for p, n in zip(pieces, rows[:-1], strict=True)]),
        np.concatenate([piece.steps for piece in pieces]),
        np.concatenate([piece.flipped for piece in pieces]),
        np.concatenate([piece.gloss for piece in pieces]),
        np.concatenate([piece.samples for piece in pieces]),
    )


def _piece(part: Part, most: int) -> Painted:
    used, numbers = np.unique(part.triangles, return_inverse=True)
    triangles = numbers.reshape(-1, 3).astype(np.int32)
    rest = part.rest_m[used]
    corners = rest[triangles]
    sides = np.linalg.norm(corners - np.roll(corners, 1, axis=1), axis=2)
    steps = np.clip(np.ceil(sides.max(axis=1) / _APART_M), 1, _MOST_STEPS).astype(np.int64)
    counts = (steps + 1) * (steps + 2) // 2
    first = np.concatenate([[0], np.cumsum(counts)[:-1]]).astype(np.int64)
    places = np.empty((int(counts.sum()), 3), np.float32)
    for n in np.unique(steps):
        mine = np.flatnonzero(steps == n)
        i, j = np.array([(i, j) for i in range(n + 1) for j in range(n + 1 - i)]).T
        shares = np.stack([n - i - j, i, j], axis=1) / n
        places[first[mine][:, None] + np.arange(len(i))] = shares @ corners[mine]
    creases = np.zeros_like(places) if part.bump is None else part.bump(places)
    samples = np.concatenate([np.clip(part.paint(places), 2, 253), creases], axis=1)
    sides_drawn = 2 if part.two_sided else 1
    missing = ((0, 0), (0, most - part.weights.shape[1]))
    return Painted(
        rest,
        np.pad(part.weights[used], missing),
        np.pad(part.bones[used], missing),
        np.concatenate([triangles, triangles[:, [0, 2, 1]]][:sides_drawn]),
        np.tile(first, sides_drawn),
        np.tile(steps, sides_drawn),
        np.arange(sides_drawn * len(triangles)) >= len(triangles),
        np.full(sides_drawn * len(triangles), part.gloss, np.float32),
        samples.astype(np.float32),
    )

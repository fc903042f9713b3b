"""A posed body: somebody who measures what was asked for, with both soles on the floor."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from posture_tools.bodies import rig
from posture_tools.bodies.anatomy import SOLES
from posture_tools.bodies.measures import ROWS
from posture_tools.bodies.mesh import Folk, Rest, Shape
from posture_tools.bodies.points import NAMES
from posture_tools.bodies.solve import Pose, Solved, Solver

Float64 = NDArray[np.float64]

_LEG_ROUNDS = 2


@dataclass(frozen=True, eq=False)
class Body:
    """Somebody in a pose; x to the body's left, y backwards, z up, metres, the floor at z = 0.

    turns (B, 3) rad of the bones and lift_m (3,) make the pose (`rig.chain`); vertices_m
    (19158, 3); points_m (61, 3) in the order of `NAMES`; turn (B, 3, 3) and shift (B, 3) are the
    bones' transforms from rest to pose, by which clothes follow.
    """

    rest: Rest
    turns: Float64
    lift_m: Float64
    vertices_m: Float64
    points_m: Float64
    turn: Float64
    shift: Float64


class Bodies:
    """Makes bodies of people of one mesh."""

    def __init__(self, folk: Folk) -> None:
        self._folk = folk
        self.mesh = folk.mesh
        self._solver = Solver(folk.mesh)

    def stand(self, shape: Shape, asked: Mapping[str, float], prior: Pose) -> Body:
        """Somebody standing, with legs as long as an oblique pelvis over two flat soles needs.

        asked: measures of `measures.MEASURES`, in degrees or millimetres.
        """
        rest = self._folk.rest(shape)
        if "pelvic_obliquity" in asked:
            own, longer_mm = rest, 0.0
            for _ in range(_LEG_ROUNDS):
                free = self._solver.pose(rest, asked, prior, stands="each foot")
                heights = 1000.0 * free.points_m[[ROWS[name] for name in SOLES], 2]
                longer_mm += float(heights[:3].mean() - heights[3:].mean())
                rest = self.mesh.with_leg(own, longer_mm)
        return self._posed(rest, self._solver.pose(rest, asked, prior))

    def move(self, shape: Shape, prior: Pose) -> Body:
        """Somebody in any pose, nothing asked; the lowest point of the skin on the floor."""
        rest = self._folk.rest(shape)
        body = self._posed(rest, self._solver.pose(rest, {}, prior, stands="anyhow"))
        up = np.array([0.0, 0.0, -body.vertices_m[self.mesh.skin, 2].min()])
        return replace(
            body,
            lift_m=body.lift_m + up,
            vertices_m=body.vertices_m + up,
            points_m=body.points_m + up,
            shift=body.shift + up,
        )

    def _posed(self, rest: Rest, pose: Solved) -> Body:
        mesh = self.mesh
        turn, shift = np.empty((len(mesh.parents), 3, 3)), np.empty((len(mesh.parents), 3))
        rig.chain(mesh.parents, rest.heads_m, pose.turns, pose.lift_m, turn, shift)
        vertices = np.empty_like(rest.vertices_m)
        rig.skin(rest.vertices_m, mesh.weights, mesh.weight_bones, turn, shift, vertices)
        points = pose.points_m[: len(NAMES)]
        return Body(rest, pose.turns, pose.lift_m, vertices, points, turn, shift)

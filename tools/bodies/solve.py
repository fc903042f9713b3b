"""Which turns of the bones give the measures that were asked for: a few least-squares steps.

Turning a bone by an angle does not turn the skin over it by that angle, nor the lines that a
measure is made of; so the turns are solved for on the posed points themselves. What is not asked
for stays near the prior pose.

The pelvis of this rig is three bones: the skin of the hips hangs on spine05 and spine04 too. They
are never turned against the root, or the pelvis would be crumpled and its tilt could not be seen;
the trunk bends from spine03 up.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from posture_tools.bodies import rig
from posture_tools.bodies.anatomy import SOLES
from posture_tools.bodies.measures import MEASURES, ROWS
from posture_tools.bodies.mesh import Mesh, Rest

Float64 = NDArray[np.float64]

_STEPS = 14
_GOOD_ENOUGH = 1e-3  # part of the cost that a step must still gain
# How far a measure may stay from what was asked, and how far a bone is turned without being asked:
# the ratio decides, and says that measures win.
_MEASURE_DEG, _MEASURE_MM = 0.02, 0.3
# Limbs and girdle give way where a joint cannot do all that is asked of it at once.
_SOFT = {"arm_abduction": 2.0, "arm_flexion": 2.0, "elbow_flexion": 4.0, "head_turn": 0.3,
         "acromion_tilt": 0.3, "shoulders_forward_mm": 6.0, "shoulders_up_mm": 6.0,
         "left_shoulder_ahead_mm": 2.0,
         "kyphosis": 0.5, "lordosis": 0.5, "scoliotic_curve": 0.1}  # fmt: skip
_SOLE_MM = 0.5
_BEND_RAD, _LIFT_M = 0.12, 1.0
_EASILY_BENT_RAD = {"upperarm01": 1.0, "lowerarm01": 1.0, "clavicle": 0.35}

Stands = Literal["on the floor", "each foot", "anyhow"]

# (bone, axis, share, name): what turns together is one unknown.
_TURNED: tuple[tuple[str, int, float, str], ...] = (
    ("root", 0, 1.0, "pelvis_x"), ("root", 1, 1.0, "pelvis_y"),
    ("spine03", 0, 1.0, "spine03_x"), ("spine03", 1, 1.0, "spine03_y"),
    ("spine02", 0, 1.0, "spine02_x"), ("spine02", 1, 1.0, "spine02_y"),
    ("spine01", 0, 1.0, "spine01_x"), ("spine01", 1, 1.0, "spine01_y"),
    ("neck01", 0, 0.5, "neck_x"), ("neck02", 0, 0.3, "neck_x"), ("neck03", 0, 0.2, "neck_x"),
    ("neck01", 1, 0.4, "neck_y"), ("neck02", 1, 0.3, "neck_y"), ("neck03", 1, 0.3, "neck_y"),
    ("neck01", 2, 0.2, "turn_z"), ("neck02", 2, 0.2, "turn_z"), ("neck03", 2, 0.2, "turn_z"),
    ("head", 2, 0.4, "turn_z"), ("head", 0, 1.0, "head_x"), ("head", 1, 1.0, "head_y"),
    *(
        (f"{bone}.{side[0].upper()}", axis, 1.0, f"{bone}_{side}_{axis}")
        for side in ("left", "right")
        for bone, axes in (
            ("clavicle", (1, 2)), ("shoulder01", (1,)),
            ("upperarm01", (0, 1)), ("lowerarm01", (0,)),
            ("upperleg01", (0, 1, 2)), ("lowerleg01", (0, 1)), ("foot", (0, 1)),
        )
        for axis in axes
    ),
)  # fmt: skip


@dataclass(frozen=True)
class Pose:
    """Turns of bones before anything is asked: bone -> rotation vector, radians."""

    turns: Mapping[str, tuple[float, float, float]] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Solved:
    """A pose: turns (B, 3) rad, lift_m (3,), and its points (P, 3) m in the order of `ROWS`."""

    turns: Float64
    lift_m: Float64
    points_m: Float64


class Solver:
    """Solves poses of people of one mesh."""

    def __init__(self, mesh: Mesh) -> None:
        self._mesh = mesh
        names = list(dict.fromkeys(name for *_, name in _TURNED))
        self._spread = np.zeros((len(mesh.parents) * 3, len(names)))
        for bone, axis, share, name in _TURNED:
            self._spread[mesh.bones[bone] * 3 + axis, names.index(name)] = share
        self._unknowns = len(names) + 1  # and the height above the floor
        bent = [_EASILY_BENT_RAD.get(name.split("_")[0], _BEND_RAD) for name in names]
        self._allowed = np.array([*bent, _LIFT_M])

    def pose(
        self,
        rest: Rest,
        asked: Mapping[str, float],
        prior: Pose,
        *,
        stands: Stands = "on the floor",
    ) -> Solved:
        """A body that measures what is asked, near a prior pose.

        asked: names of `MEASURES` -> degrees or millimetres.
        stands: both soles flat on z = 0, each flat on a floor of its own height, or anyhow.
        Raises KeyError for a measure that there is not.
        """
        measures = [MEASURES[name] for name in asked]
        wanted = np.array(list(asked.values()))
        exact = np.array([_slack(name) for name in asked])
        soles = [ROWS[name] for name in SOLES]
        base = np.zeros((len(self._mesh.parents), 3))
        for bone, turn in prior.turns.items():
            base[self._mesh.bones[bone]] = turn
        u = np.zeros(self._unknowns)
        u[-1] = -float(rest.vertices_m[self._mesh.skin, 2].min())
        start = u.copy()

        def residuals(many: Float64) -> Float64:
            points = self._points(rest, base, many)
            parts = [(many - start) / self._allowed]
            if len(measures):
                values = np.stack([measure(points) for measure in measures], axis=-1)
                parts.append((values - wanted) / exact)
            if stands != "anyhow":
                heights = 1000.0 * points[:, soles, 2].reshape(len(many), 2, 3) / _SOLE_MM
                if stands == "each foot":
                    heights = heights - heights.mean(axis=2, keepdims=True)
                parts.append(heights.reshape(len(many), 6))
            return np.concatenate(parts, axis=1)

        u = _least_squares(residuals, u)
        points = self._points(rest, base, u[None])[0]
        turns, lift = self._spread_out(base, u[None])
        return Solved(turns[0], lift[0], points)

    def _spread_out(self, base: Float64, u: Float64) -> tuple[Float64, Float64]:
        turns = base[None] + (u[:, :-1] @ self._spread.T).reshape(len(u), -1, 3)
        lift = np.zeros((len(u), 3))
        lift[:, 2] = u[:, -1]
        return np.ascontiguousarray(turns), lift

    def _points(self, rest: Rest, base: Float64, u: Float64) -> Float64:
        turns, lift = self._spread_out(base, u)
        out = np.empty((len(u), len(rest.held), 3))
        rig.pose_points(self._mesh.parents, rest.heads_m, turns, lift, rest.held, out)
        return out


def _slack(name: str) -> float:
    """How far a measure may stay from what was asked, degrees or mm."""
    plain = name.removesuffix("_left").removesuffix("_right")
    return _SOFT.get(plain, _MEASURE_MM if name.endswith("_mm") else _MEASURE_DEG)


def _least_squares(residuals: Callable[[Float64], Float64], start: Float64) -> Float64:
    """Levenberg and Marquardt's steps: as bold as they lead down, shorter where they do not.

    residuals: (N, U) candidates -> (N, R). start (U,).
    """
    h, damping = 1e-5, 1e-3
    u, n = start, len(start)
    for _ in range(_STEPS):
        r = residuals(np.vstack([u, u + h * np.eye(n)]))
        jacobian, now = (r[1:] - r[0]).T / h, r[0]
        normal, slope = jacobian.T @ jacobian, jacobian.T @ now
        cost = float(now @ now)
        # One evaluation for a ladder of dampings costs little more than for one.
        ladder = damping * np.array([0.1, 1.0, 10.0, 100.0, 1000.0])
        tries = np.stack(
            [u - np.linalg.solve(normal + d * np.diag(np.diag(normal)), slope) for d in ladder]
        )
        costs = (residuals(tries) ** 2).sum(axis=1)
        best = int(np.argmin(costs))
        if not costs[best] < cost:
            break
        u, damping = tries[best], float(np.clip(ladder[best], 1e-9, 1e6))
        if cost - costs[best] < _GOOD_ENOUGH * cost:
            break
    return u

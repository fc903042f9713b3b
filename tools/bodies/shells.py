"""Clothes grown from the skin: shirts, tops, shorts, leggings, trousers and skirts of any fit.

A shell is a region of the body's own surface, moved out along its normals: a little for what is
tight, more, smoothed and with folds for what is loose. It moves with the skin it grew from, and is
cut along its hems, not along the mesh's triangles.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from posture_tools.bodies.mesh import Mesh

Float64 = NDArray[np.float64]
Int64 = NDArray[np.int64]
Fit = Literal["tight", "loose"]


class Regions:
    """Where on the body each vertex lies, told on the average adult, so that it holds for all.

    height (V,): part of stature above the floor; arm (V,): 0 at the shoulder to 1 at the wrist, -1
    off the arms; sideways (V,): metres from the middle.
    """

    def __init__(self, mesh: Mesh) -> None:
        average_m = mesh.average_m
        skin = average_m[mesh.skin]
        low, high = skin[:, 2].min(), skin[:, 2].max()
        self.height: Float64 = (average_m[:, 2] - low) / (high - low)
        share = np.zeros(len(average_m))
        for bone, row in mesh.bones.items():
            if bone.startswith(("upperarm", "lowerarm", "wrist", "finger", "metacarpal")):
                share += np.where(mesh.weight_bones == row, mesh.weights, 0.0).sum(axis=1)
        hand = np.zeros(len(average_m))
        for bone, row in mesh.bones.items():
            if bone.startswith(("wrist", "finger", "metacarpal")):
                hand += np.where(mesh.weight_bones == row, mesh.weights, 0.0).sum(axis=1)
        self.hand: NDArray[np.bool_] = hand > 0.7
        x = np.abs(average_m[:, 0])
        self._tall_m = float(high - low)
        self.arm: Float64 = np.where(share > 0.5, (x - 0.19) / (0.50 - 0.19), -1.0)
        self.sideways: Float64 = x
        self.is_skin = np.zeros(len(average_m), bool)
        self.is_skin[mesh.skin] = True
        self.triangles: Int64 = mesh.triangles[self.is_skin[mesh.triangles].all(axis=1)]
        edges = np.unique(
            np.sort(
                np.concatenate(
                    [
                        self.triangles[:, [0, 1]],
                        self.triangles[:, [1, 2]],
                        self.triangles[:, [2, 0]],
                    ]
                ),
                axis=1,
            ),
            axis=0,
        )
        self.edges: Int64 = edges
        self._degree = np.maximum(
            np.bincount(edges.ravel(), minlength=len(average_m)), 1
        )[:, None]  # fmt: skip

    def smooth(self, points: Float64, steps: int) -> Float64:
        """Each vertex moved to the middle of its neighbours, so many times."""
        a, b = self.edges.T
        for _ in range(steps):
            total = np.zeros_like(points)
            for i in range(3):
                total[:, i] = np.bincount(a, points[b, i], len(points))
                total[:, i] += np.bincount(b, points[a, i], len(points))
            points = 0.5 * points + 0.5 * total / self._degree
        return points

    def shirt(self, sleeve: float, hem: float, neck: float = 0.85) -> Float64:
        """Trunk from the hem (part of stature) up, and arms down to `sleeve` (0 none, 1 wrist).

        Without sleeves the shoulder's outer end is free. As of every region: how far inside it
        each vertex lies (V,), in parts of stature, below zero outside.
        """
        trunk = np.minimum(self.height - hem, neck - self.height)
        beside = (0.175 - self.sideways) / self._tall_m
        if sleeve <= 0:
            return self._on_skin(np.where(self.arm < 0, np.minimum(trunk, beside), beside))
        arm = (sleeve - self.arm) * 0.31 / self._tall_m
        return self._on_skin(np.where(self.arm < 0, trunk, np.where(self.hand, -0.01, arm)))

    def top(self) -> Float64:
        """A sports top: from under the breast to the shoulders' straps."""
        body = np.minimum(self.height - 0.685, 0.77 - self.height)
        x = self.sideways
        strap = np.minimum(np.minimum(x - 0.05, 0.12 - x) / self._tall_m, 0.85 - self.height)
        strap = np.minimum(strap, self.height - 0.75)
        return self._on_skin(np.where(self.arm < 0, np.maximum(body, strap), -0.01))

    def trousers(self, hem: float, waist: float = 0.62) -> Float64:
        """Pelvis and legs down to the hem (part of stature)."""
        legs = np.minimum(waist - self.height, self.height - hem)
        return self._on_skin(np.where(self.arm < 0, legs, -0.01))

    def _on_skin(self, inside: Float64) -> Float64:
        return np.asarray(np.where(self.is_skin, inside, -0.01))


@dataclass(frozen=True, eq=False)
class Shell:
    """A piece of clothing.

    rest_m (V + N, 3): its vertices at rest in the numbering of the base mesh, then N where a hem
    cuts an edge: between the vertices `ends` (N, 2), `share` (N,) of the way. out_m (V,): how far
    the cloth lies from the skin, 0 where there is none.
    """

    rest_m: Float64
    triangles: Int64
    ends: Int64
    share: Float64
    out_m: Float64

    def follows(self, mesh: Mesh) -> tuple[Float64, Int64]:
        """Which bones its vertices follow: weights and bones (V + N, 2 K)."""
        none = np.zeros_like(mesh.weights)
        a, b = self.ends.T
        part = self.share[:, None]
        cut = np.hstack([(1.0 - part) * mesh.weights[a], part * mesh.weights[b]])
        bones = np.hstack([mesh.weight_bones[a], mesh.weight_bones[b]])
        whole = np.hstack([mesh.weights, none])
        of_whole = np.hstack([mesh.weight_bones, mesh.weight_bones])
        return np.concatenate([whole, cut]), np.concatenate([of_whole, bones])


def _cut(rest_m: Float64, triangles: Int64, inside: Float64, out_m: Float64) -> Shell:
    """A shell of what lies inside; triangles over its hem end there.

    rest_m (V, 3), inside (V,): above zero where there is cloth.
    """
    there = inside > 0
    count = there[triangles].sum(axis=1)
    whole = triangles[count == 3]
    # Turned so that the corner that is alone comes first.
    one, two = triangles[count == 1], triangles[count == 2]
    one = np.take_along_axis(one, (there[one].argmax(axis=1)[:, None] + [0, 1, 2]) % 3, axis=1)
    two = np.take_along_axis(two, (there[two].argmin(axis=1)[:, None] + [0, 1, 2]) % 3, axis=1)
    edges = np.sort(np.concatenate([one[:, :2], one[:, ::2], two[:, :2], two[:, ::2]]), axis=1)
    ends, number = np.unique(edges, axis=0, return_inverse=True)
    ends, number = ends.reshape(-1, 2), number.reshape(-1) + len(rest_m)
    ab, ac, de, df = np.split(number, np.cumsum([len(one), len(one), len(two)]))
    a, b = ends.T
    share = inside[a] / (inside[a] - inside[b])
    cut = rest_m[a] + share[:, None] * (rest_m[b] - rest_m[a])
    pieces = [
        whole, np.stack([one[:, 0], ab, ac], axis=1),
        np.stack([de, two[:, 1], two[:, 2]], axis=1), np.stack([de, two[:, 2], df], axis=1),
    ]  # fmt: skip
    every = np.concatenate(pieces).astype(np.int64)
    return Shell(np.concatenate([rest_m, cut]), every, ends, share, np.where(there, out_m, 0.0))


def grow(
    regions: Regions,
    rest_m: Float64,
    normals: Float64,
    inside: Float64,
    *,
    fit: Fit,
    rng: np.random.Generator,
    over_m: Float64 | None = None,
) -> Shell:
    """A shell over a region, and over the cloth that lies over_m (V,) from the skin."""
    if fit == "tight":
        move = np.full(len(rest_m), rng.uniform(0.0015, 0.004))
    else:
        ease_m = rng.uniform(0.006, 0.026)
        soft = regions.smooth(rest_m, int(rng.integers(4, 22)))
        # Smoothing sinks into what stands out; never below the skin.
        out = np.maximum(((soft - rest_m) * normals).sum(axis=1), 0.0)
        folds = np.zeros(len(rest_m))
        for _ in range(3):
            wave = rng.normal(0, 1, 3) * 2 * np.pi / rng.uniform(0.06, 0.25)
            folds = folds + np.sin(rest_m @ wave + rng.uniform(0, 6.28))
        height = regions.height
        hem = height[inside > 0].min()
        flare = 1.0 + 1.2 * np.exp(-(((height - hem) / 0.05) ** 2)) * rng.uniform(0, 1)
        move = np.maximum(out + ease_m * flare * (1.0 + 0.22 * folds), 0.003)
    if over_m is not None:
        move = np.where(over_m > 0, np.maximum(move, over_m + 0.003), move)
    return _cut(rest_m + normals * move[:, None], regions.triangles, inside, move)


def skirt(mesh: Mesh, rest_m: Float64, hem_m: float) -> Shell:
    """MakeHuman's own helper of a skirt, from the waist down to a height at rest."""
    of_skirt = np.zeros(len(rest_m), bool)
    of_skirt[mesh.skirt] = True
    triangles = mesh.triangles[of_skirt[mesh.triangles].all(axis=1)]
    return _cut(rest_m, triangles, rest_m[:, 2] - hem_m, np.zeros(len(rest_m)))

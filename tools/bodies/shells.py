"""Clothes grown from the skin: shirts, tops, shorts, leggings, trousers and skirts of any fit.

A shell is a region of the body's own surface, moved out along its normals: a little for what is
tight, more, smoothed and with folds for what is loose. It moves with the skin it grew from.
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
        x = np.abs(average_m[:, 0])
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

    def shirt(self, sleeve: float, hem: float, neck: float = 0.85) -> NDArray[np.bool_]:
        """Trunk from the hem (part of stature) up, and arms down to `sleeve` (0 none, 1 wrist).

        Without sleeves the shoulder's outer end is free.
        """
        trunk = (self.arm < 0) & (self.height > hem) & (self.height < neck)
        if sleeve <= 0:
            return np.asarray(trunk & (self.sideways < 0.175) & self.is_skin)
        return np.asarray((trunk | ((self.arm >= 0) & (self.arm < sleeve))) & self.is_skin)

    def top(self) -> NDArray[np.bool_]:
        """A sports top: from under the breast to the shoulders' straps."""
        body = (self.arm < 0) & (self.height > 0.685) & (self.height < 0.77)
        strap = (
            (self.arm < 0) & (self.height >= 0.77) & (self.height < 0.85)
            & (self.sideways > 0.05) & (self.sideways < 0.12)
        )  # fmt: skip
        return np.asarray((body | strap) & self.is_skin)

    def trousers(self, hem: float, waist: float = 0.62) -> NDArray[np.bool_]:
        """Pelvis and legs down to the hem (part of stature)."""
        return np.asarray(
            (self.arm < 0) & (self.height < waist) & (self.height > hem) & self.is_skin
        )


@dataclass(frozen=True, eq=False)
class Shell:
    """A piece of clothing: its vertices at rest (V, 3) m in the numbering of the base mesh."""

    rest_m: Float64
    triangles: Int64


def grow(
    regions: Regions,
    rest_m: Float64,
    normals: Float64,
    covered: NDArray[np.bool_],
    *,
    fit: Fit,
    rng: np.random.Generator,
) -> Shell:
    """A shell over the covered vertices."""
    triangles = regions.triangles[covered[regions.triangles].all(axis=1)]
    if fit == "tight":
        return Shell(rest_m + normals * rng.uniform(0.0015, 0.004), triangles)
    ease_m = rng.uniform(0.006, 0.026)
    soft = regions.smooth(rest_m, int(rng.integers(4, 22)))
    # Smoothing sinks into what stands out; never below the skin.
    out = np.maximum(((soft - rest_m) * normals).sum(axis=1), 0.0)
    folds = np.zeros(len(rest_m))
    for _ in range(3):
        wave = rng.normal(0, 1, 3) * 2 * np.pi / rng.uniform(0.06, 0.25)
        folds = folds + np.sin(rest_m @ wave + rng.uniform(0, 6.28))
    height = regions.height
    hem = height[covered].min()
    flare = 1.0 + 1.2 * np.exp(-(((height - hem) / 0.05) ** 2)) * rng.uniform(0, 1)
    move = out + ease_m * flare * (1.0 + 0.22 * folds)
    return Shell(rest_m + normals * np.maximum(move, 0.003)[:, None], triangles)


def skirt(mesh: Mesh, rest_m: Float64, hem_m: float) -> Shell:
    """MakeHuman's own helper of a skirt, from the waist down to a height at rest."""
    inside = np.zeros(len(rest_m), bool)
    inside[mesh.skirt] = True
    inside &= rest_m[:, 2] > hem_m
    return Shell(rest_m, mesh.triangles[inside[mesh.triangles].all(axis=1)])

"""Clothes, shoes and hair of the MakeHuman asset repository (CC0), hung on a body's mesh.

`garments.npz` holds for each piece: `vertices` (N, 3) of the base mesh and `weights` (N, 3), whose
weighted sum plus `offset_dm` (MakeHuman's axes: x, y up, z forward), scaled by the body's size, is
where the piece lies on a body at rest; `triangles`; `hides`, the skin it covers; `scale`, by which
distances of the body its offsets grow.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from posture_tools.bodies.mesh import Mesh

Float64 = NDArray[np.float64]
Int64 = NDArray[np.int64]

# In no training picture: what a network makes of clothes and hair that it has never seen is told
# by these alone.
HELD_OUT = frozenset(
    {
        "clothes/female_sportsuit01", "clothes/male_casualsuit04", "clothes/shoes03",
        "hair/short03", "hair/bob02",
    }
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Garment:
    """One piece; see the file's own description above."""

    name: str
    vertices: Int64
    weights: Float64
    offset_dm: Float64
    triangles: Int64
    hides: Int64
    scale: Float64

    def at_rest(self, body_m: Float64) -> Float64:
        """Vertices (N, 3) on a body at rest, metres."""
        up = np.stack([body_m[:, 0], body_m[:, 2], -body_m[:, 1]], axis=1) * 10.0
        size = np.ones(3)
        for axis, p, q, reference_dm in self.scale:
            along = int(axis) - 1
            size[along] = abs(up[int(p), along] - up[int(q), along]) / reference_dm
        offset = self.offset_dm * size
        base = (body_m[self.vertices] * self.weights[..., None]).sum(axis=1)
        moved = np.stack([offset[:, 0], -offset[:, 2], offset[:, 1]], axis=1) / 10.0
        return np.asarray(base + moved)


@cache
def wardrobe() -> dict[str, Garment]:
    """Every piece: `clothes/...` and `hair/...` -> garment."""
    with np.load(Path(__file__).parent / "garments.npz") as table:
        names = sorted({key.rsplit("/", 1)[0] for key in table.files})
        return {
            name: Garment(
                name,
                table[f"{name}/vertices"].astype(np.int64),
                table[f"{name}/weights"].astype(np.float64),
                table[f"{name}/offset_dm"].astype(np.float64),
                table[f"{name}/triangles"].astype(np.int64),
                table[f"{name}/hides"].astype(np.int64),
                table[f"{name}/scale"].astype(np.float64),
            )
            for name in names
        }


def hung(mesh: Mesh, garment: Garment) -> tuple[Float64, Int64]:
    """Which bones a garment's vertices follow, as the skin that they hang on does.

    Weights (N, K) and bones (N, K): those of the three base vertices, blended by their weights.
    """
    share = np.clip(garment.weights, 0.0, None)
    share /= share.sum(axis=1, keepdims=True)
    count = len(garment.vertices)
    whole = np.zeros((count, len(mesh.parents)))
    for base, part in zip(garment.vertices.T, share.T, strict=True):
        rows = np.arange(count)[:, None], mesh.weight_bones[base]
        np.add.at(whole, rows, part[:, None] * mesh.weights[base])
    most = max(1, int((whole > 0).sum(axis=1).max()))
    bones = np.argsort(-whole, axis=1, kind="stable")[:, :most]
    return np.take_along_axis(whole, bones, axis=1), np.ascontiguousarray(bones)

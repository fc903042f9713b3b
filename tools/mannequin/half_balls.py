"""Half balls on landmarks of the back, as they are stuck on to be seen from the side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from posture_tools.bodies import raster
from posture_tools.bodies.anatomy import table
from posture_tools.bodies.body import Body
from posture_tools.bodies.dress import Part
from posture_tools.bodies.mesh import Mesh

Float64 = NDArray[np.float64]
Int64 = NDArray[np.int64]

_RINGS, _SECTORS = 6, 20


@dataclass(frozen=True, eq=False)
class Stuck:
    """parts : the half balls. rest_m (N, 3), weights, bones (N, K) : of the middle of each base."""

    names: tuple[str, ...]
    parts: tuple[Part, ...]
    rest_m: Float64
    weights: Float64
    bones: Int64


def stick(
    parts: Sequence[Part],
    mesh: Mesh,
    body: Body,
    landmarks: tuple[str, ...],
    *,
    bgr: tuple[float, float, float],
    size_mm: tuple[float, float],
) -> Stuck:
    """Half balls on the skin, or on the outermost cloth that is grown from it there.

    size_mm : how wide and how high they are; half as high as wide is a half ball.
    """
    skin = body.rest.vertices_m
    rows = np.array([table()[name] for name in landmarks])
    places = skin[rows].copy()
    out = raster.vertex_normals(skin, mesh.triangles[np.isin(mesh.triangles, mesh.skin).all(1)])
    out = out[rows]
    for part in parts[1:]:
        if len(part.rest_m) < len(skin):
            continue  # a garment or hair: its vertices are not numbered as the skin's
        for i in np.flatnonzero(np.isin(rows, part.triangles)):
            if (part.rest_m[rows[i]] - places[i]) @ out[i] > 0:
                places[i] = part.rest_m[rows[i]]
    colour, (width_mm, height_mm) = np.array(bgr, np.float32), size_mm
    shape_m = np.array([width_mm / 2, width_mm / 2, height_mm]) / 1000.0
    domes = tuple(
        _dome(place, normal, weights=mesh.weights[row], bones=mesh.weight_bones[row],
              colour=colour, shape_m=shape_m)
        for place, normal, row in zip(places, out, rows, strict=True)
    )  # fmt: skip
    return Stuck(
        landmarks, domes, places, np.ascontiguousarray(mesh.weights[rows]),
        np.ascontiguousarray(mesh.weight_bones[rows]),
    )  # fmt: skip


def _dome(
    place: Float64, normal: Float64, *, weights: Float64, bones: Int64,
    colour: NDArray[np.float32], shape_m: Float64,
) -> Part:  # fmt: skip
    """A half ball whose flat side lies on the surface; it moves as the skin under it."""
    aside = np.cross(normal, [1.0, 0.0, 0.0])
    aside /= np.linalg.norm(aside)
    along = np.cross(normal, aside)
    height = np.linspace(0.0, np.pi / 2, _RINGS)[:, None]
    round_ = np.arange(_SECTORS)[None, :] * 2 * np.pi / _SECTORS
    grid = np.stack(
        [np.cos(height) * np.cos(round_), np.cos(height) * np.sin(round_),
         np.sin(height) + 0.0 * round_], axis=-1,
    ).reshape(-1, 3)  # fmt: skip
    rest = place + (grid * shape_m) @ np.stack([aside, along, normal])
    ring, sector = np.divmod(np.arange((_RINGS - 1) * _SECTORS), _SECTORS)
    a, b = ring * _SECTORS + sector, ring * _SECTORS + (sector + 1) % _SECTORS
    triangles = np.concatenate(
        [np.stack([a, b, a + _SECTORS], 1), np.stack([b, b + _SECTORS, a + _SECTORS], 1)]
    )
    count = len(rest)
    return Part(
        rest, rest, np.tile(weights, (count, 1)), np.tile(bones, (count, 1)), triangles, True,
        lambda p: np.tile(colour, (len(p), 1)), None, 0.0,
    )  # fmt: skip

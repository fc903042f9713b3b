"""Surfaces as lofts: rings of an ellipse along a path, joined into one triangle mesh."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Float64 = NDArray[np.float64]
Float32 = NDArray[np.float32]
Int32 = NDArray[np.int32]


@dataclass(frozen=True, slots=True, eq=False)
class Loft:
    """One tube of the figure.

    part : which part of the body it is (index into figure.PARTS).
    points : (R, M, 3) m. The rings of both ends should close (radius about 0).
    local : (R, M, 3) m, where the point sits in the part's own axes; textures hang on it.
    along : (R,) the ring's place along the part, in joints (0 shoulder, 1 elbow, 2 wrist).
    """

    part: int
    points: Float64
    local: Float64
    along: Float64


@dataclass(frozen=True, slots=True, eq=False)
class Mesh:
    """vertices (V, 3) m; attributes (V, 7): unit normal, local point m, along; triangles (T, 3)."""

    vertices: Float64
    attributes: Float32
    triangles: Int32
    triangle_part: Int32


def loft(
    part: int,
    centres: Float64,
    axes: tuple[Float64, Float64],
    radii: tuple[Float64, Float64, Float64],
    along: Float64,
    *,
    sectors: int = 20,
) -> Loft:
    """Rings about a path.

    centres : (R, 3) m.
    axes : unit vectors of each ring to its left and forward, (R, 3) or one (3,) for all.
    radii : (R,) m each: to either side, to the front and to the back.
    """
    left, forward = (np.broadcast_to(axis, centres.shape)[:, None, :] for axis in axes)
    half_width, half_front, half_back = (radius[:, None] for radius in radii)
    turn = np.linspace(0.0, 2 * np.pi, sectors, endpoint=False)
    across = half_width * np.cos(turn)
    depth = np.where(np.sin(turn) >= 0, half_front, half_back) * np.sin(turn)
    points = centres[:, None, :] + across[:, :, None] * left + depth[:, :, None] * forward
    lengths = np.linalg.norm(np.diff(centres, axis=0), axis=1)
    height = np.concatenate([[0.0], np.cumsum(lengths)])
    local = np.stack([across, np.broadcast_to(height[:, None], across.shape), depth], axis=2)
    return Loft(part, points, local, along)


def ellipsoid(
    part: int,
    centre: Float64,
    axes: Float64,
    radii: tuple[float, float, float],
    *,
    rings: int = 9,
    sectors: int = 14,
) -> Loft:
    """An ellipsoid whose axes are the columns of `axes` (3, 3), radii in m."""
    polar = np.linspace(0.0, np.pi, rings)
    around = np.sin(polar)
    centres = centre - np.cos(polar)[:, None] * radii[1] * axes[:, 1]
    widths = around * radii[0], around * radii[2], around * radii[2]
    return loft(part, centres, (axes[:, 0], axes[:, 2]), widths, np.zeros(rings), sectors=sectors)


def _normals(points: Float64) -> Float64:
    """Outward unit normals of a closed tube (R, M, 3), from central differences."""
    around = np.roll(points, -1, axis=1) - np.roll(points, 1, axis=1)
    following = np.concatenate([points[1:], points[-1:]])
    before = np.concatenate([points[:1], points[:-1]])
    normals = np.cross(around, following - before)
    # Where a ring has shrunk to a point the differences vanish: the path's direction stands in.
    middle = points.mean(axis=1)
    path = np.concatenate([middle[:1] - middle[1:2], middle[1:-1] * 0, middle[-1:] - middle[-2:-1]])
    size = np.linalg.norm(normals, axis=2, keepdims=True)
    tip = size < 1e-9
    normals = np.where(tip, path[:, None, :], normals / np.maximum(size, 1e-9))
    outward = np.einsum("rmc,rmc->rm", normals, points - middle[:, None, :])
    turn = np.where(outward.sum() < 0, -1.0, 1.0)
    normals = np.where(tip, normals, normals * turn)
    return np.asarray(normals / np.maximum(np.linalg.norm(normals, axis=2, keepdims=True), 1e-12))


def join(lofts: list[Loft]) -> Mesh:
    """One mesh of all tubes."""
    vertices, attributes, triangles, parts = [], [], [], []
    start = 0
    for tube in lofts:
        rings, sectors, _ = tube.points.shape
        count = rings * sectors
        along = np.broadcast_to(tube.along[:, None, None], (rings, sectors, 1))
        rows = np.concatenate([_normals(tube.points), tube.local, along], axis=2)
        vertices.append(tube.points.reshape(count, 3))
        attributes.append(rows.reshape(count, 7))
        index = start + np.arange(count).reshape(rings, sectors)
        a, b = index[:-1], np.roll(index, -1, axis=1)[:-1]
        c, d = index[1:], np.roll(index, -1, axis=1)[1:]
        quads = np.stack([a, b, c, b, d, c], axis=2).reshape(-1, 3)
        triangles.append(quads)
        parts.append(np.full(len(quads), tube.part))
        start += count
    return Mesh(
        np.concatenate(vertices),
        np.concatenate(attributes).astype(np.float32),
        np.concatenate(triangles).astype(np.int32),
        np.concatenate(parts).astype(np.int32),
    )

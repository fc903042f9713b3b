"""Surfaces as lofts: rings of an ellipse along a path, joined into one triangle mesh."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Float64 = NDArray[np.float64]
Float32 = NDArray[np.float32]
Int32 = NDArray[np.int32]
Bool = NDArray[np.bool_]


SECTORS = 28  # points of every ring
_TURN = np.linspace(0.0, 2 * np.pi, SECTORS, endpoint=False)
_COS, _SIN = np.cos(_TURN), np.sin(_TURN)
_AHEAD = _SIN >= 0


@dataclass(frozen=True, slots=True, eq=False)
class Loft:
    """One tube of the figure.

    part : which part of the body it is (index into figure.PARTS).
    points : (R, SECTORS, 3) m. The rings of both ends should close (radius about 0).
    local : (R, SECTORS, 3) m, where the point sits in the part's own axes; textures hang on it.
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
) -> Loft:
    """Rings about a path.

    centres : (R, 3) m.
    axes : unit vectors of each ring to its left and forward, (R, 3) or one (3,) for all.
    radii : (R,) m each: to either side, to the front and to the back.
    """
    left, forward = (axis.reshape(-1, 1, 3) for axis in axes)
    half_width, half_front, half_back = (radius[:, None] for radius in radii)
    local = np.empty((len(centres), SECTORS, 3))
    local[..., 0] = half_width * _COS
    local[..., 2] = np.where(_AHEAD, half_front, half_back) * _SIN
    steps = np.diff(centres, axis=0)
    local[0, :, 1] = 0.0
    local[1:, :, 1] = np.cumsum(np.sqrt((steps * steps).sum(axis=1)))[:, None]
    points = centres[:, None, :] + local[..., :1] * left + local[..., 2:] * forward
    return Loft(part, points, local, along)


def ellipsoid(
    part: int, centre: Float64, axes: Float64, radii: tuple[float, float, float], rings: int = 9
) -> Loft:
    """An ellipsoid whose axes are the columns of `axes` (3, 3), radii in m."""
    polar = np.linspace(0.0, np.pi, rings)
    around = np.sin(polar)
    centres = centre - np.cos(polar)[:, None] * radii[1] * axes[:, 1]
    widths = around * radii[0], around * radii[2], around * radii[2]
    return loft(part, centres, (axes[:, 0], axes[:, 2]), widths, np.zeros(rings))


def _normals(points: Float64, first: Bool, last: Bool) -> tuple[Float64, Bool]:
    """Outward unit normals of stacked tubes (R, M, 3), and which rings run right-handed.

    From central differences.

    first, last : (R,), which rings begin and end a tube.
    """
    rows = np.arange(len(points))
    following, before = rows + ~last, rows - ~first
    around = np.roll(points, -1, axis=1) - np.roll(points, 1, axis=1)
    step = points[following] - points[before]
    normals = np.empty_like(points)
    for i, j, k in ((0, 1, 2), (1, 2, 0), (2, 0, 1)):
        normals[..., i] = around[..., j] * step[..., k] - around[..., k] * step[..., j]
    middle = points.mean(axis=1)
    handed = np.einsum("rmc,rmc->r", normals, points - middle[:, None, :]) > 0
    normals *= np.where(handed, 1.0, -1.0)[:, None, None]
    # Where a ring has shrunk to a point the differences vanish: the tube's end points outwards.
    path = middle - middle[np.where(first, following, before)]
    size = np.sqrt(np.einsum("rmc,rmc->rm", normals, normals))[..., None]
    normals = np.where(size < 1e-9, path[:, None, :], normals)
    size = np.sqrt(np.einsum("rmc,rmc->rm", normals, normals))[..., None]
    return normals / np.maximum(size, 1e-12), handed


def join(lofts: list[Loft]) -> Mesh:
    """One mesh of all tubes."""
    rings = np.array([len(tube.along) for tube in lofts])
    ends = np.cumsum(rings)
    points = np.concatenate([tube.points for tube in lofts])
    first, last = np.zeros((2, len(points)), bool)
    first[ends - rings], last[ends - 1] = True, True
    attributes = np.empty((*points.shape[:2], 7), np.float32)
    attributes[..., :3], handed = _normals(points, first, last)
    attributes[..., 3:6] = np.concatenate([tube.local for tube in lofts])
    attributes[..., 6] = np.concatenate([tube.along for tube in lofts])[:, None]
    index = np.arange(points[..., 0].size, dtype=np.int32).reshape(points.shape[:2])
    beside = np.roll(index, -1, axis=1)
    lower, upper = np.flatnonzero(~last), np.flatnonzero(~last) + 1
    a, b, c, d = index[lower], beside[lower], index[upper], beside[upper]
    # A closed surface needs only the triangles that face the camera: all wind the same way round.
    turned = handed[(ends - rings // 2 - 1)[np.cumsum(first) - 1][lower]][:, None]
    b, c = np.where(turned, b, c), np.where(turned, c, b)
    triangles = np.stack([a, b, c, b, d, c], axis=2).reshape(-1, 3)
    part = np.repeat([tube.part for tube in lofts], (rings - 1) * 2 * SECTORS)
    return Mesh(points.reshape(-1, 3), attributes.reshape(-1, 7), triangles, part.astype(np.int32))

"""The z-buffer: which triangle each pixel sees, and what it carries there."""

from __future__ import annotations

# ruff: noqa: PLR0917 - a kernel takes its arrays one by one
import numba as nb
import numpy as np
from numpy.typing import NDArray

Float64 = NDArray[np.float64]
Float32 = NDArray[np.float32]
Int32 = NDArray[np.int32]


@nb.njit("void(f8[:,::1], f8[::1], i4[:,::1], f8[:,::1], i4[:,::1])", cache=True, nogil=True)
def fill(
    corners_px: Float64,
    nearness: Float64,
    triangles: Int32,
    z_buffer: Float64,
    seen: Int32,
) -> None:
    """Draw triangles that face the camera into a z-buffer of 1/z, linear under perspective.

    Facing means counter-clockwise as seen (area below zero with y down).

    corners_px (V, 2), nearness (V,) = 1/z with 0 for vertices that must not be drawn, z_buffer
    (H, W) starts at 0, seen (H, W) takes the triangle's index and starts at -1.
    """
    height, width = z_buffer.shape
    for t in range(triangles.shape[0]):
        a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
        if nearness[a] <= 0.0 or nearness[b] <= 0.0 or nearness[c] <= 0.0:
            continue
        ax, ay = corners_px[a, 0], corners_px[a, 1]
        bx, by = corners_px[b, 0], corners_px[b, 1]
        cx, cy = corners_px[c, 0], corners_px[c, 1]
        area = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
        if area > -1e-12:
            continue  # edge on, or facing away
        top = max(0, int(np.ceil(max(min(ay, by, cy), 0.0))))
        bottom = min(height - 1, int(np.floor(min(max(ay, by, cy), height))))
        first = max(0, int(np.ceil(max(min(ax, bx, cx), 0.0))))
        last = min(width - 1, int(np.floor(min(max(ax, bx, cx), width))))
        for y in range(top, bottom + 1):
            for x in range(first, last + 1):
                wb = ((x - ax) * (cy - ay) - (y - ay) * (cx - ax)) / area
                wc = ((bx - ax) * (y - ay) - (by - ay) * (x - ax)) / area
                wa = 1.0 - wb - wc
                if wa < 0.0 or wb < 0.0 or wc < 0.0:
                    continue
                z = wa * nearness[a] + wb * nearness[b] + wc * nearness[c]
                if z > z_buffer[y, x]:
                    z_buffer[y, x] = z
                    seen[y, x] = t


@nb.njit(
    "void(f8[:,::1], f8[::1], i4[:,::1], f4[:,::1], i8[::1], i8[::1], i4[::1], f4[:,::1])",
    cache=True,
    nogil=True,
)
def interpolate(
    corners_px: Float64,
    nearness: Float64,
    triangles: Int32,
    attributes: Float32,
    rows: NDArray[np.int64],
    columns: NDArray[np.int64],
    seen: Int32,
    out: Float32,
) -> None:
    """Perspective-correct attributes at pixels.

    rows, columns, seen (N,): pixels and the triangle each sees. out (N, A).
    """
    for i in range(rows.shape[0]):
        a, b, c = triangles[seen[i], 0], triangles[seen[i], 1], triangles[seen[i], 2]
        ax, ay = corners_px[a, 0], corners_px[a, 1]
        bx, by = corners_px[b, 0] - ax, corners_px[b, 1] - ay
        cx, cy = corners_px[c, 0] - ax, corners_px[c, 1] - ay
        x, y = columns[i] - ax, rows[i] - ay
        area = bx * cy - by * cx
        wb = (x * cy - y * cx) / area
        wc = (bx * y - by * x) / area
        wa = (1.0 - wb - wc) * nearness[a]
        wb *= nearness[b]
        wc *= nearness[c]
        total = wa + wb + wc
        for k in range(attributes.shape[1]):
            out[i, k] = (
                wa * attributes[a, k] + wb * attributes[b, k] + wc * attributes[c, k]
            ) / total


@nb.njit("void(f8[:,::1], i8[:,::1], f8[:,::1])", cache=True, nogil=True)
def add_normals(vertices: Float64, triangles: NDArray[np.int64], out: Float64) -> None:
    """Add each triangle's normal, as long as twice its area, to its corners' (V, 3)."""
    for t in range(triangles.shape[0]):
        a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
        ux, uy, uz = (
            vertices[b, 0] - vertices[a, 0],
            vertices[b, 1] - vertices[a, 1],
            vertices[b, 2] - vertices[a, 2],
        )
        vx, vy, vz = (
            vertices[c, 0] - vertices[a, 0],
            vertices[c, 1] - vertices[a, 1],
            vertices[c, 2] - vertices[a, 2],
        )
        nx, ny, nz = uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx
        for corner in (a, b, c):
            out[corner, 0] += nx
            out[corner, 1] += ny
            out[corner, 2] += nz


def vertex_normals(vertices: Float64, triangles: NDArray[np.int64]) -> Float64:
    """Unit normals (V, 3); zero where no triangle is."""
    out = np.zeros_like(vertices)
    add_normals(vertices, triangles, out)
    return np.asarray(out / np.maximum(np.linalg.norm(out, axis=1, keepdims=True), 1e-12))

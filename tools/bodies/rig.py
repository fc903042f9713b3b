"""The skeleton's kernels: bones turned about their heads, and what the skin does with them.

A bone's transform takes points from rest to pose: its parent's, after a turn about its own head.
Turns are rotation vectors in radians about the axes at rest: x to the body's left, y backwards,
z up.
"""

from __future__ import annotations

# ruff: noqa: PLR0917 - a kernel takes its arrays one by one
import numba as nb
import numpy as np
from numpy.typing import NDArray

Float64 = NDArray[np.float64]
Int64 = NDArray[np.int64]


@nb.njit("void(f8[::1], f8[:,::1])", cache=True, nogil=True)
def rotation(turn: Float64, out: Float64) -> None:
    """Rotation matrix (3, 3) of a rotation vector (Rodrigues)."""
    x, y, z = turn[0], turn[1], turn[2]
    angle = np.sqrt(x * x + y * y + z * z)
    if angle < 1e-12:
        s, c = 1.0, 0.5
    else:
        s, c = np.sin(angle) / angle, (1.0 - np.cos(angle)) / (angle * angle)
    out[0, 0] = 1.0 - c * (y * y + z * z)
    out[1, 1] = 1.0 - c * (x * x + z * z)
    out[2, 2] = 1.0 - c * (x * x + y * y)
    out[0, 1] = c * x * y - s * z
    out[1, 0] = c * x * y + s * z
    out[0, 2] = c * x * z + s * y
    out[2, 0] = c * x * z - s * y
    out[1, 2] = c * y * z - s * x
    out[2, 1] = c * y * z + s * x


@nb.njit(
    "void(i8[::1], f8[:,::1], f8[:,::1], f8[::1], f8[:,:,::1], f8[:,::1])", cache=True, nogil=True
)
def chain(
    parents: Int64, heads_m: Float64, turns: Float64, lift_m: Float64, turn: Float64, shift: Float64
) -> None:
    """Transforms of all bones: p -> turn[b] p + shift[b].

    parents (B,), -1 for the root, a parent before its children; heads_m, turns (B, 3) at rest;
    lift_m (3,) moves the whole body. turn (B, 3, 3) and shift (B, 3) are written.
    """
    own = np.empty((3, 3))
    for b in range(parents.shape[0]):
        rotation(turns[b], own)
        # About the head: own (p - head) + head.
        local = np.empty(3)
        for i in range(3):
            local[i] = heads_m[b, i]
            for j in range(3):
                local[i] -= own[i, j] * heads_m[b, j]
        p = parents[b]
        if p < 0:
            turn[b] = own
            for i in range(3):
                shift[b, i] = local[i] + lift_m[i]
            continue
        for i in range(3):
            total = shift[p, i]
            for k in range(3):
                total += turn[p, i, k] * local[k]
            shift[b, i] = total
            for j in range(3):
                value = 0.0
                for k in range(3):
                    value += turn[p, i, k] * own[k, j]
                turn[b, i, j] = value


@nb.njit("void(f8[::1], f8, f8[:,::1], f8[::1], f8[::1])", cache=True, nogil=True)
def add_carried(place: Float64, weight: float, turn: Float64, shift: Float64, out: Float64) -> None:
    """Add where one bone takes a place (3,), times its weight."""
    for i in range(3):
        out[i] += weight * (
            turn[i, 0] * place[0] + turn[i, 1] * place[1] + turn[i, 2] * place[2] + shift[i]
        )


@nb.njit(
    "void(f8[:,::1], f8[:,::1], i8[:,::1], f8[:,:,::1], f8[:,::1], f8[:,::1])",
    cache=True,
    nogil=True,
)
def skin(
    rest_m: Float64, weights: Float64, bones: Int64, turn: Float64, shift: Float64, out_m: Float64
) -> None:
    """Posed vertices (V, 3) by linear blend skinning; weights and bones (V, N)."""
    for v in range(rest_m.shape[0]):
        for i in range(3):
            out_m[v, i] = 0.0
        for n in range(weights.shape[1]):
            w = weights[v, n]
            if w == 0.0:
                continue
            b = bones[v, n]
            add_carried(rest_m[v], w, turn[b], shift[b], out_m[v])


@nb.njit(
    "void(i8[::1], i8[::1], f8[::1], f8[:,::1], f8[:,::1], i8[:,::1], f8[:,:,::1])",
    cache=True,
    nogil=True,
)
def gather(
    point: Int64,
    vertex: Int64,
    share: Float64,
    rest_m: Float64,
    weights: Float64,
    bones: Int64,
    out: Float64,
) -> None:
    """What each bone holds of each point: (P, B, 4) = sum over vertices of share x weight x (p, 1).

    Points are sums of vertices (`point`, `vertex`, `share`: one row a term); with this, posing the
    few points that measures need costs no skinning of the whole mesh.
    """
    for t in range(point.shape[0]):
        v = vertex[t]
        for n in range(weights.shape[1]):
            w = share[t] * weights[v, n]
            if w == 0.0:
                continue
            b = bones[v, n]
            for i in range(3):
                out[point[t], b, i] += w * rest_m[v, i]
            out[point[t], b, 3] += w


@nb.njit(
    "void(i8[::1], f8[:,::1], f8[:,:,::1], f8[:,::1], f8[:,:,::1], f8[:,:,::1])",
    cache=True,
    nogil=True,
)
def pose_points(
    parents: Int64,
    heads_m: Float64,
    turns: Float64,
    lifts_m: Float64,
    held: Float64,
    out_m: Float64,
) -> None:
    """Points (N, P, 3) of N poses: turns (N, B, 3), lifts_m (N, 3), held (P, B, 4) of `gather`."""
    bones = parents.shape[0]
    turn, shift = np.empty((bones, 3, 3)), np.empty((bones, 3))
    for n in range(turns.shape[0]):
        chain(parents, heads_m, turns[n], lifts_m[n], turn, shift)
        for p in range(held.shape[0]):
            for i in range(3):
                total = 0.0
                for b in range(bones):
                    h = held[p, b, 3]
                    if h == 0.0:
                        continue
                    total += (
                        turn[b, i, 0] * held[p, b, 0]
                        + turn[b, i, 1] * held[p, b, 1]
                        + turn[b, i, 2] * held[p, b, 2]
                        + shift[b, i] * h
                    )
                out_m[n, p, i] = total

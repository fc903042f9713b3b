"""Colour of the surface before light falls on it: skin, face, hair, cloth and shoes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from posture_tools.mannequin import parts
from posture_tools.mannequin.body import EYE
from posture_tools.mannequin.head import hairline
from posture_tools.mannequin.look import Colour, Fabric, Look

Float32 = NDArray[np.float32]


def _edge(value: NDArray[np.floating], width: float) -> Float32:
    """0 below, 1 above zero, over a soft edge of the given width."""
    return np.asarray(np.clip(value / width + 0.5, 0.0, 1.0), np.float32)


def _over(base: Float32, colour: Colour, cover: Float32) -> Float32:
    return base + cover[:, None] * (np.asarray(colour, np.float32) - base)


def _blob(x: NDArray[np.floating], y: NDArray[np.floating], rx: float, ry: float) -> Float32:
    """1 inside an ellipse about (0, 0), 0 outside, with a soft edge."""
    inside = 1.0 - np.sqrt((x / rx) ** 2 + (y / ry) ** 2)
    return np.asarray(np.clip(inside / 0.25, 0.0, 1.0), np.float32)


def waves(local_m: Float32, seed: int, scale_m: float) -> Float32:
    """Smooth blotches (N,), about -1 to 1, over points (N, 3): sums of crossed plane waves."""
    rng = np.random.default_rng(seed)
    ways = rng.standard_normal((6, 3)).astype(np.float32)
    lengths = scale_m * np.array([1.0, 1.0, 0.6, 0.6, 0.37, 0.37], np.float32)
    ways *= (2 * np.float32(np.pi) / (lengths * np.sqrt((ways * ways).sum(axis=1))))[:, None]
    crests = ways @ np.ascontiguousarray(local_m.T)
    crests += rng.uniform(0, 2 * np.pi, (6, 1)).astype(np.float32)
    np.sin(crests, out=crests)
    total = crests[0] * crests[1] + crests[2] * crests[3] + crests[4] * crests[5]
    return np.asarray(total / np.float32(1.5), np.float32)


def _fabric(fabric: Fabric, local: Float32, seed: int) -> Float32:
    base = np.broadcast_to(np.asarray(fabric.colour, np.float32), (len(local), 3))
    x, y = local[:, 0] / fabric.repeat_m, local[:, 1] / fabric.repeat_m
    match fabric.pattern:
        case "plain":
            return base.copy()
        case "hoops":
            cover = _edge(np.abs(y % 1 - 0.5) - 0.25, 0.12)
        case "stripes":
            cover = _edge(np.abs(x % 1 - 0.5) - 0.32, 0.12)
        case "check":
            cover = 0.5 * (_edge(np.abs(x % 1 - 0.5) - 0.25, 0.1))
            cover = cover + 0.5 * _edge(np.abs(y % 1 - 0.5) - 0.25, 0.1)
        case "dots":
            cover = _edge(0.28 - np.hypot(x % 1 - 0.5, y % 1 - 0.5), 0.12)
        case "blotches":
            cover = _edge(waves(local, seed + 5, fabric.repeat_m * 2) - 0.1, 0.2)
    return _over(base, fabric.second, cover.astype(np.float32))


def _face(base: Float32, p: Float32, look: Look) -> Float32:
    """Paint the features onto the front of the head; p in the head's axes, of stature."""
    x, y, z = p.T
    front = z > 0.02
    skin = np.asarray(look.skin, np.float32)
    rosy = skin * np.array([0.86, 0.88, 1.04], np.float32)
    away = np.abs(x)
    base = _over(base, tuple(rosy), 0.6 * _blob(away - 0.024, y + 0.016, 0.016, 0.014) * front)
    shade = tuple(skin * np.array([0.70, 0.68, 0.74], np.float32))
    base = _over(
        base, shade, 0.75 * _blob(away - EYE[0], y - EYE[1] - 0.003, 0.0150, 0.0100) * front
    )
    if look.beard > 0:
        jaw = _edge(-(y + 0.012) - 0.6 * np.clip(0.02 - z, 0, 1), 0.014) * _edge(z - 0.004, 0.02)
        jaw *= 1 - _blob(x, y + 0.030, 0.014, 0.007)
        base = _over(base, look.hair_colour, look.beard * 0.85 * jaw)
    white = _blob(away - EYE[0], y - EYE[1], 0.0088, 0.0040)
    base = _over(base, (0.86, 0.88, 0.90), white * front)
    iris = _blob(away - EYE[0], y - EYE[1], 0.0040, 0.0044)
    base = _over(base, (0.10, 0.12, 0.16), iris * front)
    lid = _blob(away - EYE[0], y - EYE[1] - 0.0040, 0.0100, 0.0020)
    base = _over(base, tuple(skin * 0.35), 0.9 * lid * front)
    arch = y - 0.0205 + 6.0 * (away - EYE[0]) ** 2
    brow = _blob(away - EYE[0], arch, 0.0125, 0.0030)
    brow_colour = tuple(0.6 * np.array(look.hair_colour) + 0.15 * skin)
    base = _over(base, brow_colour, 0.85 * brow * front)
    lips = tuple((1 - 0.5 * look.lips) * skin + 0.5 * look.lips * np.array([0.25, 0.22, 0.62]))
    lips = tuple(np.array(lips) * np.array([0.74, 0.70, 0.86]))
    base = _over(base, lips, _blob(x, y + 0.0305, 0.0145, 0.0052) * front)
    base = _over(base, tuple(skin * 0.28), 0.9 * _blob(x, y + 0.0300, 0.0150, 0.0012) * front)
    return _over(base, tuple(skin * 0.78), 0.5 * _blob(x, y + 0.040, 0.012, 0.003) * front)


def _hair(look: Look, p: Float32) -> Float32:
    streak = 0.85 + 0.25 * np.sin(p[:, 0] * 900 + 40 * p[:, 1] + np.sin(p[:, 2] * 300))
    return np.asarray(look.hair_colour, np.float32) * np.asarray(streak[:, None], np.float32)


def _dress(base: Float32, cover: Float32, fabric: Fabric, local: Float32, seed: int) -> Float32:
    if not cover.any():
        return base
    return np.asarray(base + cover[:, None] * (_fabric(fabric, local, seed) - base), np.float32)


def albedo(part: int, local: Float32, along: Float32, look: Look) -> Float32:
    """Colour (N, 3) BGR 0..1 of surface points of one part.

    local (N, 3): m, but fractions of stature in the head's axes for HEAD, HAIR, EAR and NOSE.
    """
    if part == parts.SKIRT:
        return _fabric(look.bottom_fabric, local, look.seed + 1)
    if part == parts.HAIR:
        return _hair(look, local)
    if part == parts.MARKER:
        return np.broadcast_to(np.asarray(look.markers, np.float32), local.shape)
    if part == parts.FOOT and look.shoes is not None:
        shoe = np.broadcast_to(np.asarray(look.shoes, np.float32), local.shape)
        return _over(shoe, (0.82, 0.83, 0.84), 0.8 * _edge(-local[:, 2] - 0.014, 0.003))
    skin = np.asarray(look.skin, np.float32)
    mottled = 1 + 0.035 * waves(local, look.seed, 0.09)
    bare = skin * mottled[:, None]
    match part:
        case parts.HEAD:
            over = local[:, 1] - hairline(look.hair, local[:, 2]).astype(np.float32)
            face = _face(bare, local, look)
            cover = _edge(over - 0.002, 0.006)[:, None]
            return np.asarray(face + cover * (_hair(look, local) - face))
        case parts.EAR:
            hollow = _blob(local[:, 1], local[:, 2] - 0.001, 0.010, 0.005)
            return _over(bare, tuple(skin * 0.62), 0.8 * hollow)
        case parts.NOSE:
            nostril = _blob(np.abs(local[:, 0]) - 0.005, local[:, 1] + 0.0178, 0.0035, 0.0028)
            return _over(bare, tuple(skin * 0.35), 0.8 * nostril)
        case parts.TORSO:
            covered = _edge(along - parts.HEM[look.top], 0.02)
            covered *= _edge(parts.NECKLINE[look.top] - along, 0.02)
            if look.top in parts.COLLAR_M:
                # Round the neck, lower at the front.
                low = local[:, 1] + np.where(local[:, 2] > 0, 0.022, -0.012)
                covered *= _edge(np.hypot(local[:, 0], low) - parts.COLLAR_M[look.top], 0.004)
            if look.top == "tank":
                covered *= _edge(0.095 - np.abs(local[:, 0]) + 0.5 * (along < 3.0), 0.004)
            worn = _edge(parts.WAISTBAND[look.bottom] - along, 0.02)
            dressed = _dress(bare, worn, look.bottom_fabric, local, look.seed + 1)
            return _dress(dressed, covered, look.top_fabric, local, look.seed)
        case parts.ARM:
            covered = _edge(parts.SLEEVE[look.top] - along, 0.015)
            return _dress(bare, covered, look.top_fabric, local, look.seed)
        case parts.HAND:
            across = local[:, 2]
            gap = np.abs((across / 0.0185 + 0.5) % 1 - 0.5) < 0.07
            return np.asarray(bare * (1 - 0.4 * (gap & (along > 0.55)))[:, None].astype(np.float32))
        case parts.LEG:
            covered = _edge(parts.LEG_END[look.bottom] - along, 0.012)
            return _dress(bare, covered, look.bottom_fabric, local, look.seed + 1)
        case _:
            return bare

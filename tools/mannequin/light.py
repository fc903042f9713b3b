"""Light on the surface: a soft main light, a sky, and the shade of near folds."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray
from posture_tools.mannequin import parts
from posture_tools.mannequin.look import Look
from posture_tools.mannequin.skin import waves

Float32 = NDArray[np.float32]

_CLOTH = (parts.TORSO, parts.ARM, parts.LEG, parts.SKIRT)


def creases(depth_m: Float32, spread_px: float) -> Float32:
    """Shade (H, W), 0..1, where a surface lies behind its neighbourhood; 1 where there is
    nothing.

    Unsharp masking of the depth buffer (Luft, Colditz and Deussen, 2006). depth_m is inf where
    there is nothing.
    """
    there = np.isfinite(depth_m)
    # A quarter of the size shows these wide, soft shades just as well.
    size = (max(depth_m.shape[1] // 4, 1), max(depth_m.shape[0] // 4, 1))
    small = cv2.resize(np.where(there, depth_m, 0.0), size, interpolation=cv2.INTER_AREA)
    weight = cv2.resize(there.astype(np.float32), size, interpolation=cv2.INTER_AREA)
    small, weight = (cv2.GaussianBlur(m, (0, 0), spread_px / 4) for m in (small, weight))
    whole = (depth_m.shape[1], depth_m.shape[0])
    mean = cv2.resize(small / np.maximum(weight, 1e-3), whole, interpolation=cv2.INTER_LINEAR)
    return np.asarray(np.clip((depth_m - mean) / 0.10, 0.0, 1.0), np.float32)


def folded(part: int, normals: Float32, local: Float32, along: Float32, look: Look) -> Float32:
    """Normals (N, 3) bent by folds of loose cloth or, on a bare back, by the spine's furrow."""
    if part == parts.MARKER:
        # A sticker is flat and turned to the back: evenly lit, so that its middle can be found.
        return np.broadcast_to(np.array([0.0, 0.0, -1.0], np.float32), normals.shape)
    if part not in _CLOTH:
        return normals
    if part == parts.TORSO and look.top in ("bare", "band"):
        # The furrow's profile is a Gaussian valley 16 mm wide between the long back muscles,
        # and the shoulder blades stand out beside it.
        x = local[:, 0]
        back = (local[:, 2] < 0) & (along > -0.4) & (along < 4.2)
        steep = 0.55 * x / 0.016 * np.exp(0.5 - 0.5 * (x / 0.016) ** 2)
        aside = (np.abs(x) - 0.075) / 0.03
        blade = 0.30 * aside * np.exp(-0.5 * aside**2 - 0.5 * ((along - 3.0) / 0.5) ** 2)
        slope = (steep * -0.55 + blade * np.sign(x)) * back
        bent = normals + slope[:, None].astype(np.float32) * np.array([1.0, 0.0, 0.0], np.float32)
    else:
        strength = np.float32(4.0 * look.loose_m + 0.03)
        stretched = local * np.array([1.0, 0.45, 1.0], np.float32)
        first = waves(stretched, look.seed + 2, 0.12)
        second = waves(stretched, look.seed + 3, 0.12)
        push = np.stack([first, 0.7 * second, 0.5 * first * second], axis=1)
        end = {parts.ARM: parts.SLEEVE[look.top], parts.LEG: parts.LEG_END[look.bottom]}
        clothed = along < end.get(part, np.inf)
        bent = normals + strength * clothed[:, None] * push
    length = np.sqrt(np.einsum("nc,nc->n", bent, bent))
    return np.asarray(bent / length[:, None], np.float32)


def lit(colour: Float32, normals: Float32, crease: Float32, look: Look, gloss: float) -> Float32:
    """Colour (N, 3) under the light, 0..1; normals in world axes."""
    towards = np.asarray(look.light, np.float32)
    towards /= np.linalg.norm(towards)
    facing = normals @ towards
    wrapped = np.clip(0.35 + 0.65 * facing, 0.0, 1.0) ** 1.2
    sky = 0.75 + 0.25 * normals[:, 1]
    bright = look.ambient * sky + (1.15 - look.ambient) * wrapped
    bright = bright * (1.0 - 0.45 * crease)
    half = towards + np.array([0.0, 0.0, 1.0], np.float32)
    half /= np.linalg.norm(half)
    shine = gloss * np.clip(normals @ half, 0.0, 1.0) ** 24
    return np.asarray(np.clip(colour * bright[:, None] + shine[:, None], 0.0, 1.0), np.float32)

"""Arms, hands, legs, feet and the skirt. Numbers are fractions of stature."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from posture_tools.mannequin.body import FOOT_LENGTH
from posture_tools.mannequin.parts import (
    ARM,
    FOOT,
    HAND,
    LEG,
    LEG_END,
    SKIRT,
    SLEEVE,
    Wearer,
    across,
    unit,
)  # fmt: skip
from posture_tools.mannequin.surface import Loft, ellipsoid, loft

Float64 = NDArray[np.float64]

# Limbs: along, half width, front, back.
_ARM = np.array(
    [
        (-0.17, 0.001, 0.001, 0.001), (-0.155, 0.012, 0.012, 0.012), (-0.11, 0.0215, 0.022, 0.022),
        (-0.05, 0.0265, 0.0275, 0.0275), (0.03, 0.0285, 0.0300, 0.0300),
        (0.15, 0.0280, 0.0305, 0.0300), (0.35, 0.0255, 0.0285, 0.0275),
        (0.60, 0.0240, 0.0265, 0.0255), (0.85, 0.0225, 0.0230, 0.0225),
        (1.00, 0.0225, 0.0225, 0.0220), (1.15, 0.0240, 0.0240, 0.0225),
        (1.35, 0.0230, 0.0235, 0.0215), (1.65, 0.0180, 0.0190, 0.0180),
        (1.90, 0.0140, 0.0165, 0.0160), (2.00, 0.0130, 0.0160, 0.0160),
        (2.06, 0.001, 0.001, 0.001),
    ]
)  # fmt: skip
_HAND = np.array(
    [
        (-0.06, 0.001, 0.001, 0.001), (0.00, 0.0115, 0.0150, 0.0150),
        (0.20, 0.0115, 0.0190, 0.0190),
        (0.45, 0.0105, 0.0235, 0.0225), (0.60, 0.0095, 0.0225, 0.0220),
        (0.80, 0.0080, 0.0205, 0.0200), (0.93, 0.0065, 0.0160, 0.0160),
        (1.00, 0.001, 0.002, 0.002),
    ]
)  # fmt: skip
_LEG = np.array(
    [
        (-0.16, 0.001, 0.001, 0.001), (-0.13, 0.024, 0.030, 0.030), (-0.05, 0.038, 0.045, 0.050),
        (0.08, 0.0465, 0.0510, 0.0560), (0.20, 0.0490, 0.0525, 0.0540),
        (0.45, 0.0455, 0.0490, 0.0460), (0.70, 0.0380, 0.0420, 0.0380),
        (0.90, 0.0335, 0.0360, 0.0335), (1.00, 0.0325, 0.0355, 0.0330),
        (1.12, 0.0310, 0.0320, 0.0350), (1.30, 0.0325, 0.0300, 0.0400),
        (1.50, 0.0295, 0.0270, 0.0360), (1.75, 0.0225, 0.0225, 0.0265),
        (1.92, 0.0195, 0.0205, 0.0225), (2.00, 0.0205, 0.0205, 0.0225),
        (2.06, 0.001, 0.001, 0.001),
    ]
)  # fmt: skip
# Foot: along its length, half width, height of the instep.
_FOOT = np.array(
    [
        (0.000, 0.001, 0.012), (0.03, 0.0130, 0.026), (0.12, 0.0185, 0.038), (0.28, 0.0200, 0.047),
        (0.45, 0.0215, 0.043), (0.62, 0.0255, 0.031), (0.78, 0.0280, 0.024), (0.90, 0.0255, 0.019),
        (0.97, 0.0170, 0.014), (1.000, 0.001, 0.008),
    ]
)  # fmt: skip


# Skirt: share of the way from hips to knees, half width, half depth.
_SKIRT = np.array(
    [
        (-0.36, 0.010, 0.010), (-0.35, 0.082, 0.064), (-0.10, 0.100, 0.078), (0.10, 0.106, 0.084),
        (0.35, 0.112, 0.086), (0.60, 0.122, 0.090), (0.85, 0.134, 0.096), (0.86, 0.010, 0.010),
    ]
)  # fmt: skip


def _bent(chain: Float64, at: Float64, rounding: float = 0.16) -> tuple[Float64, Float64]:
    """Points and directions (N, 3) along a two-bone limb (3, 3), its corner rounded off."""
    upper, lower = chain[1] - chain[0], chain[2] - chain[1]
    t = at[:, None]
    path = np.where(t < 1, chain[0] + t * upper, chain[1] + (t - 1) * lower)
    direction = np.where(t < 1, unit(upper), unit(lower))
    near = np.abs(t - 1) < rounding
    u = (t - 1 + rounding) / (2 * rounding)
    a, b = chain[1] - rounding * upper, chain[1] + rounding * lower
    # A quadratic Bezier curve with half of its corner's pull: the skin stays near the joint.
    corner = (1 - u) ** 2 * a + 2 * u * (1 - u) * chain[1] + u**2 * b
    path = np.where(near, 0.5 * path + 0.5 * corner, path)
    direction = np.where(near, unit((1 - u) * unit(upper) + u * unit(lower)), direction)
    return np.asarray(path), np.asarray(direction)


def arm(wearer: Wearer, side: str, outward: float) -> list[Loft]:
    """Upper arm and forearm, hand, thumb."""
    stature = wearer.body.stature_m
    along = _ARM[:, 0]
    chain = np.array([wearer.point(f"{side}_{j}") for j in ("shoulder", "elbow", "wrist")])
    path, direction = _bent(chain, along)
    reference = np.broadcast_to(wearer.joints.frames[f"{side}_arm"][:, 0], path.shape)
    left, forward = across(-direction, reference)
    worn_m = wearer.look.loose_m * 1.3 * (along < SLEEVE[wearer.look.top])
    radii = _ARM[:, 1:] * stature * np.sqrt(wearer.body.girth) + _open(_ARM, worn_m)
    pieces = [loft(ARM, path, (left, forward), _columns(radii), along)]

    wrist, tip = chain[2], wearer.point(f"{side}_hand")
    centres = wrist + _HAND[:, :1] * (tip - wrist)
    axes = (left[-1], forward[-1])
    pieces.append(loft(HAND, centres, axes, _columns(_HAND[:, 1:] * stature), _HAND[:, 0]))
    down = unit(tip - wrist)
    thumb = unit(down + 0.55 * axes[1] - outward * 0.25 * axes[0])
    middle = wrist + stature * (0.024 * down + 0.012 * axes[1] + 0.016 * thumb)
    aside, ahead = across(thumb[None], axes[0][None])
    frame = np.stack([aside[0], thumb, ahead[0]], axis=1)
    size = (0.0065 * stature, 0.026 * stature, 0.0075 * stature)
    pieces.append(ellipsoid(HAND, middle, frame, size, rings=8))
    return pieces


def leg(wearer: Wearer, side: str) -> Loft:
    """Thigh and shank."""
    along = _LEG[:, 0]
    chain = np.array([wearer.point(f"{side}_{j}") for j in ("hip", "knee", "ankle")])
    path, direction = _bent(chain, along)
    axes = across(-direction, np.broadcast_to(wearer.hip_line, path.shape))
    scale = wearer.body.stature_m * np.where(along < 1.8, np.sqrt(wearer.body.girth), 1.0)
    bottom = wearer.look.bottom
    wide_m = {"trousers": 0.010, "shorts": 0.012}.get(bottom, 0.001)
    worn_m = wide_m * np.clip(along + 0.3, 0, 1) * (along < LEG_END[bottom])
    radii = _LEG[:, 1:] * scale[:, None] + _open(_LEG, worn_m)
    return loft(LEG, path, axes, _columns(radii), along)


def foot(wearer: Wearer, side: str, outward: float) -> Loft:
    """Foot or shoe; a shoe is a little larger."""
    along, half_width, height = _FOOT.T
    stature, frame = wearer.body.stature_m, wearer.joints.frames[f"{side}_foot"]
    larger = 1.0 if wearer.look.shoes is None else 1.08
    heel = wearer.point(f"{side}_heel") - 0.012 * stature * frame[:, 1]
    ahead = (along * larger - (larger - 1) / 2) * FOOT_LENGTH
    own = np.stack([-outward * 0.010 * along, height / 2 * larger, ahead], axis=1)
    half_height = height / 2 * stature * larger
    radii = half_width * stature * larger, half_height, half_height
    axes = (frame[:, 0], frame[:, 1])
    return loft(FOOT, heel + stature * own @ frame.T, axes, radii, along)


def skirt(wearer: Wearer) -> Loft:
    """From the waist to over the knees, between the legs wherever they are."""
    hips = (wearer.point("left_hip") + wearer.point("right_hip")) / 2
    knees = (wearer.point("left_knee") + wearer.point("right_knee")) / 2
    share, half_width, deep = _SKIRT.T
    path = hips + share[:, None] * (knees - hips)
    up = np.broadcast_to(unit(hips - knees), path.shape)
    axes = across(up, np.broadcast_to(wearer.hip_line, path.shape))
    scale = wearer.body.stature_m * np.sqrt(wearer.body.girth)
    radii = half_width * scale * wearer.body.hip_breadth, deep * scale, deep * scale
    return loft(SKIRT, path, axes, radii, share)


def _open(table: Float64, worn_m: NDArray[np.floating]) -> Float64:
    """Thickness of cloth (R, 1), none where the limb's end is closed."""
    return np.asarray((worn_m * (table[:, 1] > 0.005))[:, None])


def _columns(radii: Float64) -> tuple[Float64, Float64, Float64]:
    return radii[:, 0], radii[:, 1], radii[:, 2]

"""Head, hair, ears and nose, in the head's axes: origin between the ears, fractions of stature."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from posture_tools.mannequin.body import HALF_EAR_SPAN
from posture_tools.mannequin.parts import EAR, HAIR, HEAD, NOSE, Wearer, unit
from posture_tools.mannequin.surface import Loft, ellipsoid, loft

Float64 = NDArray[np.float64]

# Head: height over the ears, half width, front, back, centre before the ears.
_HEAD = np.array(
    [
        (-0.0600, 0.000, 0.000, 0.000, 0.042), (-0.0590, 0.012, 0.012, 0.020, 0.040),
        (-0.0550, 0.021, 0.021, 0.030, 0.036), (-0.0480, 0.029, 0.029, 0.030, 0.030),
        (-0.0380, 0.0355, 0.039, 0.032, 0.020), (-0.0260, 0.0395, 0.049, 0.040, 0.010),
        (-0.0120, 0.0420, 0.0575, 0.0495, 0.002), (0.0000, 0.0440, 0.0590, 0.0565, 0.0),
        (0.0120, 0.0452, 0.0590, 0.0590, 0.0), (0.0250, 0.0455, 0.0600, 0.0600, 0.0),
        (0.0380, 0.0440, 0.0585, 0.0585, 0.0), (0.0500, 0.0400, 0.0525, 0.0530, 0.0),
        (0.0600, 0.0325, 0.0430, 0.0440, 0.0), (0.0680, 0.0235, 0.0310, 0.0320, 0.0),
        (0.0735, 0.0120, 0.0160, 0.0165, 0.0), (0.0750, 0.000, 0.000, 0.000, 0.0),
    ]
)  # fmt: skip
# Nose: height, half width, front, depth of its root.
_NOSE = np.array(
    [
        (0.012, 0.001, 0.001, 0.0555), (0.008, 0.0045, 0.006, 0.0555),
        (0.000, 0.0055, 0.010, 0.0560), (-0.008, 0.0080, 0.0140, 0.0570),
        (-0.014, 0.0110, 0.0165, 0.0570), (-0.0175, 0.0085, 0.0125, 0.0560),
        (-0.0190, 0.001, 0.001, 0.0560),
    ]
)  # fmt: skip
# Hanging hair: share of its length, half width, half depth.
_LOCKS = np.array(
    [
        (0.00, 0.001, 0.001), (0.02, 0.020, 0.015), (0.12, 0.042, 0.030), (0.30, 0.053, 0.032),
        (0.50, 0.056, 0.028), (0.75, 0.055, 0.022), (0.92, 0.050, 0.018), (0.98, 0.035, 0.012),
        (1.00, 0.001, 0.001),
    ]
)  # fmt: skip
_THICKNESS = {"bald": 0.0, "short": 0.007, "bun": 0.006, "bob": 0.013, "long": 0.012}
_AXES = (np.array([1.0, 0.0, 0.0]), np.array([0.0, 0.0, 1.0]))


def _upright(height: Float64, depth: Float64) -> Float64:
    return np.stack([np.zeros_like(height), height, depth], axis=1)


def head(wearer: Wearer) -> list[Loft]:
    """The pieces of the head, placed in the body's axes; `local` stays in the head's."""
    style = wearer.look.hair
    height, half_width, front, behind, centre = _HEAD.T
    skull = loft(HEAD, _upright(height, centre), _AXES, (half_width, front, behind), height)
    over = skull.points[..., 1] - hairline(style, skull.points[..., 2])
    thick = _THICKNESS[style] * np.clip(over / 0.012, 0, 1)
    grown = skull.points + thick[..., None] * unit(skull.points - np.array([0, 0.005, 0]))
    pieces = [Loft(HEAD, grown, skull.points, height)]
    for outward in (1.0, -1.0):
        ear = np.array([outward * (HALF_EAR_SPAN - 0.004), 0.001, -0.003])
        pieces.append(ellipsoid(EAR, ear, np.eye(3), (0.006, 0.0185, 0.0105)))
    low, wide, deep, root = _NOSE.T
    pieces.append(loft(NOSE, _upright(low, root), _AXES, (wide, deep, 0.3 * deep), low))
    if style == "bun":
        knot = np.array([0.0, 0.036, -0.066])
        pieces.append(ellipsoid(HAIR, knot, np.eye(3), (0.022, 0.021, 0.018)))
    if style in ("bob", "long"):
        share, wide, deep = _LOCKS.T
        end = -0.062 if style == "bob" else -0.135
        path = _upright(0.055 + share * (end - 0.055), -0.034 - 0.006 * share)
        pieces.append(loft(HAIR, path, _AXES, (wide, deep, deep), share))
    return [_placed(piece, wearer) for piece in pieces]


def _placed(piece: Loft, wearer: Wearer) -> Loft:
    turned = wearer.body.stature_m * piece.points @ wearer.joints.frames["head"].T
    local = piece.points if piece.part != HEAD else piece.local
    return Loft(piece.part, wearer.point("mid_ear") + turned, local, piece.along)


def hairline(style: str, depth: NDArray[np.floating]) -> Float64:
    """Height over the ears above which there is hair, by depth before the ears."""
    if style == "bald":
        return np.full(depth.shape, 9.0)
    before = [-0.060, -0.025, -0.005, 0.012, 0.035, 0.060]
    sides = -0.07 if style in ("bob", "long") else -0.036
    ear = -0.06 if style in ("bob", "long") else 0.002
    return np.asarray(np.interp(depth, before, [sides - 0.004, sides, ear, 0.024, 0.037, 0.047]))

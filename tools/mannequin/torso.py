"""Torso, neck and shoulder girdle. The skin of the back passes exactly through the spine points.

Numbers are fractions of stature unless their name says otherwise.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from posture_tools.mannequin.parts import (
    HEM,
    MARKER,
    NECKLINE,
    TORSO,
    WAISTBAND,
    Wearer,
    across,
    through,
    unit,
)  # fmt: skip
from posture_tools.mannequin.surface import Loft, ellipsoid, loft

Float64 = NDArray[np.float64]

# Torso and neck: along, half width, depth.
_TORSO = np.array(
    [
        (-0.62, 0.004, 0.020), (-0.60, 0.040, 0.070), (-0.45, 0.088, 0.116),
        (-0.20, 0.103, 0.134), (0.00, 0.104, 0.137), (0.35, 0.098, 0.130), (0.70, 0.086, 0.119),
        (1.00, 0.079, 0.113), (1.35, 0.077, 0.111), (1.70, 0.083, 0.117), (2.00, 0.089, 0.124),
        (2.50, 0.092, 0.127), (3.00, 0.093, 0.127), (3.20, 0.093, 0.124), (3.40, 0.090, 0.119),
        (3.55, 0.084, 0.113), (3.70, 0.073, 0.106), (3.85, 0.057, 0.096), (4.00, 0.043, 0.084),
        (4.15, 0.037, 0.071), (4.40, 0.0335, 0.066), (5.00, 0.0325, 0.066),
    ]
)  # fmt: skip
SPINE = ("S5", "L4", "T8", "T6", "C7", "C4")
_SEAT = np.array([0.0, -0.095, 0.034])  # where the back's curve goes on below S5


def torso(wearer: Wearer) -> list[Loft]:
    """Trunk and neck, girdle, seat, breasts and the stickers on the spine."""
    trunk = Trunk(wearer)
    pieces = [trunk.trunk(), trunk.girdle()]
    for outward in (1.0, -1.0):
        pieces.append(trunk.seat(outward))
        if wearer.body.bust > 0:
            pieces.append(trunk.breast(outward))
    if wearer.look.markers is not None:
        pieces += trunk.stickers()
    return pieces


class Trunk:
    """Rings that hang on the curve of the back."""

    def __init__(self, wearer: Wearer) -> None:
        self.wearer = wearer
        body, stature = wearer.body, wearer.body.stature_m
        along, half_width, depth = _TORSO.T
        hips = np.interp(along, [0.3, 1.2], [1.0, 0.0])
        chest = np.interp(along, [1.6, 2.6, 3.3, 3.9], [0.0, 1.0, 1.0, 0.0])
        waist = np.interp(along, [0.3, 1.2, 1.6, 2.6], [0.0, 1.0, 1.0, 0.0])
        girth = np.where(along < 3.9, body.girth, 0.6 + 0.4 * body.girth)
        broad = (
            1 + hips * (body.hip_breadth - 1) + chest * (body.shoulder_breadth - 1)
            + waist * (body.waist - 1)
        )  # fmt: skip
        self.along = along
        self.half_width_m = stature * half_width * broad * np.sqrt(girth)
        self.half_depth_m = stature * depth * girth / 2
        spine = np.array([wearer.point(name) for name in SPINE])
        self.knots = np.concatenate([[spine[0] + stature * _SEAT], spine])
        back = through(self.knots, along + 1)
        self.left, self.forward = self._axes(back)
        self.centres = back + self.half_depth_m[:, None] * self.forward

    def _axes(self, back: Float64) -> tuple[Float64, Float64]:
        """Axes of the rings: left turns from the hip line to the shoulder line.

        A round back bends more sharply than the chest before it: directions are averaged over
        their neighbourhood, else the rings would cross at the front.
        """
        reach_m = 0.075 * self.wearer.body.stature_m
        tangent = unit(
            through(self.knots, self.along + 1.05) - through(self.knots, self.along + 0.95)
        )
        apart = (back[:, None, 1] - back[None, :, 1]) / reach_m
        weight = np.exp(-0.5 * apart**2) * np.gradient(back[:, 1])[None, :].clip(1e-3)
        upright = np.interp(self.along, [3.2, 4.2], [0.8, 0.0])[:, None]
        tangent = unit(unit(weight @ tangent) + upright * np.array([0.0, 1.0, 0.0]))
        shoulder = unit(self.wearer.point("left_shoulder") - self.wearer.point("right_shoulder"))
        share = np.interp(self.along, [0.2, 3.2], [0.0, 1.0])[:, None]
        return across(tangent, unit((1 - share) * self.wearer.hip_line + share * shoulder))

    def trunk(self) -> Loft:
        look, along = self.wearer.look, self.along
        top = (along > HEM[look.top]) & (along < NECKLINE[look.top])
        worn_m = np.maximum(
            look.loose_m * (1 + 0.8 * (along < 1.8)) * top, 0.004 * (along < WAISTBAND[look.bottom])
        )
        worn_m *= np.interp(along, [-0.62, -0.5], [0.0, 1.0])
        # The neck ends inside the head, wherever that is.
        skull = self.wearer.point("mid_ear")
        last = len(along) - 1
        pad = np.append(np.arange(last + 1), last)
        half_width, half_depth = self.half_width_m + worn_m, self.half_depth_m + worn_m
        radii = half_width[pad], half_depth[pad], half_depth[pad]
        centres = np.concatenate([self.centres, skull[None]])
        axes = self.left[pad], self.forward[pad]
        part = loft(TORSO, centres, axes, radii, np.append(along, 6.0))
        # Heights count from C7, as they do on the girdle.
        heights = part.local - np.array([0.0, np.interp(4.0, along, part.local[:-1, 0, 1]), 0.0])
        return Loft(TORSO, part.points, heights, part.along)

    def girdle(self) -> Loft:
        """Collarbones and trapezius, from one shoulder joint to the other."""
        wearer, stature = self.wearer, self.wearer.body.stature_m
        place = np.array([-1.06, -1.02, -0.9, -0.7, -0.45, -0.2])
        place = np.concatenate([place, [0.0], -place[::-1]])
        away = np.abs(place)
        up = np.interp(away, [0, 0.45, 0.9, 1.02, 1.06], [0.038, 0.034, 0.026, 0.016, 0.001])
        deep = np.interp(away, [0, 0.45, 0.9, 1.02, 1.06], [0.058, 0.050, 0.031, 0.018, 0.001])
        behind = np.minimum(deep, 0.028)
        raised = np.interp(away, [0, 0.25, 0.5, 1.06], [0.012, 0.007, 0.001, -0.004])
        left_shoulder, neck = wearer.point("left_shoulder"), wearer.point("neck")
        axis = unit(left_shoulder - neck)
        half_m = float(np.linalg.norm(left_shoulder - neck))
        rise = unit(np.array([-axis[1], axis[0], 0.0]))
        forward = np.cross(axis, rise)
        centres = neck + place[:, None] * half_m * axis + (raised * stature)[:, None] * rise
        worn_m = wearer.look.loose_m * (wearer.look.top in ("tshirt", "long"))
        radii = up * stature + worn_m, deep * stature + worn_m, behind * stature + worn_m
        part = loft(TORSO, centres, (rise, forward), radii, np.full(len(place), 3.6))
        base = wearer.point("C7")
        depth = (part.points - neck) @ forward
        local = np.stack([(part.points - base) @ axis, (part.points - base) @ rise, depth], axis=2)
        return Loft(TORSO, part.points, local, part.along)

    def stickers(self) -> list[Loft]:
        """Domes on the skin over the spinous processes, 18 mm wide."""
        radii = 0.009, 0.009, self.wearer.look.marker_height_m
        at = np.arange(1.0, len(self.knots))
        tangent = unit(through(self.knots, at + 0.05) - through(self.knots, at - 0.05))
        left, forward = across(tangent, np.broadcast_to(self.wearer.hip_line, tangent.shape))
        axes = np.stack([left, tangent, forward], axis=2)
        return [
            ellipsoid(MARKER, centre, own, radii)
            for centre, own in zip(self.knots[1:], axes, strict=True)
        ]

    def _bulge(self, ring: int, centre: Float64, radii: tuple[float, float, float]) -> Loft:
        """A soft ellipsoid on the trunk that wears what the trunk wears at its height."""
        left, forward = self.left[ring], self.forward[ring]
        axes = np.stack([left, np.cross(forward, left), forward], axis=1)
        part = ellipsoid(TORSO, centre, axes, radii, rings=12)
        heights = part.points[:, :, 1].mean(axis=1)
        along = np.interp(heights, self.knots[:, 1], np.arange(len(self.knots)) - 1.0)
        offset = part.points - self.centres[ring]
        local = np.stack(
            [offset @ left, part.points[..., 1] - self.knots[5, 1], offset @ forward], 2
        )
        return Loft(TORSO, part.points, local, along)

    def seat(self, outward: float) -> Loft:
        stature = self.wearer.body.stature_m
        ring = int(np.searchsorted(self.along, 0.0))
        size = stature * self.wearer.body.girth
        centre = self.wearer.point("S5") + stature * (
            outward * 0.043 * self.left[ring]
            + 0.050 * self.forward[ring]
            + np.array([0.0, -0.026, 0.0])
        )
        return self._bulge(ring, centre, (0.046 * size, 0.056 * size, 0.058 * size))

    def breast(self, outward: float) -> Loft:
        body = self.wearer.body
        ring = int(np.searchsorted(self.along, 2.5))
        centre = (
            self.centres[ring]
            + body.stature_m * outward * 0.044 * self.left[ring]
            + (self.half_depth_m[ring] - 0.012 * body.stature_m) * self.forward[ring]
        )
        size = body.stature_m * (0.8 + 0.2 * body.girth)
        return self._bulge(
            ring, centre, (0.036 * size, 0.034 * size, (0.016 + 0.022 * body.bust) * size)
        )

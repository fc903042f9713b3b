"""Stickers on the skin: discs and rings of two colours at landmarks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from posture_tools.bodies.body import Body
from posture_tools.bodies.dress import Dressed, Part
from posture_tools.bodies.fabric import Paint
from posture_tools.bodies.points import INDEX

Float32 = NDArray[np.float32]


def stuck(
    dressed: Dressed,
    body: Body,
    landmarks: Sequence[str],
    *,
    outer_bgr: NDArray[np.floating],
    inner_bgr: NDArray[np.floating],
    diameter_mm: float = 19.0,
) -> Dressed:
    """The same person with a target on each landmark, on skin and on clothes over it."""
    at_rest = body.rest.held[..., :3].sum(axis=1)
    places = at_rest[[INDEX[name] for name in landmarks]].astype(np.float32)
    radius = np.float32(diameter_mm / 2000.0)

    def marked(paint: Paint) -> Paint:
        def with_stickers(p: Float32) -> Float32:
            colour = paint(p)
            for place in places:
                near = np.abs(p - place).max(axis=1) < 3 * radius
                rows = np.flatnonzero(near)
                # On cloth the disc lies over the landmark, as far out as the cloth is.
                d = np.linalg.norm(p[rows] - place, axis=1)
                colour[rows[d < radius * 1.15]] = outer_bgr
                colour[rows[d < radius * 0.55]] = inner_bgr
            return colour

        return with_stickers

    parts = tuple(
        replace(part, paint=marked(part.paint)) if _takes_stickers(part) else part
        for part in dressed.parts
    )
    return replace(dressed, parts=parts)


def _takes_stickers(part: Part) -> bool:
    return part.gloss < 0.1  # not shoes and hair

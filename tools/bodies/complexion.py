"""Skin and hair: their colours, and what a face shows."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from posture_tools.bodies.body import Body
from posture_tools.bodies.fabric import Paint, Palette, grain
from posture_tools.bodies.points import INDEX

Float32 = NDArray[np.float32]

# BGR from dark to light.
_SKIN = np.array(
    [[38, 48, 72], [60, 75, 110], [70, 90, 130], [95, 125, 175], [110, 140, 190], [140, 170, 215],
     [160, 190, 230]], np.float32,
)  # fmt: skip
_HAIR = np.array(
    [[20, 20, 25], [25, 40, 60], [40, 70, 110], [60, 110, 160], [30, 40, 90]], np.float32
)
_GREY = np.array([[150, 150, 150], [200, 200, 205]], np.float32)


def hair_colour(palette: Palette, age_years: float) -> Float32:
    """Grey more often with age."""
    rng = palette.rng
    grey = rng.random() < np.clip((age_years - 40) / 40, 0.02 if age_years >= 18 else 0.0, 0.8)
    table = _GREY if grey else _HAIR
    return palette.colour(table[rng.integers(len(table))])


def skin_paint(palette: Palette, body: Body, *, bald: bool, sock_height: float | None) -> Paint:
    """Skin with a face: eyes, brows, lips, nipples and navel where they are; socks if worn."""
    rng = palette.rng
    # Between two of the tones, whatever the shade.
    at = rng.uniform(0, len(_SKIN) - 1.001)
    low = int(at)
    tone = (_SKIN[low] + (at - low) * (_SKIN[low + 1] - _SKIN[low])) * rng.uniform(0.9, 1.1)
    tone = tone + rng.normal(0, 5, 3)
    seed = int(rng.integers(1 << 31))
    at_rest = body.rest.held[..., :3].sum(axis=1)
    eyes = at_rest[[INDEX["left_eye"], INDEX["right_eye"]]]
    nose = at_rest[INDEX["nose"]]
    ears = at_rest[[INDEX["left_ear"], INDEX["right_ear"]]]
    head_m = float(np.linalg.norm(ears[0] - ears[1])) / 0.155
    rest = body.rest.vertices_m
    floor, top = float(rest[:, 2].min()), float(at_rest[INDEX["nose"], 2]) + 0.13
    iris = rng.uniform(20, 110, 3).astype(np.float32)
    brow = palette.colour(_HAIR[rng.integers(len(_HAIR))])
    sock = palette.colour()
    lip = tone * np.array([0.75, 0.66, 0.92]) * rng.uniform(0.85, 1.1)
    freckled = rng.uniform(0.01, 0.05)

    def paint(p: Float32) -> Float32:
        own = np.random.default_rng(seed)
        shade = 1 + 0.05 * grain(p, own, 0.12) + freckled * grain(p, own, 0.015)
        colour = np.asarray(tone * shade[:, None], np.float32)
        x, y, z = p.T
        near = y < eyes[:, 1].mean() + 0.03 * head_m
        face = near & (np.abs(x) < 0.09 * head_m) & (z > nose[2] - 0.09 * head_m)
        rows = np.flatnonzero(face)
        q = p[rows]
        for eye in eyes:
            d = np.hypot(q[:, 0] - eye[0], q[:, 2] - eye[2]) / head_m
            white = ((q[:, 0] - eye[0]) / 0.015) ** 2 + (
                (q[:, 2] - eye[2]) / 0.007
            ) ** 2 < head_m**2
            colour[rows[white]] = (215, 220, 225)
            colour[rows[white & (d < 0.006)]] = iris
            over = np.abs(q[:, 2] - eye[2] - 0.021 * head_m) < 0.004 * head_m
            over &= np.abs(q[:, 0] - eye[0]) < 0.021 * head_m
            colour[rows[over]] = brow
        mouth = np.abs(q[:, 2] - (nose[2] - 0.037 * head_m)) < 0.0065 * head_m
        colour[rows[mouth & (np.abs(q[:, 0]) < 0.024 * head_m)]] = lip
        if bald:
            cap = (z > eyes[0, 2] + 0.065 * head_m) | (
                (z > eyes[0, 2] - 0.03 * head_m) & (y > ears[:, 1].mean() + 0.02 * head_m)
            )
            colour[cap] = 0.75 * colour[cap] + 0.25 * brow
        if sock_height is not None:
            colour[z < floor + sock_height * (top - floor)] = sock
        return colour

    return paint

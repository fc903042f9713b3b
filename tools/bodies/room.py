"""What is around the person: rooms, photographs as backgrounds, occluders, other people."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray
from posture_tools.bodies.fabric import Palette

Float32 = NDArray[np.float32]
Picture = NDArray[np.uint8]


def backdrop(
    size_hw: tuple[int, int], photographs: Sequence[Picture], palette: Palette, floor_row: float
) -> Float32:
    """Behind the person (H, W, 3): seven times of ten a photograph, else a room."""
    rng = palette.rng
    h, w = size_hw
    if photographs and rng.random() < 0.7:
        picture = photographs[int(rng.integers(len(photographs)))]
        rows, columns = picture.shape[:2]
        scale = max(h / rows, w / columns) * rng.uniform(1, 1.6)
        size = max(w, int(columns * scale) + 1), max(h, int(rows * scale) + 1)
        large = cv2.resize(picture, size, interpolation=cv2.INTER_LINEAR)
        top, first = int(rng.integers(size[1] - h + 1)), int(rng.integers(size[0] - w + 1))
        out = large[top : top + h, first : first + w].astype(np.float32)
        return np.asarray(out[:, ::-1] if rng.random() < 0.5 else out)
    wall, floor = palette.colour(), palette.colour()
    down = np.linspace(0, 1, h, dtype=np.float32)[:, None, None]
    across = np.linspace(-1, 1, w, dtype=np.float32)[None, :, None]
    room = wall + rng.normal(0, 14, 3) * down + rng.normal(0, 10, 3) * across
    edge = int(np.clip(floor_row - rng.uniform(0.01, 0.16) * h, 0, h - 1))
    tile = int(rng.integers(20, 80))
    boards = ((np.arange(w) // tile) % 2)[None, :, None] * rng.uniform(0, 12)
    room[edge:] = floor + boards + rng.normal(0, 10, 3) * down[edge:]
    if rng.random() < 0.5:
        room[max(0, edge - int(h * 0.015)) : edge] = palette.colour()
    for _ in range(rng.integers(0, 5)):  # doors, posters, wall bars
        x, y = rng.uniform(-0.1, 1.0) * w, rng.uniform(-0.1, 0.8) * edge
        right, low = x + rng.uniform(0.03, 0.5) * w, y + rng.uniform(0.05, 0.9) * edge
        thick = -1 if rng.random() < 0.6 else int(rng.integers(1, 8))
        cv2.rectangle(room, (int(x), int(y)), (int(right), int(min(low, edge))),
                      palette.colour().tolist(), thick)  # fmt: skip
    return np.clip(room + rng.normal(0, 1.5, (h, w, 1)), 0, 255).astype(np.float32)


def shadow(picture: Float32, feet_px: NDArray[np.floating], width_px: float, dark: float) -> None:
    """A soft shadow on the floor under the feet, in place."""
    h, w = picture.shape[:2]
    mask = np.zeros((h // 2, w // 2), np.float32)
    x, y = feet_px / 2
    y = float(np.clip(y, 0, h // 2 - 1))
    axes = (int(width_px / 4) + 1, int(width_px / 44) + 1)
    cv2.ellipse(mask, (int(x), int(y)), axes, 0, 0, 360, 1, -1)
    mask = cv2.resize(cv2.GaussianBlur(mask, (0, 0), 4), (w, h))
    picture *= 1.0 - dark * mask[..., None]


def occlude(
    picture: Float32, body_box: NDArray[np.floating], palette: Palette
) -> NDArray[np.bool_]:
    """Put a bar, a box or a chair's frame in front of the person, in place; True where it is."""
    rng = palette.rng
    h, w = picture.shape[:2]
    mask = np.zeros((h, w), np.uint8)
    x0, y0, x1, y1 = body_box
    cx, cy = rng.uniform(x0, x1), rng.uniform(y0, y1)
    size = (y1 - y0) * rng.uniform(0.04, 0.22)
    kind = rng.choice(["bar", "box", "frame", "blob"])
    if kind == "bar":
        angle = rng.uniform(0, np.pi)
        way = np.array([np.cos(angle), np.sin(angle)]) * h
        a, b = np.array([cx, cy]) - way, np.array([cx, cy]) + way
        cv2.line(mask, tuple(map(int, a)), tuple(map(int, b)), 1, int(max(2, size * 0.35)))
    elif kind == "blob":
        axes = int(size), int(size * rng.uniform(0.4, 1.2))
        cv2.ellipse(mask, (int(cx), int(cy)), axes, rng.uniform(0, 180), 0, 360, 1, -1)
    else:
        half = np.array([size, size * rng.uniform(0.4, 1.6)])
        a, b = np.array([cx, cy]) - half, np.array([cx, cy]) + half
        thick = -1 if kind == "box" else int(max(2, size * 0.15))
        cv2.rectangle(mask, tuple(map(int, a)), tuple(map(int, b)), 1, thick)
    here = mask > 0
    texture = rng.normal(0, 6, (h, w, 1)) + np.linspace(-20, 20, h)[:, None, None] * rng.normal()
    picture[here] = np.clip(palette.colour() + texture[here], 0, 255)
    return here

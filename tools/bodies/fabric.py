"""Colours and patterns, evaluated for every sample of a picture: skin, cloth, hair, stickers.

No two of training, validation and test share a colour: every colour belongs to one of them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Float32 = NDArray[np.float32]
Rng = np.random.Generator
Split = Literal["train", "val", "test"]
# Rest position of samples (n, 3) m -> BGR 0..255 (n, 3).
Paint = Callable[[Float32], Float32]

_CELL = 12  # of a colour's grid, in steps of 256


def owner(bgr: NDArray[np.floating]) -> Split:
    """Which set of pictures a colour belongs to: cells of colour space, six of eight to train."""
    b, g, r = (int(c) // _CELL for c in np.clip(bgr, 0, 255))
    turn = (b * 73 + g * 151 + r * 283) % 8
    return "val" if turn == 6 else "test" if turn == 7 else "train"


@dataclass(frozen=True)
class Palette:
    """Draws colours that belong to one set."""

    split: Split
    rng: Rng

    def colour(self, near: NDArray[np.floating] | None = None, spread: float = 12.0) -> Float32:
        """Any colour (BGR), or one near another."""
        while True:
            if near is not None:
                drawn = near + self.rng.normal(0, spread, 3)
            elif self.rng.random() < 0.55:
                drawn = self.rng.uniform(8, 247, 3)
            else:  # greys, black and white, jeans: what people wear
                drawn = np.full(3, self.rng.uniform(8, 245)) + self.rng.normal(0, 8, 3)
            drawn = np.clip(drawn, 4, 251)
            if owner(drawn) == self.split:
                return drawn.astype(np.float32)


def grain(points: Float32, rng: Rng, scale_m: float, octaves: int = 2) -> Float32:
    """A smooth random function of place, about -1 to 1, with details of about this size."""
    out = np.zeros(len(points), np.float32)
    size = 1.0
    for _ in range(octaves):
        k = (rng.normal(0, 0.7, (2, 3)) * (2 * np.pi / (2.2 * scale_m * size))).astype(np.float32)
        phase = rng.uniform(0, 6.28, 2).astype(np.float32)
        out += (
            np.float32(size) * np.sin(points @ k[0] + phase[0]) * np.sin(points @ k[1] + phase[1])
        )
        size *= 0.5
    return out


def cloth(palette: Palette) -> Paint:
    """A random fabric: plain, stripes, checks, patches, dots or a print on the chest."""
    rng = palette.rng
    base, other = palette.colour(), palette.colour()
    kind = rng.choice(
        ["plain", "across", "along", "checks", "patches", "dots", "print"],
        p=[0.5, 0.12, 0.08, 0.08, 0.1, 0.05, 0.07],
    )
    width, phase = np.float32(rng.uniform(0.012, 0.09)), np.float32(rng.uniform(0, 1))
    share = rng.uniform(0.25, 0.75)
    seed = int(rng.integers(1 << 31))
    worn = rng.uniform(0.02, 0.09)
    box = (rng.uniform(-0.05, 0.05), rng.uniform(0.28, 0.42), rng.uniform(0.03, 0.1))

    def paint(p: Float32) -> Float32:
        own = np.random.default_rng(seed)
        x, y, z = p.T
        if kind == "plain":
            mark = np.zeros(len(p), bool)
        elif kind == "across":
            mark = (z / width + phase) % 1 < share
        elif kind == "along":
            mark = (np.arctan2(x, -y) / (width * 5) + phase) % 1 < share
        elif kind == "checks":
            mark = ((z / width + phase) % 1 < share) ^ ((x / width) % 1 < share)
        elif kind == "patches":
            mark = grain(p, own, float(width) * 2) > 0.3
        elif kind == "dots":
            mark = ((z / width) % 1 - 0.5) ** 2 + ((x / width) % 1 - 0.5) ** 2 < 0.07
        else:
            mark = (abs(x - box[0]) < box[2]) & (abs(z - box[1]) < box[2] * 0.8) & (y < 0)
        colour = np.where(mark[:, None], other, base)
        tone = 1 + worn * grain(p, own, 0.1) + 0.03 * grain(p, own, 0.012)
        return np.asarray(colour * tone[:, None], np.float32)

    return paint


def plain(palette: Palette, colour: Float32, unevenness: float, size_m: float) -> Paint:
    """One colour, uneven by this part."""
    seed = int(palette.rng.integers(1 << 31))

    def paint(p: Float32) -> Float32:
        own = np.random.default_rng(seed)
        return np.asarray(colour * (1 + unevenness * grain(p, own, size_m))[:, None], np.float32)

    return paint


def _direction(rng: Rng) -> NDArray[np.float64]:
    way = rng.normal(0, 1, 3)
    return np.asarray(way / np.linalg.norm(way))


def folds(rng: Rng, depth: float) -> Callable[[Float32], Float32]:
    """How far creases turn the surface's normal at a place (n, 3): the gradient of some waves."""
    waves = [
        (
            (_direction(rng) * 2 * np.pi / rng.uniform(0.035, 0.2)).astype(np.float32),
            np.float32(rng.uniform(0, 6.28)),
        )
        for _ in range(4)
    ]

    def turned(p: Float32) -> Float32:
        out = np.zeros_like(p)
        for k, phase in waves:
            slope = np.cos(p @ k + phase) * np.float32(depth / np.linalg.norm(k))
            out += slope[:, None] * k
        return out

    return turned

"""Printed targets drawn into pictures as a camera would see them: the truth for `stickers`.

A target is a disc of paper turned away from the camera, cut out by hand along its rim, printed by
some printer, shaded by one lamp and coloured by all. All is done in linear light on an 8 times
finer grid; then the whole picture passes a lens that blurs, and a sensor with noise.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.markers.surroundings import linear
from edge.markers.target import CORE_MM, CUT_MM, GREEN, MAGENTA, RING_MM
from edge.records import Float32, Uint8

Float64 = NDArray[np.float64]

# What the camera makes of white, BGR: its balance set right, for a lamp, for shade.
LIGHTS: dict[str, tuple[float, float, float]] = {
    "neutral": (1.0, 1.0, 1.0), "warm": (0.60, 0.95, 1.25), "cold": (1.30, 1.00, 0.72),
}  # fmt: skip
MOST_TURNED_DEG = 50.0
_FINE = 8
_PRINTER_SD = 12.0  # of 255, each ink and channel
_CUT_SD_MM, _OFF_CENTRE_SD_MM = 0.4, 0.3
_SHADE = (0.35, 1.0)
_SHADED_ACROSS = 0.25  # of the brightness, from the middle to the rim
_WHITE = (0.78, 0.80, 0.80)


@dataclass(frozen=True)
class Shot:
    """How a picture was taken.

    light : one of LIGHTS. blur_px : deviation of the lens's blur. noise : of 255.
    """

    light: str
    blur_px: float
    noise: float = 2.0


def with_targets(
    image: Uint8, centres_px: Float64, px_per_mm: float, shot: Shot, rng: np.random.Generator
) -> Uint8:
    """A new picture with a target at each of the centres (N, 2), taken in some light."""
    canvas = linear(image)
    inks = [_ink(rgb, rng) for rgb in (MAGENTA, GREEN)]
    for at_px in centres_px:
        _draw(canvas, at_px, px_per_mm, inks, rng)
    return taken(canvas, shot, rng)


def taken(light: Float32, shot: Shot, rng: np.random.Generator) -> Uint8:
    """A scene in linear light as the camera writes it."""
    seen = np.asarray(light * np.array(LIGHTS[shot.light], np.float32), np.float32)
    if shot.blur_px > 0.0:
        seen = np.asarray(cv2.GaussianBlur(seen, (0, 0), shot.blur_px), np.float32)
    seen = np.clip(seen, 0.0, 1.0)
    level = np.where(seen <= 0.0031308, 12.92 * seen, 1.055 * seen ** (1.0 / 2.4) - 0.055)
    noisy = 255.0 * level + rng.normal(0.0, shot.noise, level.shape)
    return np.clip(np.rint(noisy), 0, 255).astype(np.uint8)


def _ink(rgb: tuple[int, int, int], rng: np.random.Generator) -> Float64:
    """(3,) BGR in linear light, as this printer prints it."""
    printed = np.clip(np.array(rgb[::-1]) + rng.normal(0.0, _PRINTER_SD, 3), 0.0, 255.0)
    return np.asarray(linear(np.rint(printed).astype(np.uint8)), np.float64)


def _draw(
    canvas: Float32, at_px: Float64, px_per_mm: float, inks: list[Float64],
    rng: np.random.Generator,
) -> None:  # fmt: skip
    """One target, in place."""
    x_px, y_px = at_px.tolist()
    cut_mm = CUT_MM + rng.normal(0.0, _CUT_SD_MM)
    reach = math.ceil((CUT_MM + 1.5) * px_per_mm) + 2
    left, top = round(x_px) - reach, round(y_px) - reach
    size = 2 * reach + 1
    grid = (np.arange(size * _FINE) + 0.5) / _FINE - 0.5
    x_mm, y_mm = np.meshgrid((grid + left - x_px) / px_per_mm, (grid + top - y_px) / px_per_mm)
    # Turned about a line in the picture, a disc is squeezed across it.
    turned, about = math.radians(rng.uniform(0.0, MOST_TURNED_DEG)), rng.uniform(0.0, math.pi)
    along = math.cos(about) * x_mm + math.sin(about) * y_mm
    across = (math.cos(about) * y_mm - math.sin(about) * x_mm) / math.cos(turned)
    from_middle = np.hypot(along, across)
    from_cut = np.hypot(*(a - rng.normal(0.0, _OFF_CENTRE_SD_MM) for a in (along, across)))
    paper = np.where(
        (from_middle < CORE_MM)[..., None], inks[0],
        np.where((from_middle < RING_MM)[..., None], inks[1], np.array(_WHITE)),
    )  # fmt: skip
    lamp, steep = rng.uniform(0.0, 2.0 * math.pi), rng.uniform(0.0, _SHADED_ACROSS)
    shade = rng.uniform(*_SHADE) * (
        1.0 + steep * (math.cos(lamp) * x_mm + math.sin(lamp) * y_mm) / RING_MM
    )
    covered = (from_cut < cut_mm).astype(np.float64)
    light = paper * (shade * covered)[..., None]
    share = covered.reshape(size, _FINE, size, _FINE).mean(axis=(1, 3))
    light = light.reshape(size, _FINE, size, _FINE, 3).mean(axis=(1, 3))
    rows = slice(max(0, top), min(canvas.shape[0], top + size))
    columns = slice(max(0, left), min(canvas.shape[1], left + size))
    if rows.start >= rows.stop or columns.start >= columns.stop:
        return
    inner = (
        slice(rows.start - top, rows.stop - top), slice(columns.start - left, columns.stop - left),
    )  # fmt: skip
    patch = canvas[rows, columns]
    patch *= (1.0 - share[inner])[..., None].astype(np.float32)
    patch += light[inner].astype(np.float32)

"""What light, lens, sensor and codec change: colour, sharpness and noise, but no coordinate."""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]

_POOL = 1 << 21


def vary_appearance(image: Image, rng: np.random.Generator, *, soften: float = 0.15) -> Image:
    """Return the RGB picture as another camera in another light might have taken it.

    soften: how often it loses resolution. Renders are sharper than photographs enlarged to the
    same size, and nobody may learn to tell them apart by that.
    """
    image = _vary_tone(image, rng)
    if rng.random() < 0.2:
        grey = cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
        share = rng.uniform(0.3, 1.0)
        image = _as_image(cv2.addWeighted(image, 1 - share, grey, share, 0))
    if rng.random() < soften:
        image = _lose_resolution(image, rng)
    chance = rng.random()
    if chance < 0.1:
        image = _as_image(cv2.GaussianBlur(image, (0, 0), rng.uniform(0.4, 1.4)))
    elif chance < 0.15:
        image = _as_image(cv2.filter2D(image, -1, _motion(rng)))
    elif chance < 0.3:
        # The packs' crops are mostly enlarged: real frames are sharper.
        soft = cv2.GaussianBlur(image, (0, 0), 1.0)
        amount = rng.uniform(0.3, 1.2)
        image = _as_image(cv2.addWeighted(image, 1 + amount, soft, -amount, 0))
    if rng.random() < 0.3:
        image = _add_noise(image, rng)
    if rng.random() < 0.15:
        quality = [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(25, 80))]
        image = _as_image(cv2.imdecode(cv2.imencode(".jpg", image, quality)[1], cv2.IMREAD_COLOR))
    return image


def _vary_tone(image: Image, rng: np.random.Generator) -> Image:
    """Gamma, contrast and brightness, a little different for each colour channel."""
    levels = np.linspace(0, 1, 256)[:, None]
    gamma = np.exp(rng.normal(0, 0.25))
    contrast = rng.uniform(0.65, 1.3) * rng.uniform(0.9, 1.1, 3)
    brightness = rng.uniform(-0.12, 0.14)
    curve = (levels**gamma - 0.5) * contrast + 0.5 + brightness
    table = np.clip(curve * 255, 0, 255).astype(np.uint8)
    return _as_image(cv2.LUT(image, table[:, None, :]))


def _lose_resolution(image: Image, rng: np.random.Generator) -> Image:
    height, width = image.shape[:2]
    share = rng.uniform(0.25, 0.8)
    small = cv2.resize(image, None, fx=share, fy=share, interpolation=cv2.INTER_AREA)
    return _as_image(cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR))


def _motion(rng: np.random.Generator) -> NDArray[np.float32]:
    """A straight smear of 3 to 7 px in any direction, symmetric, so that no coordinate moves."""
    length, angle = rng.uniform(1.0, 3.0), rng.uniform(0, np.pi)
    kernel = np.zeros((7, 7), np.float32)
    for along in np.linspace(-length, length, 13):
        x, y = 3 + along * np.cos(angle), 3 + along * np.sin(angle)
        kernel[round(y), round(x)] += 1
    return kernel / kernel.sum()


def _add_noise(image: Image, rng: np.random.Generator) -> Image:
    """Normal noise from a pool that is drawn once: drawing it anew costs more than the warp."""
    pool, size = _noise_pool(), image.size
    start = int(rng.integers(0, len(pool) - size))
    noise = pool[start : start + size].reshape(image.shape)
    return _as_image(
        cv2.addWeighted(image, 1.0, noise, float(rng.uniform(2, 12)) / 16.0, 0, dtype=cv2.CV_8U)
    )


@cache
def _noise_pool() -> NDArray[np.int16]:
    """Noise with a standard deviation of 16."""
    return (np.random.default_rng(0).standard_normal(_POOL) * 16).astype(np.int16)


def _as_image(array: cv2.typing.MatLike | None) -> Image:
    return np.asarray(array, np.uint8)

"""What light, lens and sensor change: colour, contrast, blur and noise, but no coordinate."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]


def vary_appearance(image: Image, rng: np.random.Generator) -> Image:
    """Return the RGB picture as another camera in another light might have taken it."""
    image = _vary_tone(image, rng)
    if rng.random() < 0.25:
        grey = cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
        share = rng.uniform(0.3, 1.0)
        image = _as_image(cv2.addWeighted(image, 1 - share, grey, share, 0))
    chance = rng.random()
    if chance < 0.12:
        image = _as_image(cv2.GaussianBlur(image, (0, 0), rng.uniform(0.5, 1.6)))
    elif chance < 0.35:
        # The pack's crops are small and are mostly enlarged: real frames are sharper.
        soft = cv2.GaussianBlur(image, (0, 0), 1.0)
        amount = rng.uniform(0.3, 1.2)
        image = _as_image(cv2.addWeighted(image, 1 + amount, soft, -amount, 0))
    if rng.random() < 0.15:
        # From our own generator: OpenCV's is global, and a resumed run would not repeat it.
        noise = rng.standard_normal(image.shape, np.float32) * rng.uniform(3, 12)
        image = np.clip(image + noise, 0, 255).astype(np.uint8)
    return image


def _vary_tone(image: Image, rng: np.random.Generator) -> Image:
    """Gamma, contrast and brightness, a little different for each colour channel."""
    levels = np.linspace(0, 1, 256)[:, None]
    gamma = np.exp(rng.normal(0, 0.2))
    contrast = rng.uniform(0.7, 1.25) * rng.uniform(0.92, 1.08, 3)
    brightness = rng.uniform(-0.1, 0.12)
    curve = (levels**gamma - 0.5) * contrast + 0.5 + brightness
    table = np.clip(curve * 255, 0, 255).astype(np.uint8)
    return _as_image(cv2.LUT(image, table[:, None, :]))


def _as_image(array: cv2.typing.MatLike) -> Image:
    return np.asarray(array, np.uint8)

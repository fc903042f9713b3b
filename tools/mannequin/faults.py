"""What a bad moment does to a picture: noise, wrong exposure, blur."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

Int16 = NDArray[np.int16]
Uint8 = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Faults:
    """noise : SD in grey levels (0..255). exposure_stops : -3 is dark. blur_px : SD."""

    noise: float = 0.0
    exposure_stops: float = 0.0
    blur_px: float = 0.0


def degrade(image: Uint8, faults: Faults, rng: np.random.Generator) -> Uint8:
    """The picture as a camera with these faults would have taken it."""
    if faults.exposure_stops or faults.blur_px > 0:
        light = image.astype(np.float32) * np.float32(2.0**faults.exposure_stops)
        if faults.blur_px > 0:
            light = np.asarray(cv2.GaussianBlur(light, (0, 0), faults.blur_px), np.float32)
        image = np.asarray(np.round(np.clip(light, 0, 255)), np.uint8)
    if faults.noise > 0:
        image = np.asarray(cv2.add(image, _noise(image.shape, faults.noise, rng), dtype=cv2.CV_8U))
    return image


def _noise(shape: tuple[int, ...], sd: float, rng: np.random.Generator) -> Int16:
    """Normal noise for a picture (H, W, 3): each row is a piece, from anywhere, of one long draw.

    Drawing two million new ones would take longer than rendering the picture.
    """
    numbers, length = _drawn_once(sd), int(np.prod(shape[1:]))
    starts = rng.integers(0, len(numbers) - length, shape[0])
    return np.asarray(sliding_window_view(numbers, length)[starts].reshape(shape))


@lru_cache(maxsize=4)
def _drawn_once(sd: float) -> Int16:
    drawn = sd * np.random.default_rng(0).standard_normal(1 << 18, np.float32)
    return np.asarray(np.round(drawn), np.int16)

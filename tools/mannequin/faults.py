"""What a bad moment does to a picture: noise, wrong exposure, blur, things in the way."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Uint8 = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Faults:
    """noise : SD in grey levels (0..255). exposure_stops : -3 is dark. blur_px : SD."""

    noise: float = 0.0
    exposure_stops: float = 0.0
    blur_px: float = 0.0


@dataclass(frozen=True, slots=True)
class Occluder:
    """An ellipse or box before the person, px; it hides the keypoints under it."""

    x_px: float
    y_px: float
    width_px: float
    height_px: float
    colour: tuple[float, float, float]
    round: bool = False

    def hides(self, x_px: float, y_px: float) -> bool:
        u = (x_px - self.x_px) / (self.width_px / 2)
        v = (y_px - self.y_px) / (self.height_px / 2)
        return u * u + v * v <= 1 if self.round else max(abs(u), abs(v)) <= 1

    def draw(self, image: Uint8) -> None:
        bgr = [round(255 * c) for c in self.colour]
        centre, half = (self.x_px, self.y_px), (self.width_px / 2, self.height_px / 2)
        fixed = 16  # cv2 takes positions in sixteenths of a pixel
        c = (round(centre[0] * fixed), round(centre[1] * fixed))
        h = (round(half[0] * fixed), round(half[1] * fixed))
        if self.round:
            cv2.ellipse(image, c, h, 0, 0, 360, bgr, cv2.FILLED, cv2.LINE_AA, 4)
        else:
            low, high = (c[0] - h[0], c[1] - h[1]), (c[0] + h[0], c[1] + h[1])
            cv2.rectangle(image, low, high, bgr, cv2.FILLED, cv2.LINE_AA, 4)


def degrade(image: Uint8, faults: Faults, rng: np.random.Generator) -> Uint8:
    """The picture as a camera with these faults would have taken it."""
    if faults == Faults():
        return image
    light = image.astype(np.float32) * np.float32(2.0**faults.exposure_stops)
    if faults.blur_px > 0:
        light = np.asarray(cv2.GaussianBlur(light, (0, 0), faults.blur_px), np.float32)
    if faults.noise > 0:
        light += rng.standard_normal(light.shape, np.float32) * np.float32(faults.noise)
    return np.asarray(np.round(np.clip(light, 0, 255)), np.uint8)

"""Things in front of people: plates, bars, strips and pieces of other photographs."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]


def occlude(image: Image, backgrounds: Sequence[Image], rng: np.random.Generator) -> None:
    """Cover one to three random places of the picture, in place; labels stay as they are.

    A hidden keypoint keeps its target: the network learns to place it from the rest of the body.
    """
    height, width = image.shape[:2]
    for _ in range(rng.integers(1, 4)):
        h = int(height * rng.uniform(0.05, 0.25))
        w = int(width * rng.uniform(0.06, 0.35))
        if rng.random() < 0.2:  # a bar or a rope across the picture, or down it
            h, w = (max(2, h // 4), width) if rng.random() < 0.5 else (height, max(2, w // 4))
        y, x = int(rng.integers(0, height - h + 1)), int(rng.integers(0, width - w + 1))
        place = image[y : y + h, x : x + w]
        if backgrounds and rng.random() < 0.5:
            texture = random_patch(backgrounds, (h, w), rng)
        else:
            texture = np.empty_like(place)
            texture[:] = rng.integers(0, 256, 3)
        if rng.random() < 0.4:
            mask = np.zeros((h, w), np.uint8)
            cv2.ellipse(mask, (w // 2, h // 2), (w // 2, h // 2), 0, 0, 360, 1, -1)
            np.copyto(place, texture, where=mask[:, :, None] > 0)
        else:
            place[:] = texture


def random_patch(
    backgrounds: Sequence[Image], size_hw: tuple[int, int], rng: np.random.Generator
) -> Image:
    """Return a random piece of a random photograph without people, brought to the size."""
    source = backgrounds[int(rng.integers(len(backgrounds)))]
    height, width = source.shape[:2]
    share = rng.uniform(0.4, 1.0)
    scale = min(height / size_hw[0], width / size_hw[1]) * share
    h, w = max(1, int(size_hw[0] * scale)), max(1, int(size_hw[1] * scale))
    y, x = int(rng.integers(0, height - h + 1)), int(rng.integers(0, width - w + 1))
    patch = cv2.resize(source[y : y + h, x : x + w], size_hw[::-1])
    return np.array(patch[:, ::-1] if rng.random() < 0.5 else patch, np.uint8, order="C")

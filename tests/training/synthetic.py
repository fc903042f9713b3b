"""Invented people: a grey picture with a bright spot at each keypoint."""

from __future__ import annotations

import numpy as np
from posture_tools.training.pack import People, PersonCrop


def person(seed: int = 0) -> PersonCrop:
    """A grey picture with a bright spot at each keypoint."""
    rng = np.random.default_rng(seed)
    keypoints = np.stack([rng.uniform(20, 60, 19), rng.uniform(10, 110, 19)], axis=1)
    image = np.full((120, 80, 3), 60, np.uint8)
    for x, y in keypoints.astype(int):
        image[y - 2 : y + 3, x - 2 : x + 3] = 250
    mask = np.zeros((120, 80), bool)
    mask[8:112, 15:65] = True
    return PersonCrop(
        image=image,
        mask=mask,
        keypoints=keypoints.astype(np.float32),
        trust=np.ones(19, np.float32),
        box=np.array([15, 8, 50, 104], np.float32),
        others=np.zeros((0, 4), np.float32),
        set_name="ccp",
    )


def people() -> People:
    return People([person(i) for i in range(3)], [np.full((50, 70, 3), 9, np.uint8)])

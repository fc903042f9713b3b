"""What a perfect PAF network would answer: OpenPose's equations 7 to 10, for any topology."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from edge.field_maps import FieldMaps, Letterbox
from edge.skeletons import Skeleton

AS_IT_IS = Letterbox(1.0, 1.0, 0.0, 0.0, 1, 1)
SIGMA_CELLS = 1.24  # equation (7): exp(-d^2 / sigma^2)
LIMB_WIDTH_CELLS = 1.0

# A person who stands, in statures: x from the middle to the left, y from the top of the head down.
_STANDING = {
    "head_top": (0, 0.0), "nose": (0, 0.085), "upper_neck": (0, 0.14), "neck": (0, 0.185),
    "thorax": (0, 0.2), "pelvis": (0, 0.5), "mid_hip": (0, 0.5),
    "eye": (0.025, 0.065), "ear": (0.055, 0.08), "shoulder": (0.115, 0.195),
    "elbow": (0.15, 0.345), "wrist": (0.16, 0.475), "hip": (0.07, 0.505), "knee": (0.075, 0.735),
    "ankle": (0.08, 0.955), "heel": (0.07, 0.98), "big_toe": (0.1, 1.0), "small_toe": (0.13, 0.99),
}  # fmt: skip


def standing(skeleton: Skeleton, stature_cells: float, x: float, top: float) -> NDArray[np.float64]:
    """Keypoints (K, 2) of a person seen from the front; their left is at the picture's right."""
    places = []
    for name in skeleton.keypoints:
        side, _, part = name.partition("_")
        across, down = _STANDING[part if side in ("left", "right") else name]
        sign = -1 if side == "right" else 1
        places.append((x + sign * across * stature_cells, top + down * stature_cells))
    return np.array(places)


def render(
    people: Sequence[NDArray[np.float64]],
    limbs: Sequence[tuple[int, int]],
    size: tuple[int, int],
    noise: float = 0.0,
    seed: int = 0,
) -> FieldMaps:
    """Maps of people (K, 2), in cells; a keypoint that is NaN is hidden, and so are its limbs.

    Heatmaps take the maximum over people (equation 8), fields the mean (equation 10).
    """
    height, width = size
    y, x = np.mgrid[:height, :width].astype(float)
    keypoints = len(people[0]) if people else 1 + max(max(limb) for limb in limbs)
    heatmaps = np.zeros((keypoints, height, width))
    pafs = np.zeros((2 * len(limbs), height, width))
    covered = np.zeros((len(limbs), height, width))
    for person in people:
        for j, (px, py) in enumerate(person):
            if np.isfinite(px):
                peak = np.exp(-((x - px) ** 2 + (y - py) ** 2) / SIGMA_CELLS**2)
                heatmaps[j] = np.maximum(heatmaps[j], peak)
        for limb, (a, b) in enumerate(limbs):
            along = person[b] - person[a]
            length = np.hypot(*along)
            if not length > 0:
                continue
            ux, uy = along / length
            dx, dy = x - person[a][0], y - person[a][1]
            t, across = ux * dx + uy * dy, np.abs(ux * dy - uy * dx)
            on = (t >= -LIMB_WIDTH_CELLS) & (t <= length + LIMB_WIDTH_CELLS)
            on &= across <= LIMB_WIDTH_CELLS
            pafs[2 * limb][on] += ux
            pafs[2 * limb + 1][on] += uy
            covered[limb][on] += 1
    pafs /= np.maximum(covered, 1).repeat(2, axis=0)
    if noise:
        generator = np.random.default_rng(seed)
        heatmaps += generator.normal(0, noise, heatmaps.shape)
        pafs += generator.normal(0, noise, pafs.shape)
    return FieldMaps(heatmaps.astype(np.float32), pafs.astype(np.float32), 1.0, AS_IT_IS)

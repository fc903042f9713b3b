"""What the networks must answer: confidence maps, part affinity fields, and what not to ask.

Map cell (i, j) sits at image pixel ((j + 0.5) * stride - 0.5, (i + 0.5) * stride - 0.5).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

# Seeds write the Gaussian in two ways; at distance sigma they give 0.3679 and 0.6065.
SigmaForm = Literal["openpose", "simple_baseline"]
_EXPONENT: dict[SigmaForm, float] = {"openpose": 1.0, "simple_baseline": 0.5}

Maps = NDArray[np.float32]


def map_coordinates(points_px: NDArray[np.floating], stride: int) -> Maps:
    """Image pixels to map cells, the inverse of `image = (map + 0.5) * stride - 0.5`."""
    cells: Maps = ((points_px + 0.5) / stride - 0.5).astype(np.float32)
    return cells


def confidence_maps(
    keypoints: NDArray[np.floating],
    map_hw: tuple[int, int],
    sigma: float,
    form: SigmaForm = "simple_baseline",
) -> Maps:
    """Confidence maps `(K, H, W)` of people `(P, K, 2)` in map cells; NaN keypoints draw nothing.

    "openpose": exp(-d^2 / sigma^2) (Cao et al. 2017, eq. 7). "simple_baseline":
    exp(-d^2 / (2 sigma^2)) (Xiao et al. 2018). People join by their maximum (eq. 8), so that
    two neighbours keep two peaks of height one.
    """
    height, width = map_hw
    people, count = keypoints.shape[:2]
    maps = np.zeros((count, height, width), np.float32)
    factor = np.float32(_EXPONENT[form] / sigma**2)
    columns, rows = np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32)
    for person in range(people):
        xy = keypoints[person].astype(np.float32)
        along_x = np.exp(-factor * (columns[None] - xy[:, :1]) ** 2)
        along_y = np.exp(-factor * (rows[None] - xy[:, 1:]) ** 2)
        np.fmax(maps, along_y[:, :, None] * along_x[:, None, :], out=maps)
    return maps


def affinity_fields(
    keypoints: NDArray[np.floating],
    limbs: NDArray[np.integer],
    map_hw: tuple[int, int],
    half_width: float,
) -> Maps:
    """Part affinity fields `(2L, H, W)`, x and y of limb k at 2k and 2k + 1.

    keypoints: `(P, K, 2)` in map cells. On limb c of person k lie the cells with
    0 <= v.(p - a) <= |b - a| and |v_perp.(p - a)| <= half_width; they hold the unit vector v
    (Cao et al. 2017, eqs. 9, 10), elsewhere zero. Where n_c(p) people overlap, their mean.
    """
    height, width = map_hw
    columns, rows = np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32)
    total = np.zeros((len(limbs), 2, height, width), np.float32)
    overlap = np.zeros((len(limbs), height, width), np.float32)
    for person in keypoints.astype(np.float32):
        start, end = person[limbs[:, 0]], person[limbs[:, 1]]
        length = np.hypot(*(end - start).T)
        drawn = length > 0  # NaN and zero-length limbs have no direction
        unit = np.divide(end - start, length[:, None], where=drawn[:, None], out=np.zeros_like(end))
        dx = columns[None] - start[:, :1]
        dy = rows[None] - start[:, 1:]
        along = (unit[:, :1] * dx)[:, None, :] + (unit[:, 1:] * dy)[:, :, None]
        across = (unit[:, :1] * dy)[:, :, None] - (unit[:, 1:] * dx)[:, None, :]
        half = length[:, None, None] / 2
        band = (np.abs(along - half) <= half) & (np.abs(across) <= half_width)
        band &= drawn[:, None, None]
        total += band[:, None] * unit[:, :, None, None]
        overlap += band
    if len(keypoints) > 1:
        total /= np.maximum(overlap, 1)[:, None]
    return total.reshape(2 * len(limbs), height, width)


def box_cells(
    box_px: NDArray[np.floating], map_hw: tuple[int, int], stride: int
) -> tuple[slice, slice]:
    """Return rows and columns of the map cells that an image box x0 y0 x1 y1 touches."""
    height, width = map_hw
    x0, y0, x1, y1 = map_coordinates(box_px, stride)
    columns = np.clip([np.floor(x0), np.ceil(x1) + 1], 0, width).astype(int)
    rows = np.clip([np.floor(y0), np.ceil(y1) + 1], 0, height).astype(int)
    return slice(*rows), slice(*columns)


def weight_maps(
    map_hw: tuple[int, int],
    stride: int,
    boxes_px: NDArray[np.floating],
    trust: NDArray[np.floating],
    ignored_px: Sequence[NDArray[np.floating]] = (),
) -> Maps:
    """Loss weights `(K, H, W)` of the maps of several people, `trust` `(P, K)`.

    Zero in the boxes of unlabelled people; in the box of person p, channel k weighs
    `trust[p, k]`, which is zero where that person's keypoint is unknown: it may be anywhere
    in the box and must not be learnt as absent. Where boxes overlap, the least trust counts.
    """
    count = trust.shape[1]
    weights = np.ones((count, *map_hw), np.float32)
    for box in ignored_px:
        weights[:, *box_cells(box, map_hw, stride)] = 0.0
    own = np.full_like(weights, np.inf)
    for box, levels in zip(boxes_px, trust, strict=True):
        region = own[:, *box_cells(box, map_hw, stride)]
        np.minimum(region, levels[:, None, None], out=region)
    return np.where(np.isfinite(own), own, weights)

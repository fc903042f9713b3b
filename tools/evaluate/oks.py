"""Object keypoint similarity: how near a found pose is to a labelled one, 0..1.

    OKS = sum_i [v_i > 0] exp(-d_i^2 / (2 s^2 k_i^2)) / sum_i [v_i > 0]
    s^2 = area,  k_i = 2 sigma_i

as COCO computes it (Lin et al., cocodataset.org/#keypoints-eval; `cocoeval.py`, computeOks). Hidden
joints (v=1) count, unlabelled ones (v=0) do not.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Float64 = NDArray[np.float64]

# How far two careful people differ on the same joint, in units of sqrt(area); COCO-17 order.
COCO_SIGMAS: Float64 = np.array(
    [.026, .025, .025, .035, .035, .079, .079, .072, .072, .062, .062, .107, .107, .087, .087,
     .089, .089]
)  # fmt: skip
COCO_SIGMAS.setflags(write=False)


def keypoint_similarity(
    found_px: Float64, label: Float64, area_px2: float, sigmas: Float64 = COCO_SIGMAS
) -> Float64:
    """Similarity of each keypoint, 0..1, whether it is labelled or not.

    found_px : (..., K, 2 or more), x and y first; a keypoint that was not found is NaN and gets 0.
    label : (K, 3), x, y, v.
    """
    offset_px = found_px[..., :2] - label[:, :2]
    return _falloff(np.square(offset_px).sum(-1), area_px2, sigmas)


def similarity(
    found_px: Float64,
    label: Float64,
    area_px2: float,
    box_px: tuple[float, float, float, float],
    sigmas: Float64 = COCO_SIGMAS,
) -> Float64:
    """OKS of one or many found poses with one label.

    A person with no labelled joint is compared through the box (x, y, width, height), doubled about
    its centre: a keypoint inside it is at distance 0. COCO uses that to let such people, and
    crowds, absorb detections.

    found_px : (..., K, 2 or more). Returns (...).
    """
    labelled = label[:, 2] > 0
    if labelled.any():
        each = keypoint_similarity(found_px, label, area_px2, sigmas)
        return np.asarray(each[..., labelled].mean(-1))
    x, y, width, height = box_px
    low = np.array([x - width, y - height])
    high = np.array([x + 2 * width, y + 2 * height])
    found = found_px[..., :2]
    outside_px = np.maximum(0, low - found) + np.maximum(0, found - high)
    return np.asarray(_falloff(np.square(outside_px).sum(-1), area_px2, sigmas).mean(-1))


def _falloff(distance_px2: Float64, area_px2: float, sigmas: Float64) -> Float64:
    spread_px2 = (2 * sigmas) ** 2 * (area_px2 + np.spacing(1)) * 2
    exponent: Float64 = np.where(np.isnan(distance_px2), np.inf, distance_px2) / spread_px2
    return np.asarray(np.exp(-exponent))

"""Parametric pose-NMS: poses that a top-down pass found twice become one (RMPE, Fang et al., 2017).

Constants as published with AlphaPose (`pPose_nms.py`), which also caps the reference distance.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

DELTA_1 = 1.0  # softness of the score similarity
MU = 1.7  # weight of the distance similarity
DELTA_2 = 2.65  # px
GAMMA = 22.48  # similarity above which two poses are one
MATCHES = 5  # keypoints within the reference distance that make two poses one
REFERENCE = 0.1  # reference distance, as a part of the box's longer side
MATCH_CAP_PX = 7.0
MERGE_CAP_PX = 15.0


def pose_nms(poses: Array, box_sizes_px: Array) -> list[tuple[int, Array]]:
    """The distinct ones of poses (N, K, 3), best first, each merged with its duplicates.

    poses : x px, y px, score; a missing keypoint (NaN, score 0) matches nothing.
    box_sizes_px : (N, 2), width and height of each pose's box.

    Returns the index of the best pose of each cluster and the merged keypoints (K, 3): positions
    and scores weighted by score over the cluster's keypoints near the best one's.
    """
    reference = REFERENCE * box_sizes_px.max(axis=1)
    left = np.argsort(-poses[:, :, 2].mean(axis=1), kind="stable")
    kept = []
    while len(left):
        best = left[0]
        distance = np.hypot(*np.moveaxis(poses[left, :, :2] - poses[best, :, :2], 2, 0))
        close = distance <= min(reference[best], MATCH_CAP_PX)
        same = (_similarity(poses[best], poses[left], distance) > GAMMA) | (
            close.sum(axis=1) >= MATCHES
        )
        same[0] = True
        kept.append((int(best), _merged(poses[best], poses[left[same]], reference[best])))
        left = left[~same]
    return kept


def _similarity(best: Array, others: Array, distance: Array) -> Array:
    """RMPE equations 8 to 10: agreement of scores where keypoints coincide, plus nearness."""
    coincide = distance <= 1
    agreement = np.tanh(best[:, 2] / DELTA_1) * np.tanh(others[:, :, 2] / DELTA_1) * coincide
    nearness = np.exp(-np.nan_to_num(distance, nan=np.inf) / DELTA_2)
    total: Array = agreement.sum(axis=1) + MU * nearness.sum(axis=1)
    return total


def _merged(best: Array, cluster: Array, reference_px: float) -> Array:
    distance = np.hypot(*np.moveaxis(cluster[:, :, :2] - best[:, :2], 2, 0))
    weight = cluster[:, :, 2] * (distance <= min(reference_px, MERGE_CAP_PX))
    total = weight.sum(axis=0)
    merged = best.copy()
    found = total > 0
    share = weight[:, found] / total[found]
    merged[found] = np.einsum("nk,nkc->kc", share, np.nan_to_num(cluster[:, found]))
    return merged

"""Boxes that overlap a better one are the same person: greedy non-maximum suppression."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def box_iou(box: Array, boxes: Array) -> Array:
    """Intersection over union of a box (4,) with boxes (N, 4), all x1, y1, x2, y2."""
    size = np.minimum(box[2:], boxes[:, 2:]) - np.maximum(box[:2], boxes[:, :2])
    shared = size.clip(0).prod(axis=1)
    total = (box[2:] - box[:2]).prod() + (boxes[:, 2:] - boxes[:, :2]).prod(axis=1) - shared
    return np.divide(shared, total, out=np.zeros_like(shared), where=total > 0)


def non_maximum_suppression(boxes: Array, scores: Array, iou: float) -> NDArray[np.int64]:
    """Indices of the boxes (N, 4) that overlap no better one by more than `iou`, best first."""
    order = np.argsort(-scores, kind="stable")
    kept = []
    while len(order):
        best, order = order[0], order[1:]
        kept.append(best)
        order = order[box_iou(boxes[best], boxes[order]) <= iou]
    return np.array(kept, np.int64)

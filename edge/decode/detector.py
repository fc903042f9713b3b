"""A detector's outputs to person boxes (N, 5), best first: x1, y1, x2, y2, score.

Detectors count from the input's corner; the boxes here are in pixel centres, half a pixel less.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from edge.decode.nms import non_maximum_suppression

Array = NDArray[np.float64]

PERSON = 0  # the class of people in COCO's order and in pedestrian detectors


def decode_boxes(
    boxes: NDArray[np.float32], scores: NDArray[np.float32], min_score: float, iou: float
) -> Array:
    """PicoDet: boxes (1, N, 4) as corners in input pixels, scores (1, C, N)."""
    return _best(boxes[0].astype(np.float64), scores[0, PERSON].astype(np.float64), min_score, iou)


def decode_grid(
    grid: NDArray[np.float32], input_hw: tuple[int, int], min_score: float, iou: float
) -> Array:
    """FastestDet: one box a cell, grid (1, 5 + C, H, W).

    Channels: objectness; offset of the centre from the cell through tanh; width and height as
    parts of the input through the logistic function; class probabilities. The score is
    objectness^0.6 * class^0.4 (dog-qiuqiu/FastestDet, `example/onnx-runtime/runtime.py`).

    input_hw : of the network's input, px, in which the boxes are. min_score : 0..1, least of a
    box. iou : 0..1, overlap from which on two boxes are one.
    """
    cells = grid[0].astype(np.float64)
    _, rows, columns = cells.shape
    height, width = input_hw
    x = (np.arange(columns)[None, :] + np.tanh(cells[1])) * width / columns
    y = (np.arange(rows)[:, None] + np.tanh(cells[2])) * height / rows
    # Half of the logistic function, written so that nothing overflows.
    half_width = width * (0.25 + 0.25 * np.tanh(cells[3] / 2))
    half_height = height * (0.25 + 0.25 * np.tanh(cells[4] / 2))
    boxes = np.stack([x - half_width, y - half_height, x + half_width, y + half_height], axis=-1)
    is_person = cells[5:].argmax(axis=0) == PERSON
    scores = cells[0].clip(0) ** 0.6 * cells[5 + PERSON].clip(0) ** 0.4 * is_person
    return _best(boxes.reshape(-1, 4), scores.ravel(), min_score, iou)


def _best(boxes: Array, scores: Array, min_score: float, iou: float) -> Array:
    sane = np.isfinite(boxes).all(axis=1) & (boxes[:, 2:] > boxes[:, :2]).all(axis=1)
    chosen = np.flatnonzero(sane & (scores >= min_score))
    kept = chosen[non_maximum_suppression(boxes[chosen], scores[chosen], iou)]
    return np.column_stack([boxes[kept] - 0.5, scores[kept]])

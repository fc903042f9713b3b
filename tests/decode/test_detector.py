"""Detectors' outputs to boxes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.decode.detector import decode_boxes, decode_grid
from edge.decode.nms import box_iou, non_maximum_suppression


def _raw(boxes: list[list[float]], scores: list[float]) -> tuple[np.ndarray, np.ndarray]:
    return np.array([boxes], np.float32), np.array([[scores]], np.float32)


def test_overlapping_boxes_of_one_person_become_the_best() -> None:
    boxes, scores = _raw([[0, 0, 10, 20], [1, 0, 11, 20], [50, 0, 60, 20]], [0.7, 0.9, 0.5])
    found = decode_boxes(boxes, scores, 0.4, 0.5)
    assert found == pytest.approx(
        np.array([[0.5, -0.5, 10.5, 19.5, 0.9], [49.5, -0.5, 59.5, 19.5, 0.5]])
    )


def test_nonsense_boxes_are_left_out() -> None:
    boxes, scores = _raw(
        [[0, 0, np.nan, 20], [10, 0, 0, 20], [0, 0, np.inf, 9], [5, 5, 5, 9]], [0.9] * 4
    )
    assert decode_boxes(boxes, scores, 0.4, 0.5).shape == (0, 5)


def test_only_the_persons_class_counts() -> None:
    boxes = np.array([[[0, 0, 10, 20], [30, 0, 40, 20]]], np.float32)
    scores = np.array([[[0.1, 0.8], [0.9, 0.1]]], np.float32)
    assert decode_boxes(boxes, scores, 0.4, 0.5)[:, 0] == pytest.approx([29.5])


def test_a_grid_cell_says_where_its_box_is() -> None:
    grid = np.full((1, 7, 4, 4), -20.0, np.float32)
    grid[0, 0] = grid[0, 5] = grid[0, 6] = 0
    # Cell row 1, column 2 of a 4 x 4 grid over 80 x 40 (w x h): centre (2 + 0.5) * 20, 1 * 10.
    grid[0, :, 1, 2] = [0.9, np.arctanh(0.5), 0.0, 0.0, np.log(1 / 3), 0.8, 0.2]
    found = decode_grid(grid, (40, 80), 0.4, 0.5)
    score = 0.9**0.6 * 0.8**0.4
    assert found == pytest.approx(np.array([[29.5, 4.5, 69.5, 14.5, score]]), abs=1e-5)


def test_a_grid_cell_of_another_class_is_no_person() -> None:
    grid = np.zeros((1, 7, 2, 2), np.float32)
    grid[0, 0], grid[0, 5], grid[0, 6] = 1.0, 0.45, 0.55
    assert len(decode_grid(grid, (40, 80), 0.1, 0.5)) == 0


box = st.tuples(st.integers(0, 50), st.integers(0, 50), st.integers(1, 30), st.integers(1, 30))


@given(st.lists(st.tuples(box, st.floats(0, 1)), max_size=12), st.floats(0.1, 0.9))
def test_what_is_kept_overlaps_little_and_what_is_dropped_much(found, iou) -> None:
    boxes = np.array([(x, y, x + w, y + h) for (x, y, w, h), _ in found], float).reshape(-1, 4)
    scores = np.array([score for _, score in found])
    kept = list(non_maximum_suppression(boxes, scores, iou))
    assert sorted(scores[kept], reverse=True) == list(scores[kept])
    for i in range(len(boxes)):
        better = [j for j in kept if scores[j] >= scores[i] and j != i]
        overlaps = box_iou(boxes[i], boxes[better]) if better else np.zeros(0)
        if i in kept:
            earlier = [j for j in better if kept.index(j) < kept.index(i)]
            assert all(box_iou(boxes[i], boxes[earlier]) <= iou) if earlier else True
        else:
            assert (overlaps > iou).any()

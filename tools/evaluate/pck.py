"""Percentage of correct keypoints: PCK, PCKh and PDJ differ only in the length they divide by.

| metric | normalising length | source |
|---|---|---|
| PCK@t | stated by the caller; here the torso diameter, left shoulder to right hip | Yang and Ramanan 2013; LSP |
| PCKh@t | 0.6 x diagonal of the head box | Andriluka et al., CVPR 2014 (MPII) |
| PDJ@t | torso diameter, left shoulder to right hip | Toshev and Szegedy, CVPR 2014 (DeepPose) |

Boundary rule: a keypoint exactly on the circle of radius t x length is correct. A labelled keypoint
that was not found (NaN) is wrong. A person whose normalising length cannot be had from the labels
counts nowhere.
"""  # noqa: E501

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge.skeletons import COCO_17, Skeleton

Float64 = NDArray[np.float64]

HEAD_SHARE = 0.6  # MPII's SC_BIAS: brings the head box's diagonal to the length of a head


@dataclass(frozen=True, slots=True)
class Correct:
    """Shares of correct keypoints, 0..1; NaN where nothing was labelled.

    total : over all labelled keypoints alike.
    by_part : left and right together: `shoulder`, `hip`, `nose`.
    keypoints : how many labelled keypoints entered.
    """

    total: float
    by_part: dict[str, float]
    keypoints: int


def torso_px(labels: Float64, skeleton: Skeleton = COCO_17) -> Float64:
    """Distance from left shoulder to right hip, (N,); NaN where one of them is unlabelled.

    labels : (N, K, 3), x, y, v.
    """
    shoulder = labels[:, skeleton.index["left_shoulder"]]
    hip = labels[:, skeleton.index["right_hip"]]
    length_px = np.hypot(*(shoulder - hip)[:, :2].T)
    usable = (shoulder[:, 2] > 0) & (hip[:, 2] > 0) & (length_px > 0)
    return np.where(usable, length_px, np.nan)


def head_px(head_boxes_px: Float64) -> Float64:
    """PCKh's length, (N,). head_boxes_px : (N, 4), the corners x0, y0, x1, y1."""
    x0, y0, x1, y1 = head_boxes_px.T
    return np.asarray(HEAD_SHARE * np.hypot(x1 - x0, y1 - y0))


def hits(found_px: Float64, labels: Float64, length_px: Float64, threshold: float) -> Float64:
    """1 correct, 0 wrong, NaN not counted, for each keypoint of each person, (N, K).

    found_px : (N, K, 2 or more). labels : (N, K, 3). length_px : (N,).
    threshold : share of the length that makes the radius.
    """
    distance_px = np.hypot(*np.moveaxis(found_px[..., :2] - labels[..., :2], -1, 0))
    correct = distance_px <= threshold * length_px[:, None]  # NaN compares as wrong
    counted = (labels[..., 2] > 0) & ~np.isnan(length_px)[:, None]
    return np.where(counted, correct, np.nan)


def share_correct(marks: Float64, skeleton: Skeleton = COCO_17) -> Correct:
    """Summarise `hits`."""
    parts: dict[str, list[int]] = {}
    for i, name in enumerate(skeleton.keypoints):
        parts.setdefault(name.removeprefix("left_").removeprefix("right_"), []).append(i)
    return Correct(
        total=_share(marks),
        by_part={part: _share(marks[:, columns]) for part, columns in parts.items()},
        keypoints=int(np.count_nonzero(~np.isnan(marks))),
    )


def _share(marks: Float64) -> float:
    counted = marks[~np.isnan(marks)]
    return float(counted.mean()) if counted.size else float("nan")


def pck(found_px: Float64, labels: Float64, length_px: Float64, threshold: float) -> Correct:
    """PCK@threshold of COCO-17 poses with any stated length; arrays as in `hits`."""
    return share_correct(hits(found_px, labels, length_px, threshold))


def pckh(
    found_px: Float64,
    labels: Float64,
    head_boxes_px: Float64,
    skeleton: Skeleton,
    threshold: float = 0.5,
) -> Correct:
    """PCKh@threshold, MPII's metric."""
    return share_correct(hits(found_px, labels, head_px(head_boxes_px), threshold), skeleton)


def pdj(
    found_px: Float64, labels: Float64, threshold: float, skeleton: Skeleton = COCO_17
) -> Correct:
    """PDJ@threshold, DeepPose's metric."""
    return share_correct(hits(found_px, labels, torso_px(labels, skeleton), threshold), skeleton)

"""Putting one photographed person, or its silhouette alone, into a scene together with labels."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray
from posture_tools.training.pack import PersonCrop
from posture_tools.training.scene import LabelledPerson, is_inside, move_box, move_points
from posture_tools.training.skeleton import PACK_FLIP

_BOX_SLACK = 0.06  # unknown keypoints may lie this far outside the person's box


def paste(
    canvas: NDArray[np.uint8],
    image: NDArray[np.uint8],
    mask: NDArray[np.bool_] | None,
    affine: NDArray[np.float64],
) -> None:
    """Draw the moved picture over the canvas, all of it or only its mask with a soft edge."""
    size_wh = (canvas.shape[1], canvas.shape[0])
    if mask is None:
        cv2.warpAffine(image, affine, size_wh, canvas, cv2.INTER_LINEAR, cv2.BORDER_TRANSPARENT)
        return
    moved = cv2.warpAffine(image, affine, size_wh, flags=cv2.INTER_LINEAR)
    alpha = cv2.warpAffine(mask.astype(np.float32), affine, size_wh, flags=cv2.INTER_LINEAR)
    mixed = canvas + (moved.astype(np.float32) - canvas) * alpha[:, :, None]
    canvas[:] = mixed.astype(np.uint8)


def moved_labels(
    crop: PersonCrop,
    affine: NDArray[np.float64],
    size_hw: tuple[int, int],
    shown: NDArray[np.floating] | None = None,
    *,
    flip: bool,
) -> LabelledPerson:
    """Return the person's labels in scene pixels.

    shown: the box x0 y0 x1 y1 of the crop that was drawn, if not all of it. A known keypoint
    outside of it, or outside the scene, is gone (NaN, but trusted to be absent).
    """
    keypoints, trust = move_points(crop.keypoints, affine), crop.trust
    gone = ~is_inside(keypoints, size_hw)
    if shown is not None:
        gone |= ~((crop.keypoints >= shown[:2]) & (crop.keypoints < shown[2:])).all(axis=1)
    keypoints[gone | (trust == 0)] = np.nan
    if flip:
        keypoints, trust = keypoints[PACK_FLIP], trust[PACK_FLIP]
    x, y, w, h = crop.box
    slack = _BOX_SLACK * max(w, h)
    box = move_box(np.array([x - slack, y - slack, x + w + slack, y + h + slack]), affine)
    return LabelledPerson(keypoints, trust, box)

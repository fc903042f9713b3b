"""One training picture with its labels, and the geometry that moves both together."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class LabelledPerson:
    """keypoints: float32 (19, 2), px of the scene. trust: (19,), 0 = unknown, NaN keypoint = gone.

    A keypoint that is known not to be in the picture is NaN with trust > 0: its map is zero.
    box: x0, y0, x1, y1, the region in which unknown keypoints of this person may lie.
    """

    keypoints: NDArray[np.float32]
    trust: NDArray[np.float32]
    box: NDArray[np.float32]


@dataclass(eq=False)
class Scene:
    """image: uint8 (H, W, 3), RGB. ignored: boxes x0 y0 x1 y1 of people nobody labelled.

    subject: the person a single-person network must find; None: there is nobody to be found.
    framed: the scene is a crop for a single-person network, not a whole frame.
    """

    image: NDArray[np.uint8]
    people: list[LabelledPerson] = field(default_factory=list)
    ignored: list[NDArray[np.float32]] = field(default_factory=list)
    subject: LabelledPerson | None = None
    framed: bool = True


def crop_affine(
    centre: NDArray[np.floating],
    scale: float,
    angle_deg: float,
    size_hw: tuple[int, int],
    *,
    flip: bool = False,
) -> NDArray[np.float64]:
    """Return the 2x3 map from crop to scene pixels that puts `centre` in the middle.

    Pixel centres lie at whole numbers, so the middle of a W wide scene is (W - 1) / 2.
    scale: scene px per crop px. angle_deg: turns the content clockwise on screen. flip: mirror
    left and right after the turn.
    """
    height, width = size_hw
    cos, sin = np.cos(np.deg2rad(angle_deg)), np.sin(np.deg2rad(angle_deg))
    linear = scale * np.array([[cos, -sin], [sin, cos]])
    if flip:
        linear[0] = -linear[0]
    middle = np.array([(width - 1) / 2, (height - 1) / 2])
    return np.concatenate([linear, (middle - linear @ centre)[:, None]], axis=1)


def move_points(points: NDArray[np.floating], affine: NDArray[np.float64]) -> NDArray[np.float32]:
    """Apply a 2x3 affine to points (..., 2)."""
    moved: NDArray[np.float32] = (points @ affine[:, :2].T + affine[:, 2]).astype(np.float32)
    return moved


def move_box(box: NDArray[np.floating], affine: NDArray[np.float64]) -> NDArray[np.float32]:
    """Return the upright box x0 y0 x1 y1 around a moved box x0 y0 x1 y1."""
    x0, y0, x1, y1 = box
    corners = move_points(np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]]), affine)
    return np.concatenate([corners.min(axis=0), corners.max(axis=0)])


def is_inside(points: NDArray[np.floating], size_hw: tuple[int, int]) -> NDArray[np.bool_]:
    """Tell which points (..., 2) lie on a pixel of an image of that size; NaN does not."""
    height, width = size_hw
    x, y = points[..., 0], points[..., 1]
    inside: NDArray[np.bool_] = (x >= -0.5) & (x <= width - 0.5) & (y >= -0.5) & (y <= height - 0.5)
    return inside

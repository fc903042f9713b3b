"""Where a crop looks, and the affine that moves pixels and labels together.

Every distortion here is of the whole crop. Nothing is sheared locally: a picture whose shoulder
or hip line alone is sheared is the examination, and no network may train for it.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from posture_tools.training.points import CLOSE_ABOUT

BOX_MARGIN = 1.25  # a whole crop is the person's box times this
CLOSE_HEIGHTS = (0.35, 0.75)  # of a close crop, in body heights
_AS_MEASURED, _BEYOND = 0.75, 0.02

Affine = NDArray[np.float64]
Image = NDArray[np.uint8]


@dataclass(frozen=True)
class Region:
    """What a crop shows: its centre (x, y) and height in picture pixels."""

    centre: NDArray[np.float64]
    height: float


def whole_region(box: NDArray[np.float32], size_hw: tuple[int, int]) -> Region:
    """Return the crop of a whole person as the device makes it, from a box x0 y0 x1 y1."""
    low, high = box[:2].astype(np.float64), box[2:].astype(np.float64)
    width, height = high - low
    return Region((low + high) / 2, max(height, width * size_hw[0] / size_hw[1]) * BOX_MARGIN)


def jittered_whole(
    box: NDArray[np.float32], size_hw: tuple[int, int], rng: np.random.Generator
) -> Region:
    """Return a whole crop as boxes of a finder vary: 15 % in size, 6 % in place."""
    region = whole_region(box, size_hw)
    height = region.height * np.exp(rng.uniform(-0.15, 0.15))
    shift = rng.uniform(-0.06, 0.06, 2) * (box[2:] - box[:2])
    return Region(region.centre + shift, float(height))


def body_height(box: NDArray[np.float32]) -> float:
    """Return what stands for the body's height: the box's, or more where somebody lies."""
    width, height = box[2:] - box[:2]
    return float(max(height, 0.8 * width))


def jittered_close(
    box: NDArray[np.float32],
    points: NDArray[np.float32],
    located: NDArray[np.bool_],
    rng: np.random.Generator,
) -> Region | None:
    """Return a close crop about one part of the body, or None where that part is unknown."""
    about, heights = CLOSE_ABOUT[int(rng.integers(len(CLOSE_ABOUT)))]
    about = about[located[about]]
    if len(about) == 0:
        return None
    # Mostly as the measuring pass looks at this part, and a little beyond.
    least, most = heights if rng.random() < _AS_MEASURED else CLOSE_HEIGHTS
    height = body_height(box) * float(rng.uniform(least - _BEYOND, most + _BEYOND))
    # The pass before it gives the centre: a good one mostly, seldom one a joint away.
    shift = rng.normal(0, (0.06, 0.08)) * height
    return Region(points[about].mean(axis=0).astype(np.float64) + shift, height)


def jittered(region: NDArray[np.float32], rng: np.random.Generator) -> Region:
    """Return a crop near one that was drawn before: centre x, y and height."""
    *centre, height = region.astype(np.float64)
    shift = rng.uniform(-0.04, 0.04, 2) * height
    return Region(np.array(centre) + shift, float(height * np.exp(rng.uniform(-0.08, 0.08))))


@dataclass(frozen=True)
class Distortion:
    """Turn, crop-wide shear (x += x_shear y, y += y_shear x) and mirror of a crop."""

    turn_deg: float = 0.0
    x_shear: float = 0.0
    y_shear: float = 0.0
    flip: bool = False


def random_distortion(rng: np.random.Generator) -> Distortion:
    """Return a distortion that breaks the habit of lines to be level and square to each other."""
    turn_deg = rng.normal(0, 18.0 if rng.random() < 0.12 else 5.0)
    x_shear, y_shear = np.tan(np.radians(rng.normal(0, (4.0, 5.0))))
    return Distortion(
        float(np.clip(turn_deg, -45, 45)), float(x_shear), float(y_shear), bool(rng.random() < 0.5)
    )


def crop_affine(region: Region, size_hw: tuple[int, int], distortion: Distortion) -> Affine:
    """Return the 2x3 map from picture to crop pixels; pixel centres lie at whole numbers."""
    height, width = size_hw
    cos, sin = np.cos(np.radians(distortion.turn_deg)), np.sin(np.radians(distortion.turn_deg))
    shear = np.array([[1, distortion.x_shear], [distortion.y_shear, 1]])
    linear = np.array([[cos, -sin], [sin, cos]]) @ shear * (height / region.height)
    if distortion.flip:
        linear[0] = -linear[0]
    middle = np.array([(width - 1) / 2, (height - 1) / 2])
    return np.column_stack([linear, middle - linear @ region.centre])


def move_points(points: NDArray[np.floating], affine: Affine) -> NDArray[np.float32]:
    """Apply a 2x3 affine to points (..., 2)."""
    moved: NDArray[np.float32] = (points @ affine[:, :2].T + affine[:, 2]).astype(np.float32)
    return moved


def move_box(box: NDArray[np.floating], affine: Affine) -> NDArray[np.float32]:
    """Return the upright box x0 y0 x1 y1 around a moved box x0 y0 x1 y1."""
    x0, y0, x1, y1 = box
    corners = move_points(np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]]), affine)
    return np.concatenate([corners.min(axis=0), corners.max(axis=0)])


def scale_of(affine: Affine) -> float:
    """Return crop pixels a picture pixel."""
    return float(np.sqrt(abs(np.linalg.det(affine[:, :2]))))


def halved(affine: Affine) -> Affine:
    """Return the affine for the same picture decoded at half its size."""
    return resized(affine, 0.5, 0.5)


def resized(affine: Affine, fx: float, fy: float) -> Affine:
    """Return the affine for the picture resized by fx, fy: x' = (x + 0.5) fx - 0.5."""
    linear = affine[:, :2] / [fx, fy]
    offset = affine[:, 2] + linear @ (0.5 - 0.5 * np.array([fx, fy]))
    return np.column_stack([linear, offset])


def shrunk(image: Image, affine: Affine) -> tuple[Image, Affine]:
    """Return the picture low-passed and made smaller where the affine shrinks it, and the rest."""
    scale = scale_of(affine)
    if scale >= 0.8:
        return image, affine
    height, width = image.shape[:2]
    size = max(1, round(width * scale)), max(1, round(height * scale))
    small = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
    return small, resized(affine, size[0] / width, size[1] / height)


def warp(image: Image, affine: Affine, canvas: Image) -> Image:
    """Draw the moved picture over a copy of the canvas."""
    image, affine = shrunk(image, affine)
    drawn = canvas.copy()
    size = canvas.shape[1], canvas.shape[0]
    cv2.warpAffine(image, affine, size, drawn, cv2.INTER_LINEAR, cv2.BORDER_TRANSPARENT)
    return drawn

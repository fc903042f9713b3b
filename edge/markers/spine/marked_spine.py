"""From a picture of a back with stickers to the keypoints of its spine."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge.markers.spine.arrangement import arrange
from edge.markers.spine.blobs import Blob, find
from edge.markers.spine.curve import smoother
from edge.markers.stickers import Stickers
from edge.records import Pose, Uint8, View

Float64 = NDArray[np.float64]

# Every centre also scatters by this much (px, one standard deviation and axis): aliasing of a
# sliver, shading, the dome's own shape. Measured on rendered backs.
_CENTRE_SD_PX = 0.1
# Skin that hides a part of a sticker moves its centre by about this share of what is hidden.
_HIDDEN_SD = 0.1
# The slope of a back changes along C4 to S5 as a random walk of this variance (rad^2): the prior
# of the smoothing spline. Segments of 5 to 30 deg to either side give it.
_SLOPE_VARIANCE = 0.6


# A sticker 18 mm wide on an adult, against stature; and area over squared radius of its patch,
# pi / 2 for a half circle and pi for a whole one. What is far from both is something else.
_RADIUS, _SIZE_SLACK = 0.0053, 2.5
_ROUND = (0.35, 3.6)


@dataclass(frozen=True, eq=False)
class MarkedSpine:
    """The stickers as a pose over `Stickers.skeleton`, or why there is none."""

    pose: Pose | None
    why: tuple[str, ...] = ()


def find_spine(image: Uint8, stickers: Stickers, view: View) -> MarkedSpine:
    """Find, order and smooth the stickers of one back.

    image : uint8 (H, W, 3) BGR, filled by one person from head to foot.
    """
    likely = _RADIUS * image.shape[0]
    blobs: list[Blob] = []
    others: list[Blob] = []
    for blob in find(image, stickers.bgr):
        (blobs if _may_be_sticker(blob, likely) else others).append(blob)
    found = arrange(blobs, stickers.vertebrae)
    if found.why:
        return MarkedSpine(None, found.why)
    patches = tuple(found.blobs.values())
    if _crowded(patches, others):
        return MarkedSpine(None, ("markers_ambiguous",))
    points = _on_the_skin(patches, stickers, view)
    doubt = _CENTRE_SD_PX**2 + (_HIDDEN_SD * _hidden_px(patches, stickers, view)) ** 2
    noise = np.array([blob.covariance_px2 for blob in patches]) + doubt[:, None, None] * np.eye(2)
    length = float(np.hypot(*np.diff(points, axis=0).T).sum())
    smooth = smoother(points, np.trace(noise, axis1=1, axis2=2) / 2.0, length / _SLOPE_VARIANCE)

    rows = [stickers.skeleton.index[name] for name in found.blobs]
    count = len(stickers.vertebrae)
    keypoints = np.full((count, 3), np.nan, np.float32)
    covariance = np.full((count, 2, 2), np.nan, np.float32)
    keypoints[:, 2] = 0.0
    keypoints[rows] = np.column_stack([smooth @ points, np.ones(len(points))])
    covariance[rows] = np.einsum("ij,jab->iab", smooth**2, noise)
    return MarkedSpine(Pose(stickers.skeleton, keypoints, covariance, 1.0))


def _may_be_sticker(blob: Blob, likely_px: float) -> bool:
    sized = likely_px / _SIZE_SLACK < blob.radius_px < likely_px * _SIZE_SLACK
    return sized and _ROUND[0] < blob.area_px2 / blob.radius_px**2 < _ROUND[1]


def _crowded(patches: tuple[Blob, ...], others: list[Blob]) -> bool:
    """Whether one of them touches a patch that is no sticker: two stickers in one, it may be."""
    return any(
        np.hypot(*(one.centre_px - other.centre_px)) < one.radius_px + other.radius_px
        for one in patches
        for other in others
    )


def _on_the_skin(blobs: tuple[Blob, ...], stickers: Stickers, view: View) -> Float64:
    """(N, 2) px where the stickers sit.

    From the side a half ball's patch is a segment of a circle about the point where it sits: a half
    circle, less where the skin beside it rises, more where the person is turned. Its centre of
    area stands off the skin; how far follows from its area.
    """
    centres = np.array([blob.centre_px for blob in blobs])
    if view not in ("right", "left") or stickers.height_to_radius == 0.0:
        return centres
    radius = float(np.median([blob.radius_px for blob in blobs]))
    off = [_offset(blob.area_px2, radius, stickers.height_to_radius) for blob in blobs]
    tangent = np.gradient(centres, axis=0)
    tangent /= np.linalg.norm(tangent, axis=1, keepdims=True)
    # Down the back; turned by a right angle it points out of it: left in a right view.
    outward = np.stack([-tangent[:, 1], tangent[:, 0]], axis=1)
    points: Float64 = (
        centres - (1.0 if view == "right" else -1.0) * np.array(off)[:, None] * outward
    )
    return points


def _hidden_px(blobs: tuple[Blob, ...], stickers: Stickers, view: View) -> Float64:
    """(N,) how much of each half ball the skin beside it hides, px of its height."""
    if view not in ("right", "left") or stickers.height_to_radius == 0.0:
        return np.zeros(len(blobs))
    radius = float(np.median([blob.radius_px for blob in blobs]))
    half = 0.5 * math.pi * radius**2 * stickers.height_to_radius
    share: Float64 = np.array([max(0.0, 1.0 - blob.area_px2 / half) for blob in blobs])
    return share * radius * stickers.height_to_radius


def _offset(area_px2: float, radius_px: float, height_to_radius: float) -> float:
    """Distance from the centre of a circle to that of its segment of this area, px, for a circle
    that the height squeezes.

    A segment that spans the angle t has area r^2 (t - sin t) / 2 and its centre of area at
    4 r sin(t / 2)^3 / (3 (t - sin t)).
    """
    angle = np.linspace(0.5, 2.0 * math.pi, 400)
    segment = angle - np.sin(angle)
    wanted = 2.0 * area_px2 / (radius_px**2 * height_to_radius)
    span = float(np.interp(wanted, segment, angle))
    off = 4.0 * math.sin(span / 2.0) ** 3 / (3.0 * (span - math.sin(span)))
    return off * radius_px * height_to_radius

"""A sticker as a keypoint: where it was found, how surely, and how far it may be from its bone."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from edge.markers.protocol import targets_in
from edge.markers.targets import FoundTargets
from edge.posture.placing import placing_px2
from edge.records import Pose, View

Float64 = NDArray[np.float64]

# A standing target's tab is bent this way and that by about a quarter of how far it stands off.
_TAB_MM = 3.0
# The spine at C7, where a target alone does not show it: forward from the vertical.
_NECK_DEG = 30.0
_VERTEBRAE = ("C7", "T8", "L4")


class Mark(NamedTuple):
    """point_px (2,), covariance_px2 (2, 2) of finding it, placing_px2 (2, 2)."""

    point_px: Float64
    covariance_px2: Float64
    placing_px2: Float64


def spine_marks(spine: Pose, px_per_mm: float) -> dict[str, Mark]:
    """The stickers of a spine seen from the side, whose outline they lie on."""
    rows = np.flatnonzero(np.isfinite(spine.keypoints[:, 0]))
    points = spine.keypoints[rows, :2].astype(np.float64)
    length = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(points, axis=0).T))])
    along = np.gradient(points, length, axis=0)
    along /= np.linalg.norm(along, axis=1, keepdims=True)
    # Beyond the ends the back goes on bending as it did.
    along[0] = _mirrored(along[1], points[1] - points[0])
    along[-1] = _mirrored(along[-2], points[-1] - points[-2])
    return {
        name: Mark(point, covariance, placing_px2(name, px_per_mm, along=way, on_outline=True))
        for name, point, covariance, way in zip(
            (spine.skeleton.keypoints[row] for row in rows),
            points,
            spine.covariance_px2[rows].astype(np.float64),
            along,
            strict=True,
        )
    }


def _mirrored(direction: Float64, about: Float64) -> Float64:
    """A unit vector as far to the other side of a line."""
    line = about / np.linalg.norm(about)
    return np.asarray(2.0 * float(direction @ line) * line - direction)


def target_marks(found: FoundTargets, view: View, px_per_mm: float) -> dict[str, Mark]:
    """The printed targets."""
    placements = targets_in(view)
    return {
        landmark: Mark(
            point,
            found.fits[landmark].covariance_px2,
            placing_px2(
                landmark,
                px_per_mm,
                along=_along(landmark, view),
                on_outline=view in ("left", "right"),
                more_mm=_TAB_MM if placements[landmark].stands else 0.0,
            ),
        )
        for landmark, point in found.points_px.items()
    }


def _along(landmark: str, view: View) -> Float64 | None:
    """Direction down the spine, where the landmark is a vertebra."""
    if landmark not in _VERTEBRAE:
        return None
    if view not in ("left", "right"):
        return np.array([0.0, 1.0])
    ahead = 1.0 if view == "right" else -1.0
    slope = math.radians(_NECK_DEG)
    return np.array([-ahead * math.sin(slope), math.cos(slope)])

"""Targets looked for once more in the best frame, when its person has been measured.

Until then anatomy alone leads from joints to landmarks, and targets of a body that tilts may bear
two names. The landmarks that the measuring pass has placed settle most of these.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from edge.conversion import convert
from edge.estimation.estimator import Seen
from edge.estimation.looks import moved_px
from edge.markers.mark import Mark
from edge.records import Float32, Pose
from edge.skeletons import COCO_17

Float64 = NDArray[np.float64]


def unmarked(pose: Pose) -> Pose:
    """A pose without its stickers, over the same keypoints."""
    if pose.placed is None:
        return pose
    rows = _marked_rows(pose)
    keypoints, covariance = pose.keypoints.copy(), pose.covariance_px2.copy()
    keypoints[rows], covariance[rows] = (np.nan, np.nan, 0.0), np.nan
    return replace(pose, keypoints=keypoints, covariance_px2=covariance, placed=None)


def marks_of(pose: Pose) -> dict[str, Mark]:
    """The stickers of a pose."""
    if pose.placed is None:
        return {}
    return {
        pose.skeleton.keypoints[row]: Mark(
            pose.keypoints[row, :2].astype(np.float64),
            pose.covariance_px2[row].astype(np.float64),
            pose.placed.placing_px2[row].astype(np.float64),
        )
        for row in _marked_rows(pose).tolist()
    }


def seen_as(measured: Pose, seen: Seen) -> tuple[Pose, Float64]:
    """What was measured, moved to where the person is in a frame, and how far (2,) px it moved."""
    there, here = (
        convert(pose, COCO_17).keypoints[:, :2].astype(np.float64) for pose in (seen.pose, measured)
    )
    moved = moved_px(there, here)
    keypoints = measured.keypoints.copy()
    keypoints[:, :2] += moved.astype(np.float32)
    return replace(measured, keypoints=keypoints), moved


def filled(pose: Pose, measured: Pose) -> Pose:
    """A pose whose missing keypoints are those measured: where a sticker was a joint's."""
    missing = np.isnan(pose.keypoints[:, 0])
    keypoints, covariance = pose.keypoints.copy(), pose.covariance_px2.copy()
    for row in np.flatnonzero(missing).tolist():
        other = measured.skeleton.index.get(pose.skeleton.keypoints[row])
        if other is not None:
            keypoints[row] = measured.keypoints[other]
            covariance[row] = measured.covariance_px2[other]
    return replace(pose, keypoints=keypoints, covariance_px2=covariance)


def staying(
    before: Mapping[str, Float64], anew: Mapping[str, Float64], radius_px: float
) -> list[str]:
    """The names found before that what was found anew does not contradict.

    before, anew : name -> (2,) px. radius_px : of a target; closer ones are the same.
    """
    stay = []
    for name, point in before.items():
        same = {other for other, one in anew.items() if np.hypot(*(point - one)) < radius_px}
        if name in same or not (same or name in anew):
            stay.append(name)
    return stay


def joined_marks(
    before: Mapping[str, Mark], anew: Mapping[str, Mark], radius_px: float
) -> dict[str, Mark]:
    """The stickers of a whole hold, with what was found anew: that has the last word on names.

    before : over many frames, so of those that both name the same these stay. radius_px : as above.
    """
    points, points_anew = (
        {name: mark.point_px for name, mark in marks.items()} for marks in (before, anew)
    )
    stay = staying(points, points_anew, radius_px)
    return {**anew, **{name: before[name] for name in stay}}


def frames_with(marks: Mapping[str, Mark], pose: Pose) -> Float32 | None:
    """`frames_px2` of a pose; who was found in one frame alone sways as the others do."""
    if pose.frames_px2 is None:
        return None
    frames = pose.frames_px2.copy()
    usual = np.nanmedian(frames, axis=0)
    for name in marks:
        row = pose.skeleton.index[name]
        if not np.isfinite(frames[row]).all():
            frames[row] = usual
    return frames


def _marked_rows(pose: Pose) -> NDArray[np.int64]:
    placing = np.zeros((0, 2, 2)) if pose.placed is None else pose.placed.placing_px2
    return np.flatnonzero(placing.any(axis=(1, 2)))

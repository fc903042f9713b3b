"""The frames of a hold that are worth a closer look: still, sharp, square to the camera.

They are pictures of a person: they stay in memory, at most three, and are given away or forgotten.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from edge.estimation.estimator import Seen
from edge.posture.angles import Float64
from edge.posture.landmarks import USABLE
from edge.posture.views import off_square_deg
from edge.records import Frame, Pose, View

_MOST = 3
# What counts as one step worse: a body 0.2 % of its stature from where it mostly was, 5 deg more of
# a turn, a tenth less of sharpness.
_MOVED, _OFF_DEG, _BLURRED = 0.002, 5.0, 0.1
_MUCH_WORSE = 3.0  # steps behind the best: such a frame adds nothing
_WATCHED = tuple(
    f"{side}_{part}" for part in ("ear", "shoulder", "hip", "ankle") for side in ("left", "right")
)


@dataclass(frozen=True, eq=False)
class _Kept:
    seen: Seen
    sharpness: float


class BestFrames:
    """Keeps the best frames of what is offered, as the hold goes on."""

    def __init__(self, view: View) -> None:
        self._view: View = view
        self._kept: list[_Kept] = []
        self._sharpest = 0.0

    def offer(
        self, frame: Frame, pose: Pose, sharpness: float, so_far: Sequence[Pose], stature_px: float
    ) -> None:
        """A frame of the hold.

        pose : of the person in it. sharpness : of the picture there. so_far : the poses of all
        frames of the hold, which say where a body was. stature_px : by which distances are judged.
        """
        if np.isfinite(sharpness):
            self._sharpest = max(self._sharpest, sharpness)
        usual = _usual(so_far)
        self._kept.append(_Kept(Seen(frame, pose), sharpness))
        self._kept.sort(key=lambda kept: self._badness(kept, usual, stature_px))
        best = self._badness(self._kept[0], usual, stature_px)
        self._kept = [
            kept
            for kept in self._kept[:_MOST]
            if self._badness(kept, usual, stature_px) <= best + _MUCH_WORSE
        ]

    def take(self) -> list[Seen]:
        """The best frames, the best first; none is kept here any longer."""
        taken = [kept.seen for kept in self._kept]
        self.forget()
        return taken

    def forget(self) -> None:
        self._kept.clear()
        self._sharpest = 0.0

    def _badness(self, kept: _Kept, usual: Float64, stature_px: float) -> float:
        pose = kept.seen.pose
        apart = np.hypot(*(_points(pose) - usual).T)
        known = apart[np.isfinite(apart)]
        moved = float(np.median(known)) / max(stature_px, 1.0) if len(known) else 0.0
        off_deg = 0.0 if pose.yaw is None else abs(off_square_deg(pose.yaw, self._view))
        blurred = 1.0 - kept.sharpness / self._sharpest if self._sharpest > 0.0 else 0.0
        return moved / _MOVED + off_deg / _OFF_DEG + max(blurred, 0.0) / _BLURRED


def _points(pose: Pose) -> Float64:
    """(W, 2), NaN where a watched keypoint was not seen."""
    points = np.full((len(_WATCHED), 2), np.nan)
    for row, name in enumerate(_WATCHED):
        keypoint = (
            pose.keypoints[pose.skeleton.index[name]] if name in pose.skeleton.index else None
        )
        if keypoint is not None and keypoint[2] >= USABLE:
            points[row] = keypoint[:2]
    return points


def _usual(poses: Sequence[Pose]) -> Float64:
    """(W, 2), the medians; the upper of two, which is several times as fast and as good here."""
    points = np.stack([_points(pose) for pose in poses])
    ordered = np.sort(points, axis=0)  # NaN last
    seen = np.isfinite(points[:, :, 0]).sum(axis=0)
    middle = np.minimum(seen // 2, len(poses) - 1)
    usual: Float64 = ordered[middle, np.arange(len(_WATCHED))]
    return usual

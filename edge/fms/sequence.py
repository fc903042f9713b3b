"""One movement as filmed from one side: keypoint tracks over time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from edge.errors import MovementUnusable
from edge.fms.smooth import Float64, low_pass
from edge.posture.landmarks import USABLE, Landmarks, keypoints_of, near_side
from edge.records import Pose, View
from edge.skeletons import Skeleton

_MOSTLY = 0.6  # of the frames must show a keypoint, or it is not seen
_LEAST_FRAMES = 5
_STATURE_FRAMES = 20
_MOMENT_S = 0.08
_START_S = 0.4  # of a clip before the movement begins


@dataclass(frozen=True, eq=False)
class PoseSequence:
    """Poses of one person.

    view : the side that is filmed; front or back, or the side turned to the camera. A person on
        the floor counts by the side, too.
    times_s : (N,) rising. keypoints : (N, K, 3) as in `Pose`.
    """

    skeleton: Skeleton
    view: View
    times_s: Float64
    keypoints: Float64

    @classmethod
    def of(cls, poses: Sequence[Pose], times_s: Sequence[float], view: View) -> PoseSequence:
        """A sequence of poses. Raises MovementUnusable where they are too few, of several
        skeletons, or out of order."""
        if len(poses) < _LEAST_FRAMES:
            raise MovementUnusable(
                f"The movement shows a person in {len(poses)} frames only.",
                "Film again, the whole body in the picture.",
            )
        if len({pose.skeleton.name for pose in poses}) > 1 or not (np.diff(times_s) > 0.0).all():
            raise MovementUnusable(
                "The frames of the movement are out of order or of several models.",
                "Record it again in one go.",
            )
        stack = np.stack([pose.keypoints for pose in poses]).astype(np.float64)
        return cls(poses[0].skeleton, view, np.asarray(times_s, np.float64), stack)

    @property
    def facing(self) -> float:
        """+1 where the subject looks to image right or into the camera."""
        return -1.0 if self.view in ("left", "back") else 1.0

    @cached_property
    def near(self) -> Literal["left", "right", ""]:
        """The side that is seen better, in a side view."""
        mean = np.nanmean(np.nan_to_num(self.keypoints), axis=0).astype(np.float32)
        covariance = np.full((len(mean), 2, 2), np.nan, np.float32)
        return near_side(Pose(self.skeleton, mean, covariance, 1.0), self.view)

    @cached_property
    def _tracks(self) -> Float64:
        """(N, K, 2) px on an even clock; gaps bridged, noise above 6 Hz taken out."""
        even = np.linspace(self.times_s[0], self.times_s[-1], len(self.times_s))
        tracks = np.full((*self.keypoints.shape[:2], 2), np.nan)
        for k in range(len(self.skeleton.keypoints)):
            good = self.keypoints[:, k, 2] >= USABLE
            if good.mean() >= _MOSTLY:
                for axis in (0, 1):
                    known = self.keypoints[good, k, axis]
                    tracks[:, k, axis] = np.interp(even, self.times_s[good], known)
        rate_hz = (len(even) - 1) / (even[-1] - even[0])
        return low_pass(tracks, float(rate_hz))

    def seen(self, *landmarks: str) -> bool:
        """Whether every keypoint of these landmarks is there in most frames."""
        return all(
            name in self.skeleton.index
            and bool(np.isfinite(self._tracks[:, self.skeleton.index[name], 0]).all())
            for landmark in landmarks
            for name in keypoints_of(landmark, self.near)
        )

    def track(self, landmark: str) -> Float64:
        """(N, 2) px of a keypoint, a midpoint (`mid_hip`) or the near side's (`hip`)."""
        rows = [self.skeleton.index[name] for name in keypoints_of(landmark, self.near)]
        mean: Float64 = self._tracks[:, rows].mean(axis=1)
        return mean

    @cached_property
    def stature_px(self) -> float:
        """Stature from trunk and legs, which bend but do not shrink: the 90 % quantile of the clip.

        Raises MovementUnusable where trunk or legs are not seen.
        """
        statures = []
        for frame in self.keypoints[:: 1 + len(self.keypoints) // _STATURE_FRAMES]:
            covariance = np.full((len(frame), 2, 2), np.nan, np.float32)
            body = Landmarks.of(Pose(self.skeleton, frame.astype(np.float32), covariance, 1.0))
            if body.stature_px is not None:
                statures.append(body.stature_px)
        if not statures:
            raise MovementUnusable(
                "Shoulders and hips were not seen in the movement.",
                "Film again, the whole body in the picture.",
            )
        return float(np.percentile(statures, 90.0))

    @cached_property
    def start(self) -> slice:
        """The frames before the movement begins."""
        return slice(0, max(2, int(np.searchsorted(self.times_s, self.times_s[0] + _START_S))))

    def around(self, frame: int) -> slice:
        """Up to two frames to either side of one, as far as they are of the same moment."""
        apart_s = float(self.times_s[-1] - self.times_s[0]) / (len(self.times_s) - 1)
        reach = min(2, int(_MOMENT_S / apart_s))
        return slice(max(0, frame - reach), frame + reach + 1)

    def at_s(self, frame: int) -> float:
        """Time of a frame, from the beginning of the clip."""
        return float(np.linspace(0.0, self.times_s[-1] - self.times_s[0], len(self.times_s))[frame])


def excursion_px(track: Float64) -> float:
    """Peak to peak of the vertical movement of a track (N, 2)."""
    return float(np.ptp(track[:, 1]))

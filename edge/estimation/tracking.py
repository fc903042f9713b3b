"""The same person from frame to frame.

A person is expected where the last two sightings lead. Each expected person takes the pose that
lies nearest to it, nearest pairs first: who passes in front takes his own pose along, and who is
hidden for a moment keeps his number instead of taking over the passer's pose.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge.records import Frame, Pose

Array = NDArray[np.float64]

# Hidden for longer, and the person is another one when seen again.
FORGET_NS = 1_000_000_000
# How far a body may lie from where it is expected, as a part of its own extent. Who walks at
# 1.4 m/s moves a sixth of the stature between frames at 5 frames/s; bystanders stand further off.
_GATE = 0.25
_LEAST_SHARED = 3  # keypoints that two poses must share to be compared
_MEMORY = 0.5  # part of the velocity that each sighting renews


@dataclass(eq=False)
class _Track:
    number: int
    xy_px: Array
    velocity_px_s: Array
    extent_px: float
    seen_ns: int

    def expected(self, now_ns: int) -> Array:
        return self.xy_px + self.velocity_px_s * ((now_ns - self.seen_ns) / 1e9)

    def see(self, xy_px: Array, now_ns: int) -> None:
        """Keypoints that this sighting lacks move on with the body."""
        step = np.nanmedian(xy_px - self.xy_px, axis=0)
        seconds = (now_ns - self.seen_ns) / 1e9
        if seconds > 0:
            self.velocity_px_s += _MEMORY * (step / seconds - self.velocity_px_s)
        found = np.isfinite(xy_px)
        self.xy_px = np.where(found, xy_px, self.xy_px + step)
        self.extent_px, self.seen_ns = max(_extent_px(xy_px), 0.9 * self.extent_px), now_ns


class Tracker:
    """Numbers people from 1; a number is never given twice."""

    def __init__(self) -> None:
        self._tracks: list[_Track] = []
        self._given = 0

    def follow(self, poses: Sequence[Pose], frame: Frame) -> list[int]:
        """The number of each of the poses of the next frame, in their order."""
        now_ns = frame.captured_ns
        self._tracks = [t for t in self._tracks if now_ns - t.seen_ns <= FORGET_NS]
        points = [pose.keypoints[:, :2].astype(np.float64) for pose in poses]
        distance = np.array(
            [[_distance(track, xy, now_ns) for xy in points] for track in self._tracks]
        ).reshape(len(self._tracks), len(points))
        numbers = [0] * len(points)
        while distance.size and distance.min() <= _GATE:
            row, column = divmod(int(distance.argmin()), len(points))
            self._tracks[row].see(points[column], now_ns)
            numbers[column] = self._tracks[row].number
            distance[row], distance[:, column] = np.inf, np.inf
        for column, xy in enumerate(points):
            if not numbers[column]:
                self._given += 1
                numbers[column] = self._given
                self._tracks.append(_Track(self._given, xy, np.zeros(2), _extent_px(xy), now_ns))
        return numbers


def _distance(track: _Track, xy_px: Array, now_ns: int) -> float:
    """Median distance of shared keypoints from where they are expected, in body extents.

    The median: a wrist that moved, or left and right taken for each other, makes no other person.
    """
    if track.xy_px.shape != xy_px.shape:
        return float("inf")  # another model serves now, with another skeleton
    apart = np.hypot(*(xy_px - track.expected(now_ns)).T)
    shared = np.isfinite(apart)
    if shared.sum() < _LEAST_SHARED:
        return float("inf")
    return float(np.median(apart[shared])) / max(track.extent_px, _extent_px(xy_px))


def _extent_px(xy_px: Array) -> float:
    """The longer side of the box around the found keypoints, at least a pixel."""
    found = xy_px[np.isfinite(xy_px).all(axis=1)]
    return max(1.0, float(np.ptp(found, axis=0).max())) if len(found) else 1.0

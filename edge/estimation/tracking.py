"""The same person from frame to frame.

A person is expected where the last two sightings lead. Each expected person takes the pose that
lies nearest to it, nearest pairs first: who passes in front takes his own pose along, and who is
hidden for a moment keeps his number instead of taking over the passer's pose.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from edge.estimation.nearness import Array, body_distance, middle
from edge.records import Frame, Pose

# Whoever was hidden for longer than this gets a new number.
FORGET_NS = 1_000_000_000
# How far a body may lie from where it is expected, as a part of its own extent. Who walks at
# 1.4 m/s moves a sixth of the stature between frames at 5 frames/s; bystanders stand further off.
_GATE = 0.25
_MEMORY = 0.5  # part of the velocity that each sighting renews


@dataclass(eq=False)
class _Track:
    number: int
    xy_px: Array
    velocity_px_s: Array
    seen_ns: int

    def expected(self, now_ns: int) -> Array:
        return self.xy_px + self.velocity_px_s * ((now_ns - self.seen_ns) / 1e9)

    def see(self, xy_px: Array, now_ns: int) -> None:
        """Keypoints that this sighting lacks move on with the body."""
        moved = xy_px - self.xy_px
        step = middle(moved[np.isfinite(moved[:, 0])])
        seconds = (now_ns - self.seen_ns) / 1e9
        if seconds > 0:
            self.velocity_px_s += _MEMORY * (step / seconds - self.velocity_px_s)
        found = np.isfinite(xy_px)
        self.xy_px = np.where(found, xy_px, self.xy_px + step)
        self.seen_ns = now_ns


class Tracker:
    """Numbers people from 1; a number is never given twice."""

    def __init__(self) -> None:
        self._tracks: list[_Track] = []
        self._given = 0

    def resume(self, now_ns: int) -> None:
        """Nobody looked for a while, until now: everybody is expected where last seen."""
        for track in self._tracks:
            track.seen_ns = now_ns
            track.velocity_px_s = np.zeros(2)

    def follow(self, poses: Sequence[Pose], frame: Frame) -> list[int]:
        """The number of each of the poses of the next frame, in their order."""
        now_ns = frame.captured_ns
        self._tracks = [t for t in self._tracks if now_ns - t.seen_ns <= FORGET_NS]
        points = [pose.keypoints[:, :2].astype(np.float64) for pose in poses]
        distance = np.array(
            [[body_distance(track.expected(now_ns), xy) for xy in points] for track in self._tracks]
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
                self._tracks.append(_Track(self._given, xy, np.zeros(2), now_ns))
        return numbers

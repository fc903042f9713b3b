"""One try at one capture: a person settles, is still for two seconds, and is held for five."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from edge.estimation.estimator import Seen
from edge.posture.assess import assess
from edge.posture.calibration import Calibration
from edge.posture.clothing import UNTOLD, Dress
from edge.posture.landmarks import Landmarks
from edge.posture.scale import scale_of, scaled
from edge.posture.sway import sway
from edge.records import Measure as Measured
from edge.records import Pose, ScaleSource, View
from edge.screening.best_frames import BestFrames
from edge.screening.hold import is_still, median_pose
from edge.settings import ScreeningSettings

_LONGEST_S = 20.0  # an attempt that takes longer has failed; longer holds have longer
_VALID_PART = 0.6  # of a hold's frames
LEAST_FRAMES = 20


# The median of a hold and its best frames -> the pose to measure on.
Measure = Callable[[list[Seen], Pose], Pose]


class Capture(NamedTuple):
    """What one hold gave.

    pose : what was measured on. guide : the median of the frames used, as the fast pass saw them.
    scale_by : what its lengths rest on.
    """

    measures: tuple[Measured, ...]
    pose: Pose
    guide: Pose
    captured_ns: int
    frames_used: int
    frames_seen: int
    scale_by: ScaleSource = ""


class CaptureAttempt:
    """Fed with every frame; time is the frames' own."""

    def __init__(self, view: View, now_ns: int, settings: ScreeningSettings) -> None:
        self.view: View = view
        self.holding = False
        self.poses: list[Pose] = []
        self.best = BestFrames(view)
        self.frames_seen = 0
        self._times_ns: list[int] = []
        self._began_ns = self._since_ns = now_ns
        self._settle_ns = round(settings.settle_s * 1e9)
        self._hold_ns = round(settings.hold_s * 1e9)

    def expired(self, now_ns: int) -> bool:
        """Whether it has taken too long."""
        longest_ns = max(_LONGEST_S * 1e9, 2.0 * (self._settle_ns + self._hold_ns))
        return now_ns - self._began_ns > longest_ns

    def miss(self, now_ns: int) -> bool:
        """A frame that shows nothing usable; False when it was not just one bad frame."""
        if self.holding:
            self.frames_seen += 1
            return True
        return now_ns - self._since_ns <= self._settle_ns

    def add(self, pose: Pose, now_ns: int, stature_px: float) -> str:
        """A good frame; returns the code of what to tell the person."""
        self.poses.append(pose)
        self._times_ns.append(now_ns)
        if self.holding:
            self.frames_seen += 1
            return "holding"
        if now_ns - self._since_ns < self._settle_ns:
            return "settling"
        keep = sum(time_ns < now_ns - self._settle_ns for time_ns in self._times_ns)
        del self.poses[:keep], self._times_ns[:keep]
        if not self._still(stature_px):
            return "moving"
        self._restart(now_ns, holding=True)
        return "holding"

    def capture(
        self,
        now_ns: int,
        calibration: Calibration,
        measure: Measure,
        dress: Dress = UNTOLD,
        stature_mm: float | None = None,
    ) -> Capture | str | None:
        """The capture when it is due, a prompt when it must be tried again, else None.

        measure : looks closely at the best frames, which are given away to it and kept nowhere.
        dress : what the person wears. stature_mm : as told; it, or stickers, give a scale where
        none was calibrated.
        """
        if not self.holding or now_ns - self._since_ns < self._hold_ns:
            return None
        if len(self.poses) < _VALID_PART * self.frames_seen:
            self._restart(now_ns, holding=False)
            return "hidden"
        if len(self.poses) < LEAST_FRAMES:  # a slow device holds for longer
            return None
        guide, n_eff = median_pose(self.poses)
        if not self._still(Landmarks.of(guide, calibration).stature_px or 0.0):
            self._restart(now_ns, holding=False)
            return "moving"
        pose = measure(self.best.take(), guide)
        calibration = scaled(calibration, scale_of(pose, calibration, stature_mm))
        measures = assess(pose, self.view, calibration, n_eff, dress)
        if "left_shoulder" in pose.skeleton.index:
            times_s = np.array(self._times_ns) / 1e9
            measures += sway(times_s, self.poses, self.view, calibration)
        return Capture(
            measures, pose, guide, now_ns, len(self.poses), self.frames_seen, calibration.scale_by
        )

    def _still(self, stature_px: float) -> bool:
        return is_still(np.array(self._times_ns) / 1e9, self.poses, self.view, stature_px)

    def _restart(self, now_ns: int, *, holding: bool) -> None:
        self._since_ns, self.frames_seen, self.holding = now_ns, 0, holding
        self.poses.clear()
        self.best.forget()
        self._times_ns.clear()

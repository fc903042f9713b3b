"""How somebody stands before the camera, as points and numbers, for whoever hangs a station.

Nobody is measured meanwhile, nothing is stored, and it ends by itself.
"""

from __future__ import annotations

import time

import numpy as np

from edge.posture.calibration import Calibration
from edge.posture.landmarks import USABLE, Landmarks
from edge.posture.views import Facing, ankle_line, off_square_deg, view_of
from edge.records import Frame, Pose
from edge.screening.photograph import gate
from edge.screening.quality import is_whole, roll_seen_deg
from edge.screening.subject import choose
from edge.wire.live import Aim, AimCommand

_EVERY_NS = 200_000_000  # of the frames' own time
_ALIKE_DEG = 5.0  # lines of one person in one frame scatter by more than in a measured hold


class Aiming:
    """One aiming. asked : for how long, and how tall who stands there is."""

    def __init__(
        self, asked: AimCommand, calibration: Calibration, least_stature_px: float
    ) -> None:
        self._asked = asked
        self._calibration = calibration
        self._least_stature_px = least_stature_px
        self._ends_s = time.monotonic() + asked.seconds
        self._said_ns: int | None = None

    @property
    def over(self) -> bool:
        """Whether its time has passed."""
        return time.monotonic() >= self._ends_s

    def look(self, frame: Frame, poses: list[Pose]) -> Aim | None:
        """What this frame shows; None where one was told a moment ago."""
        if self._said_ns is not None and 0 <= frame.captured_ns - self._said_ns < _EVERY_NS:
            return None
        self._said_ns = frame.captured_ns
        left_s = round(max(0.0, self._ends_s - time.monotonic()), 1)
        size = (frame.width_px, frame.height_px)
        subject = choose(poses, frame.width_px)
        if subject is None:
            return Aim(picture_px=size, found=("no_person",), left_s=left_s)
        facing = view_of(subject.pose)
        body, found = gate(frame, subject, facing, self._calibration, self._least_stature_px)
        stature_px = body.stature_px
        roll_deg = roll_seen_deg(Landmarks.of(subject.pose), facing, _ALIKE_DEG)
        return Aim(
            picture_px=size,
            people=len(poses),
            points=_points(subject.pose, frame),
            whole=is_whole(frame, subject, body),
            found=found,
            view=facing.view,
            distance_mm=self._distance_mm(stature_px),
            roll_deg=None if roll_deg is None else round(roll_deg, 2),
            yaw_deg=_yaw_deg(subject.pose, body, facing, self._calibration),
            height_part=None if stature_px is None else round(stature_px / frame.height_px, 3),
            left_s=left_s,
        )

    def _distance_mm(self, stature_px: float | None) -> float | None:
        """Distance of the person from the lens, from how tall they look (pinhole camera)."""
        focal_px, mm_per_px = self._calibration.focal_px, self._calibration.mm_per_px
        if focal_px is None:
            return None
        if self._asked.stature_mm is not None and stature_px is not None:
            mm_per_px = self._asked.stature_mm / stature_px
        return None if mm_per_px is None else round(focal_px * mm_per_px)


def _points(pose: Pose, frame: Frame) -> dict[str, tuple[int, int]]:
    size = np.array([frame.width_px, frame.height_px], np.float64)
    found: dict[str, tuple[int, int]] = {}
    for name, row in pose.skeleton.index.items():
        if pose.keypoints[row, 2] >= USABLE:
            x, y = np.clip(pose.keypoints[row, :2] * 1000.0 / size, -1000.0, 2000.0)
            found[name] = round(float(x)), round(float(y))
    return found


def _yaw_deg(pose: Pose, body: Landmarks, facing: Facing, calibration: Calibration) -> float | None:
    """Yaw as a network measured it, else from the line of the ankles, which does not tell to which
    side."""
    if facing.view == "unknown":
        return None
    if pose.yaw is not None:
        return round(off_square_deg(pose.yaw, facing.view), 1)
    line = ankle_line(body, facing.view, calibration) if facing.view in ("front", "back") else None
    return None if line is None else round(line.yaw_deg, 1)

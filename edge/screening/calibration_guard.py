"""Whether the calibration may still be trusted: its age, its picture, and the marks on the wall.

Two printed markers on the wall behind the person were seen when the camera was calibrated. Where
they are not where they were, somebody has moved the camera, and nothing is measured until it has
been calibrated again.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from datetime import date
from typing import Literal, Protocol

from edge.posture.calibration import Calibration
from edge.records import Frame
from edge.screening.boards import wall_marks_px

DRIFT_PX = 3.0
_LOOK_EVERY_NS = 600_000_000_000
_LOOK_AGAIN_NS = 2_000_000_000
_SAY: dict[str, tuple[str, ...]] = {
    "fine": (),
    "not_seen": ("calibration_marks_not_seen",),
    "moved": ("calibration_suspect",),
}


class CalibrationGuard(Protocol):
    """What is asked before anybody is measured: may the calibration be trusted?"""

    def look(self, frame: Frame, *, empty: bool) -> None:
        """Take in a frame; `empty` says that nobody is there to hide the wall."""

    def reasons(self, frame: Frame) -> tuple[str, ...]:
        """Why nothing may be measured on this frame, as codes; empty when all is well."""
        ...


class NoGuard:
    """Guards nothing, for nothing was calibrated; the intervals are wider instead."""

    def look(self, frame: Frame, *, empty: bool) -> None:
        pass

    def reasons(self, frame: Frame) -> tuple[str, ...]:
        return ()


class LostGuard:
    """Forbids measuring, for a calibration was here and is gone (see `calibration_loss`)."""

    def look(self, frame: Frame, *, empty: bool) -> None:
        pass

    def reasons(self, frame: Frame) -> tuple[str, ...]:
        return ("calibration_lost",)


class WallGuard:
    """Guards one calibration.

    marks_px : number of each wall marker -> its centre when calibrated; empty without markers.
    most_days : age above which it counts as stale.
    today : the date, which a station without network may be told late.
    """

    def __init__(
        self,
        calibration: Calibration,
        marks_px: Mapping[int, tuple[float, float]],
        *,
        most_days: int,
        today: Callable[[], date] = date.today,
    ) -> None:
        self._calibration = calibration
        self._marks_px = marks_px
        self._most_days = most_days
        self._today = today
        self._marks: Literal["fine", "not_seen", "moved"] = "not_seen" if marks_px else "fine"
        self._looked_ns: int | None = None

    def look(self, frame: Frame, *, empty: bool) -> None:
        """Look for the marks: at the start until all were seen, then every ten minutes.

        A mark that is not seen behind a person says nothing; on an empty wall it says that the
        camera looks elsewhere, or that it is dark.
        """
        wait_ns = _LOOK_EVERY_NS if self._marks == "fine" else _LOOK_AGAIN_NS
        now_ns = frame.captured_ns
        if not self._marks_px or (
            self._looked_ns is not None and 0 <= now_ns - self._looked_ns < wait_ns
        ):
            return
        self._looked_ns = now_ns
        seen = wall_marks_px(frame.image)
        known = {mark: at for mark, at in self._marks_px.items() if mark in seen}
        if any(math.dist(seen[mark], at) > DRIFT_PX for mark, at in known.items()):
            self._marks = "moved"
        elif len(known) == len(self._marks_px):
            self._marks = "fine"
        elif empty:
            self._marks = "not_seen"

    def reasons(self, frame: Frame) -> tuple[str, ...]:
        calibration = self._calibration
        size = calibration.picture_px
        if size is not None and size != (frame.width_px, frame.height_px):
            return ("calibration_of_another_picture_size",)
        if calibration.measured_on:
            age = self._today() - date.fromisoformat(calibration.measured_on)
            if age.days > self._most_days:
                return ("calibration_stale",)
        return _SAY[self._marks]

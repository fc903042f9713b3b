"""One person's visit: which views are done, and what was captured of the others."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from edge.posture.clothing import UNTOLD, Dress
from edge.posture.landmarks import USABLE
from edge.records import Asked, Pose, View
from edge.screening.capture_attempt import Capture, CaptureAttempt
from edge.wire.order import Inputs

VIEWS: tuple[View, ...] = ("front", "right", "back", "left")

_STEPPED = 0.03  # of stature: a joint moved so far from where it was captured
_STEP_NS = 5_000_000_000  # who has not stepped by then is captured again all the same
_SAME_STATURE = 0.08  # what a network, and another place on the foot marks, make of one person


@dataclass
class Visit:
    """session : opaque, shared by all assessments of the visit."""

    session: str
    inputs: Inputs
    asked: Asked | None
    waiting_since_ns: int
    attempt: CaptureAttempt | None = None
    captures: dict[View, list[Capture]] = field(default_factory=dict)
    closed: set[View] = field(default_factory=set)
    returned: bool = False  # has been out of sight since the last capture
    wanted: View | None = None  # asked for before the others in order: an operator's wish
    _stature_px: float | None = None
    _stepping_from: Capture | None = None
    _stepping_since_ns: int = 0

    @property
    def next_view(self) -> View | None:
        """The view asked for now: one begun, or the first in order that is not done."""
        begun = next(iter(self.captures), None)
        open_views = [view for view in (self.wanted, *VIEWS) if view and view not in self.closed]
        return begun or next(iter(open_views), None)

    @property
    def asked_view(self) -> View | None:
        """The view that the person was told to turn; None before anything was said."""
        return self.next_view if self.closed and not self.captures else None

    @property
    def dress(self) -> Dress:
        """What the person wears, as far as it was told."""
        return Dress(
            self.inputs.clothing_upper or UNTOLD.upper, self.inputs.clothing_lower or UNTOLD.lower
        )

    @property
    def begun(self) -> bool:
        """Whether something would be lost with it: it was asked for, or has given a capture."""
        return self.asked is not None or bool(self.captures or self.closed)

    @property
    def stepping(self) -> bool:
        """Whether the person is between two captures of a view, stepping off the marks."""
        return self._stepping_from is not None

    def add(self, capture: Capture, view: View, stature_px: float | None) -> None:
        """Keep a capture; the person now steps off before the next."""
        self._stature_px = stature_px
        self.captures.setdefault(view, []).append(capture)
        self.attempt = None
        self._stepping_from = capture
        self.waiting_since_ns = self._stepping_since_ns = capture.captured_ns

    def resume(self, now_ns: int) -> None:
        """Measuring a capture ended now, so the person is told only now what to do next."""
        self.waiting_since_ns = self._stepping_since_ns = now_ns

    def close(self, view: View, now_ns: int) -> list[Capture]:
        """The view is done; what was captured of it."""
        self.closed.add(view)
        self.attempt = self._stepping_from = None
        self.waiting_since_ns = now_ns
        return self.captures.pop(view, [])

    def reopen(self, view: View) -> None:
        """Capture a view once more, from its first capture on."""
        self.closed.discard(view)
        self.captures.pop(view, None)
        self.attempt = self._stepping_from = None
        self.wanted = view

    def left_open(self, but: View | None = None) -> View | None:
        """A view with captures that is not done, other than this one."""
        return next((view for view in self.captures if view != but), None)

    def steps(self, pose: Pose | None, now_ns: int, stature_px: float) -> bool:
        """Follow the step between two captures; False once it is over."""
        before = self._stepping_from
        if before is None:
            return False
        moved = pose is None or _moved_px(pose, before.guide) > _STEPPED * stature_px
        if moved or now_ns - self._stepping_since_ns > _STEP_NS:
            self._stepping_from = None
        return self.stepping

    def is_of(self, stature_px: float) -> bool:
        """Whether somebody of this size may be the person captured last."""
        before = self._stature_px
        return before is None or abs(stature_px - before) <= _SAME_STATURE * before


def _moved_px(pose: Pose, before: Pose) -> float:
    """The furthest that ankle, hip or ear is from where it was; 0 where none is seen in both."""
    names = (f"{side}_{part}" for side in ("left", "right") for part in ("ankle", "hip", "ear"))
    rows = [pose.skeleton.index[name] for name in names if name in pose.skeleton.index]
    both = (pose.keypoints[rows, 2] >= USABLE) & (before.keypoints[rows, 2] >= USABLE)
    way = pose.keypoints[rows, :2][both] - before.keypoints[rows, :2][both]
    return float(np.hypot(way[:, 0], way[:, 1]).max(initial=0.0))

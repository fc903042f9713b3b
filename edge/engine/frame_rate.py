"""How often a station looks: always while somebody is there, twice a second while nobody is.

The cost is the reaction: whoever steps up is seen up to `1 / IDLE_FPS` later than otherwise, of
the seven seconds that settling and holding take. From the first frame with a person on, every
frame is looked at.
"""

from __future__ import annotations

import math

from edge.records import Frame

IDLE_AFTER_S = 30.0
IDLE_FPS = 2.0


class FrameRate:
    """The most frames a second that are worth taking. Time is the frames' own."""

    def __init__(self) -> None:
        self._somebody_ns: int | None = None
        self.most_fps = math.inf

    @property
    def idle(self) -> bool:
        return self.most_fps < math.inf

    def looked(self, frame: Frame, somebody: bool) -> bool:
        """Called after each frame; True when `most_fps` has changed."""
        now_ns = frame.captured_ns
        if somebody or self._somebody_ns is None or now_ns < self._somebody_ns:
            self._somebody_ns = now_ns
        late = now_ns - self._somebody_ns > IDLE_AFTER_S * 1e9
        before, self.most_fps = self.most_fps, IDLE_FPS if late else math.inf
        return before != self.most_fps

"""Whether a camera that delivers frames also sees: frozen and black pictures.

A sensor's noise makes two pictures of the same scene differ. A picture that repeats itself to the
bit therefore comes from a driver or a stream that has stopped, however punctually it comes.
"""

from __future__ import annotations

import enum

import numpy as np

from edge.errors import CameraLost, CameraStalled
from edge.records import Frame, Uint8

FROZEN_AFTER_S = 10.0
BLACK_AFTER_S = 10.0
BLACK_GREY = 12.0  # mean of 0..255 below which a picture shows nothing
_EVERY_PX = 16  # a grid of samples: 8160 of 1080 x 1920 say as much as all of them


class Sight(enum.Enum):
    """GOOD: it sees. UNSURE: too dark or unchanged, but not for long. BLACK: dark for long."""

    GOOD = enum.auto()
    UNSURE = enum.auto()
    BLACK = enum.auto()


def is_black(image: Uint8) -> bool:
    """Whether a picture, uint8 (H, W, 3), shows nothing."""
    return float(image[::_EVERY_PX, ::_EVERY_PX].mean()) < BLACK_GREY


class PictureWatch:
    """Looks at every frame of one camera. Time is the frames' own.

    It remembers the last picture when the camera is opened anew: a camera that comes back with
    the same picture has not come back.
    """

    def __init__(
        self, *, frozen_after_s: float = FROZEN_AFTER_S, black_after_s: float = BLACK_AFTER_S
    ) -> None:
        self._frozen_after_ns = frozen_after_s * 1e9
        self._black_after_ns = black_after_s * 1e9
        self._samples: Uint8 | None = None
        self._size_px = (0, 0)
        self._changed_ns: int | None = None
        self._bright_ns: int | None = None

    def opened(self) -> None:
        """The camera was opened anew: its clock and its picture's size may be others."""
        self._changed_ns = self._bright_ns = None
        self._size_px = (0, 0)

    def look(self, frame: Frame) -> Sight:
        """Judge a frame.

        Raises
        ------
        CameraStalled : the picture has not changed for `frozen_after_s`; opening anew may help.
        CameraLost : the size of the pictures changed while the camera was open.
        """
        now_ns = frame.captured_ns
        self._check_size(frame)
        samples = frame.image[::_EVERY_PX, ::_EVERY_PX].copy()
        changed = self._samples is None or not np.array_equal(samples, self._samples)
        self._samples = samples
        bright = float(samples.mean()) >= BLACK_GREY
        if changed or self._changed_ns is None:
            self._changed_ns = now_ns
        if bright or self._bright_ns is None:
            self._bright_ns = now_ns
        if not bright:  # black pictures may well be equal: no light, no noise
            self._changed_ns = now_ns
            late = now_ns - self._bright_ns >= self._black_after_ns
            return Sight.BLACK if late else Sight.UNSURE
        if now_ns - self._changed_ns >= self._frozen_after_ns:
            raise CameraStalled(
                f"{frame.name} shows the same picture for {self._frozen_after_ns / 1e9:g} s.",
                "The station opens it again by itself; if that does not help, cut its power.",
                reason="frozen",
            )
        return Sight.GOOD if changed else Sight.UNSURE

    def _check_size(self, frame: Frame) -> None:
        size_px = (frame.width_px, frame.height_px)
        if self._size_px not in ((0, 0), size_px):
            was, now = ("x".join(map(str, size)) for size in (self._size_px, size_px))
            raise CameraLost(
                f"{frame.name} changed its pictures from {was} to {now}.",
                "The station opens it again; fix the size in the camera's own settings.",
                reason="format",
            )
        self._size_px = size_px

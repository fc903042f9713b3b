"""The One Euro filter: a steady picture for the eye, never for measuring.

It hides what a measure must know: how far a keypoint scatters while a person stands still.
"""

from __future__ import annotations

import math

import numpy as np

from edge.estimation.nearness import Array, extent_px

_MIN_CUTOFF_HZ = 1.0
# Hz for each body extent a second: at a tenth of the extent per second, 2 Hz are added.
_BETA = 20.0
_SPEED_CUTOFF_HZ = 1.0
_GAP_S = 0.5  # after a longer gap the past says nothing about the present


class OneEuro:
    """A low pass whose cut-off rises with speed (Casiez, Roussel and Vogel, CHI 2012).

    Speed is measured in body extents a second, so that one setting serves near and far.
    """

    def __init__(self) -> None:
        self._time_s = -math.inf
        self._xy_px: Array | None = None
        self._velocity_px_s: Array = np.zeros((0, 2))

    def smooth(self, xy_px: Array, time_s: float) -> Array:
        """Points (K, 2) at a time later than the last; a missing point is NaN and starts afresh."""
        step_s = time_s - self._time_s
        self._time_s = time_s
        if self._xy_px is None or not 0 < step_s <= _GAP_S:
            self._xy_px, self._velocity_px_s = xy_px, np.zeros_like(xy_px)
            return xy_px
        velocity = np.nan_to_num((xy_px - self._xy_px) / step_s)
        part = _part(_SPEED_CUTOFF_HZ, step_s)
        self._velocity_px_s = self._velocity_px_s + part * (velocity - self._velocity_px_s)
        speed = np.hypot(*self._velocity_px_s.T) / extent_px(xy_px)
        weight = _part(_MIN_CUTOFF_HZ + _BETA * speed, step_s)[:, None]
        smoothed = self._xy_px + weight * (xy_px - self._xy_px)
        self._xy_px = np.where(np.isfinite(smoothed), smoothed, xy_px)
        return self._xy_px


def _part(cutoff_hz: float | Array, step_s: float) -> Array:
    """Part of a new value that passes: the paper's alpha."""
    return np.asarray(1 / (1 + 1 / (2 * math.pi * cutoff_hz * step_s)))

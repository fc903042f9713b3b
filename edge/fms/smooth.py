"""Zero-phase low-pass of keypoint tracks: fourth-order Butterworth, forwards and backwards.

For movements only. What a still person's measures are made of is never filtered.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Float64 = NDArray[np.float64]

CUTOFF_HZ = 6.0
# Two passes of a second-order filter are 3 dB down below its own cut-off (Winter 2009, 3.4.4.2).
_TWO_PASSES = (math.sqrt(2.0) - 1.0) ** 0.25
_PAD = 9  # samples mirrored about either end


def low_pass(tracks: Float64, rate_hz: float) -> Float64:
    """tracks : (N, ...) evenly sampled. Unchanged where sampling is too slow or N too small."""
    if rate_hz <= 2.5 * CUTOFF_HZ or len(tracks) <= _PAD:
        return tracks
    warped = math.tan(math.pi * CUTOFF_HZ / _TWO_PASSES / rate_hz)
    gain = 1.0 / (1.0 + math.sqrt(2.0) * warped + warped**2)
    b0 = warped**2 * gain
    a1, a2 = 2.0 * (warped**2 - 1.0) * gain, (1.0 - math.sqrt(2.0) * warped + warped**2) * gain
    before = 2.0 * tracks[0] - tracks[_PAD:0:-1]
    after = 2.0 * tracks[-1] - tracks[-2 : -_PAD - 2 : -1]
    padded = np.concatenate([before, tracks, after])
    for _ in range(2):
        padded = _forward(padded, b0, a1, a2)[::-1]
    return np.asarray(padded[_PAD:-_PAD])


def _forward(x: Float64, b0: float, a1: float, a2: float) -> Float64:
    """One pass of b0 (1 + 2 z^-1 + z^-2) / (1 + a1 z^-1 + a2 z^-2), settled on the first sample."""
    y = np.empty_like(x)
    x1 = x2 = y1 = y2 = x[0]
    for i, now in enumerate(x):
        y[i] = b0 * (now + 2.0 * x1 + x2) - a1 * y1 - a2 * y2
        x1, x2, y1, y2 = now, x1, y[i], y1
    return y

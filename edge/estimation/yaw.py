"""From the sine and cosine that networks give to a person's yaw, and how sure it is.

A network that cannot tell front from back answers with the mean of both: a short vector. So the
length of the mean of all answers, single ones not normalised, says how far they may be off.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from edge.records import Yaw

_LEAST_LENGTH = 1e-3


def yaw_from(vectors: Sequence[NDArray[np.float64]]) -> Yaw | None:
    """The yaw that vectors (2,) = sine, cosine mean together; None where there are none.

    sd_deg : the circular standard deviation sqrt(-2 ln R) of Mardia and Jupp, Directional
        Statistics (2000), section 2.3.1.
    """
    if not vectors:
        return None
    sine, cosine = np.mean(vectors, axis=0).tolist()
    if not math.isfinite(sine + cosine):
        return None
    length = min(max(math.hypot(sine, cosine), _LEAST_LENGTH), 1.0)
    return Yaw(math.degrees(math.atan2(sine, cosine)), math.degrees(_sd_rad(length)))


def mean_yaw(yaws: Sequence[Yaw]) -> Yaw | None:
    """The yaw of several poses of one person: each counts as much as it is sure."""
    return yaw_from([_vector(yaw) for yaw in yaws])


def _vector(yaw: Yaw) -> NDArray[np.float64]:
    turn_rad, sd_rad = math.radians(yaw.deg), math.radians(yaw.sd_deg)
    length = math.exp(-(sd_rad**2) / 2)
    return np.array([math.sin(turn_rad), math.cos(turn_rad)]) * length


def _sd_rad(length: float) -> float:
    return math.sqrt(-2.0 * math.log(length))

"""From which height of a heatmap's peak on a network's intervals hold.

A low peak is a network in doubt. How low one may be is its own affair: trained longer on places
than on maps, it peaks lower and is no worse for it. So the height is found where the errors are.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from msgspec.structs import replace
from posture_tools.evaluate.accuracy import BodyReading

from edge.accuracy import CONFIDENT, Accuracy
from edge.posture.landmarks import USABLE
from edge.posture.uncertainty import COVERAGE

_BIN = 0.05
_LEAST = 40  # readings in a bin that count for something
_HELD = 0.9  # of readings that say 95 %


def with_confident(found: Accuracy, readings: Sequence[BodyReading]) -> Accuracy:
    """`found` with the peak height from which on its intervals hold.

    That is the lower edge of the first bin, 0.05 wide, whose readings are held in 90 % or more;
    0.5 where no bin has enough of them.

    readings : those that the intervals were found on. Heights below 0.3 are refused anyway.
    """
    heights = np.array([reading.weakest for reading in readings])
    held = np.array([_held(found, reading) for reading in readings], np.bool_)
    for low in np.arange(USABLE, 1.0, _BIN):
        inside = (heights >= low) & (heights < low + _BIN)
        if inside.sum() >= _LEAST and held[inside].mean() >= _HELD:
            return replace(found, confident=round(float(low), 2))
    return replace(found, confident=CONFIDENT)


def _held(found: Accuracy, reading: BodyReading) -> bool:
    code, definition, view = reading.key
    row = found.of(code, definition, view, reading.clothing)
    if row is None:
        return False
    return abs(reading.off(row.gain, row.shift)) <= COVERAGE * row.sd * reading.scale(row.predictor)

"""The angle of the AIGO course, for comparison with results made by it.

Unsigned, 0 to 90, from the horizontal, and undefined for coincident points: a compatibility output.
Measures use the signed angles of `angles`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence


def arccos_angle(p1: Sequence[float], p2: Sequence[float]) -> float | None:
    """Angle between the line p1-p2 and the horizontal, deg; None for coincident points.

    The course computes arccos(|dx| / d), which is NaN for coincident points and returns an array.
    """
    dx, dy = p1[0] - p2[0], p1[1] - p2[1]
    distance = math.hypot(dx, dy)
    if not distance > 0.0:  # NaN, the mark of a missing point, is not above 0 either
        return None
    return math.degrees(math.acos(min(1.0, abs(dx) / distance)))

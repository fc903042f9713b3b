"""The printed target: a magenta disc in a green ring, of one size.

Magenta and green are the two ends of the one axis of colour on which neither daylight nor lamps
move things, and on which skin lies in the middle; no cloth has one inside the other at this size by
chance. The size is printed, so a target also says how many pixels a millimetre has.
"""

from __future__ import annotations

# Radii in mm. Cut out along CUT_MM, a white rim tells the ring from whatever is behind it.
CORE_MM, RING_MM, CUT_MM = 6.6, 12.0, 13.0
CORE_SHARE, CUT_SHARE = CORE_MM / RING_MM, CUT_MM / RING_MM
# Inks as an office printer makes them, sRGB.
MAGENTA: tuple[int, int, int] = (200, 30, 110)
GREEN: tuple[int, int, int] = (20, 140, 70)
# A standing target is a tab folded off the skin at its rim: its centre is this far from the skin.
STANDING_MM = CUT_MM
# Smaller in the picture than this radius, disc and ring are one grey spot.
LEAST_RADIUS_PX = 2.8

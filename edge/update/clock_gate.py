"""Whether the clock may judge what has expired.

Expiry is the only defence against a server that repeats old metadata for ever, and it is as good
as the clock. A clock behind a time that was already trusted here makes expired metadata look
fresh, so it must not judge, synchronised or not: time servers can be forged.
The newest trusted time cannot lie far ahead and lock the station out: it is only taken after a
refresh in which unexpired metadata were seen, so it lies before their expiry.
"""

from __future__ import annotations

from edge.errors import UpdateDelayed
from edge.wire.clock import RELEASED_UTC_NS


def check_clock(utc_ns: int, newest_utc_ns: int) -> None:
    """Let a refresh pass, or not.

    Raises
    ------
    UpdateDelayed : clock_behind.
    """
    floor_ns = max(newest_utc_ns, RELEASED_UTC_NS)
    if utc_ns < floor_ns:
        raise UpdateDelayed(
            "clock_behind",
            f"the clock is {(floor_ns - utc_ns) / 1e9:.0f} s behind a time that was trusted here.",
            "Give the station a time server; models are updated once the clock is right.",
        )

"""A clock that does not believe every jump of its time service.

One moment in 2038 that a server told would else make all that follows look like the past, and so
unsynchronised, until 2038. A jump is believed once it has stood for ten minutes.
"""

from __future__ import annotations

from dataclasses import replace

from edge.wire import clock
from edge.wire.clock import Instant

STANDS_NS = 600 * 1_000_000_000
_SAME_NS = 60 * 1_000_000_000  # what a service corrects without a jump
# Ahead of all that was ever trusted here: a station may have lain on a shelf, but seldom so long.
_SHELF_NS = 366 * 86_400 * 1_000_000_000


class SteadyClock:
    """One process's view. An offset is UTC less the time since boot: it changes in jumps only."""

    def __init__(self) -> None:
        self._believed_ns: int | None = None
        self._jumped: tuple[int, int] | None = None  # offset, and since when of this boot

    def read(self, newest_utc_ns: int) -> Instant:
        """As `clock.read_clock`, but a jump is believed only once it has stayed, even one back
        behind `newest_utc_ns`."""
        instant = clock.read_clock(newest_utc_ns)
        if instant.utc_ns < clock.RELEASED_UTC_NS or not clock.is_disciplined():
            self._jumped = None
            return instant
        offset_ns = instant.utc_ns - instant.boottime_ns
        if not self._is_jump(instant, offset_ns, newest_utc_ns):
            self._believed_ns, self._jumped = offset_ns, None
            return replace(instant, state="synced")
        if self._jumped is None or abs(offset_ns - self._jumped[0]) > _SAME_NS:
            self._jumped = offset_ns, instant.boottime_ns
        if instant.boottime_ns - self._jumped[1] >= STANDS_NS:
            self._believed_ns, self._jumped = offset_ns, None
            return replace(instant, state="synced")
        return instant if instant.state == "unsynced" else replace(instant, state="estimated")

    def _is_jump(self, instant: Instant, offset_ns: int, newest_utc_ns: int) -> bool:
        if self._believed_ns is not None:
            return abs(offset_ns - self._believed_ns) > _SAME_NS
        behind = instant.state == "unsynced"
        return behind or (newest_utc_ns > 0 and instant.utc_ns - newest_utc_ns > _SHELF_NS)

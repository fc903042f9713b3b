"""What the station knows about the time.

A station without a battery-backed clock wakes in the past. A result therefore carries, beside UTC,
how far that UTC may be trusted, and a time that no correction moves: nanoseconds since this boot.
Once the clock is right, one `clock` event gives the pair (UTC, boot time) and the collector can
date every earlier result of the same boot: utc_sync - (boottime_sync - boottime_result).
"""

from __future__ import annotations

import ctypes
import functools
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

ClockState = Literal["synced", "estimated", "unsynced"]

# No honest clock of this product is earlier than its first release.
RELEASED_UTC_NS = int(datetime(2026, 1, 1, tzinfo=UTC).timestamp()) * 1_000_000_000

_TIMESYNCD_MARK = Path("/run/systemd/timesync/synchronized")
_TIME_ERROR = 5  # adjtimex(2): the kernel's clock is not synchronised


@dataclass(frozen=True, slots=True)
class Instant:
    """One reading of both clocks.

    utc_ns : wall clock, ns since 1970.
    state : synced (disciplined now), estimated (plausible), unsynced (known to be wrong).
    boot_id : random name of this boot.
    boottime_ns : CLOCK_BOOTTIME, ns since boot, counting through suspend.
    """

    utc_ns: int
    state: ClockState
    boot_id: str
    boottime_ns: int

    @property
    def utc(self) -> str:
        """RFC 3339, in UTC, to the millisecond."""
        seconds, rest_ns = divmod(self.utc_ns, 1_000_000_000)
        stamp = datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")
        return f"{stamp}.{rest_ns // 1_000_000:03d}Z"


def utc_ns_of(stamp: str) -> int:
    """Nanoseconds since 1970 of a text as `Instant.utc` writes it. ValueError for anything that is
    not RFC 3339 with a zone."""
    when = datetime.fromisoformat(stamp)
    if when.tzinfo is None:
        raise ValueError(f"{stamp} names no time zone")
    since = when - datetime(1970, 1, 1, tzinfo=UTC)
    return (since.days * 86_400 + since.seconds) * 1_000_000_000 + since.microseconds * 1_000


def read_clock(newest_utc_ns: int = 0) -> Instant:
    """Read both clocks.

    newest_utc_ns : the latest UTC that was ever trusted here; an earlier clock has lost time.
    """
    utc_ns = time.time_ns()
    if utc_ns < max(newest_utc_ns, RELEASED_UTC_NS):
        state: ClockState = "unsynced"
    else:
        state = "synced" if is_disciplined() else "estimated"
    return Instant(utc_ns, state, boot_id(), time.clock_gettime_ns(time.CLOCK_BOOTTIME))


@functools.cache
def boot_id() -> str:
    """The kernel's random name of this boot, 32 hex digits."""
    text = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii")
    return text.strip().replace("-", "")


def is_disciplined() -> bool:
    """Whether a time service holds the clock now: systemd-timesyncd's mark, or the kernel's word.

    The mark comes first: a service with ProtectClock=yes may not ask the kernel.
    """
    if _TIMESYNCD_MARK.exists():
        return True
    timex = ctypes.create_string_buffer(256)  # struct timex is 208 bytes; modes 0 only reads
    state: int = ctypes.CDLL(None, use_errno=True).adjtimex(timex)
    return 0 <= state < _TIME_ERROR

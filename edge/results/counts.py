"""What the outbox holds, in numbers."""

from __future__ import annotations

from dataclasses import dataclass

from edge.results.quarantine import set_aside_bytes
from edge.wire import clock
from edge.wire.database import Database


@dataclass(frozen=True, slots=True)
class Counts:
    """accepted counts this epoch; oldest_age_s is 0 when nothing waits.

    set_aside_bytes : bodies in quarantine, which are part of used_bytes.
    """

    epoch: str
    accepted: int
    waiting: int
    oldest_seq: int
    oldest_age_s: float
    quarantined: int
    dropped: int
    used_bytes: int
    limit_bytes: int
    set_aside_bytes: int


def counts_of(database: Database, limit_bytes: int) -> Counts:
    """Count what the outbox holds. Raises sqlite3.Error."""
    [(epoch, next_seq, quarantined, dropped)] = database.rows(
        "SELECT epoch, next_seq, quarantined, dropped FROM self"
    )
    oldest = database.rows(
        "SELECT seq, utc_ns, boot_id, boottime_ns FROM message ORDER BY seq LIMIT 1"
    )
    return Counts(
        epoch=epoch,
        accepted=next_seq - 1,
        waiting=int(database.rows("SELECT COUNT(*) FROM message")[0][0]),
        oldest_seq=oldest[0][0] if oldest else 0,
        oldest_age_s=_age_s(*oldest[0][1:]) if oldest else 0.0,
        quarantined=quarantined,
        dropped=dropped,
        used_bytes=database.used_bytes(),
        limit_bytes=limit_bytes,
        set_aside_bytes=set_aside_bytes(database.rows),
    )


def _age_s(utc_ns: int, boot_id: str, boottime_ns: int) -> float:
    """Seconds since a message was committed, by the clock that did not jump, where there is one."""
    instant = clock.read_clock()
    if boot_id == instant.boot_id:
        return max(0, instant.boottime_ns - boottime_ns) / 1e9
    return max(0, instant.utc_ns - utc_ns) / 1e9

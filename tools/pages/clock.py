"""Times of day as those who read the pages have them: in the zone that `serve` was told."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, tzinfo

from django.utils import timezone

_DAY_NS = 86_400_000_000_000
_FARTHEST_NS = 2**62  # both bodies of the store count some 146 years around 1970


def local(moment: str) -> datetime | None:
    """An ISO time in the zone of the pages; None for what is none. One without an offset is UTC."""
    try:
        at = datetime.fromisoformat(moment)
    except ValueError:
        return None
    return timezone.localtime(at if at.tzinfo is not None else at.replace(tzinfo=UTC))


def midnight_ns(day: date, zone: tzinfo, *, after: bool = False) -> int:
    """When a day begins in a zone, or when it has ended; ns since 1970."""
    if after and day < date.max:
        day += timedelta(days=1)
    offset = datetime.combine(day, time(), zone).utcoffset() or timedelta()
    ns = (day - date(1970, 1, 1)).days * _DAY_NS - offset // timedelta(microseconds=1) * 1000
    return max(-_FARTHEST_NS, min(ns, _FARTHEST_NS))

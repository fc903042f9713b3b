"""Months of UTC, as the store keeps bodies and measures by them."""

from __future__ import annotations

from datetime import UTC, datetime

Month = tuple[int, int]  # year, and 1 to 12


def shifted(month: Month, by: int) -> Month:
    """The month that lies `by` months later."""
    count = month[0] * 12 + month[1] - 1 + by
    return count // 12, count % 12 + 1


def bounds_ns(month: Month) -> tuple[int, int]:
    """First nanosecond since 1970, and the first of the next month."""
    first, end = (int(datetime(*m, 1, tzinfo=UTC).timestamp()) for m in (month, shifted(month, 1)))
    return first * 10**9, end * 10**9


def month_of(utc_ns: int) -> Month:
    """The month in which a time since 1970 lies."""
    when = datetime.fromtimestamp(utc_ns // 10**9, UTC)
    return when.year, when.month

"""Sets of sequence numbers as closed ranges: ((1, 5), (9, 9))."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable

Ranges = tuple[tuple[int, int], ...]


def compress(numbers: Iterable[int]) -> Ranges:
    """The fewest closed ranges that hold exactly these numbers, in order."""
    ranges: list[tuple[int, int]] = []
    for number in sorted(set(numbers)):
        if ranges and number == ranges[-1][1] + 1:
            ranges[-1] = (ranges[-1][0], number)
        else:
            ranges.append((number, number))
    return tuple(ranges)


def holds(ranges: Ranges, number: int) -> bool:
    """Whether one of the ranges holds the number."""
    return any(first <= number <= last for first, last in ranges)


def size(ranges: Ranges) -> int:
    """How many numbers the ranges hold, where they do not overlap."""
    return sum(last - first + 1 for first, last in ranges)


def told(ranges: Ranges) -> str:
    """Ranges as people write them: `1-5, 9`; `none` where there are none."""
    said = (str(first) if first == last else f"{first}-{last}" for first, last in ranges)
    return ", ".join(said) or "none"


def merge(ranges: Iterable[tuple[int, int]], alive: Iterable[int]) -> Ranges:
    """Join neighbouring ranges unless a number that is still alive lies between them.

    Keeps a gap record small: what was delivered between two dropped stretches may be spanned,
    because the collector has it; what still waits may not, for it is not lost.
    """
    waiting = sorted(alive)
    joined: list[tuple[int, int]] = []
    for first, last in sorted(ranges):
        if joined:
            after = bisect_right(waiting, joined[-1][1])
            if after == len(waiting) or waiting[after] >= first:
                joined[-1] = (joined[-1][0], max(last, joined[-1][1]))
                continue
        joined.append((first, last))
    return tuple(joined)

"""Sets of numbers as ranges, against Python's own sets."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from edge.wire.ranges import compress, holds, merge

Numbers = st.sets(st.integers(1, 60))


def expand(ranges: tuple[tuple[int, int], ...]) -> set[int]:
    return {number for first, last in ranges for number in range(first, last + 1)}


@given(Numbers)
def test_ranges_hold_exactly_the_numbers(numbers: set[int]) -> None:
    ranges = compress(numbers)
    assert expand(ranges) == numbers
    assert all(holds(ranges, number) == (number in numbers) for number in range(62))
    assert all(b[0] > a[1] + 1 for a, b in pairwise(ranges))


@given(Numbers, Numbers)
def test_merged_ranges_name_all_that_is_gone_and_nothing_alive(
    gone: set[int], others: set[int]
) -> None:
    alive = others - gone
    merged = merge(compress(gone), alive)
    assert gone <= expand(merged)
    assert not expand(merged) & alive
    assert len(merged) <= len(alive) + 1

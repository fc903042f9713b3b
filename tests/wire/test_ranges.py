"""Sets of numbers as ranges, against Python's own sets."""

from __future__ import annotations

import math
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from edge.wire.ranges import compress, holds, merge, size

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


def merged_slowly(ranges: list[tuple[int, int]], alive: set[int]) -> tuple[tuple[int, int], ...]:
    joined: list[tuple[int, int]] = []
    for first, last in sorted(ranges):
        if joined and not any(joined[-1][1] < number < first for number in alive):
            joined[-1] = (joined[-1][0], max(last, joined[-1][1]))
        else:
            joined.append((first, last))
    return tuple(joined)


Pairs = st.tuples(st.integers(1, 60), st.integers(0, 9)).map(lambda pair: (pair[0], sum(pair)))


@given(st.lists(Pairs), Numbers)
def test_merging_equals_its_slow_twin(ranges: list[tuple[int, int]], alive: set[int]) -> None:
    assert merge(ranges, alive) == merged_slowly(ranges, alive)


class Counted(int):
    """A number that counts how often it is compared."""

    compared = 0

    def __lt__(self, other: int) -> bool:
        Counted.compared += 1
        return int(self) < int(other)

    def __gt__(self, other: int) -> bool:
        Counted.compared += 1
        return int(self) > int(other)


def test_the_work_of_merging_grows_as_n_log_n() -> None:
    """Every second message of a full outbox was dropped: the worst case of the naive search."""
    count = 20_000
    alive = [Counted(2 * i + 1) for i in range(count)]
    Counted.compared = 0
    assert len(merge([(2 * i, 2 * i) for i in range(count)], alive)) == count
    assert Counted.compared < 4 * count * math.log2(count)


def test_how_many_numbers_ranges_hold() -> None:
    assert size(()) == 0
    assert size(((4, 4),)) == 1
    assert size(((1, 3), (7, 7), (10, 19))) == 14

"""How long to wait before trying again: the one back-off of station and collector."""

from __future__ import annotations

import random


class Backoff:
    """Doubles from `first_s` up to `most_s`, give or take a part, so that a hall of stations does
    not knock all at once when its broker comes back.

    jitter : that part; 0 where nobody else knocks.
    """

    def __init__(
        self, first_s: float, most_s: float, *, jitter: float = 0.25, seed: int | None = None
    ) -> None:
        self._first_s = first_s
        self._most_s = most_s
        self._jitter = jitter
        self._tries = 0
        self._random = random.Random(seed)  # noqa: S311

    def next_s(self) -> float:
        """The wait before the next try, s."""
        wait_s = delay_s(self._first_s, self._tries, self._most_s)
        self._tries += 1
        return wait_s * self._random.uniform(1.0 - self._jitter, 1.0 + self._jitter)

    def reset(self) -> None:
        """Called when a try has worked: the next wait is the first one again."""
        self._tries = 0


def delay_s(first_s: float, tries: int, most_s: float) -> float:
    """first, 2 first, 4 first, ... most."""
    return float(min(most_s, first_s * 2.0 ** min(tries, 32)))

"""Which message makes the broker hang up.

A broker that takes no large packets, and has no words for that (MQTT 3.1.1), ends the connection.
Who makes it do so must be found, and stand in nobody's way.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass, field

PAUSE_S = 300.0
_MOST = 3


@dataclass(slots=True)
class HangUps:
    """Suspects over all connections of one uplink.

    suspects : the broker had not taken these when a connection ended; until it has, one message
    goes at a time. counts : how often a connection ended with this one alone under way.
    """

    suspects: set[int] = field(default_factory=set)
    counts: Counter[int] = field(default_factory=Counter)

    def ended(self, untaken: Collection[int]) -> None:
        """A connection ended by itself, with these under way."""
        self.suspects = set(untaken)
        if len(self.suspects) == 1:
            self.counts.update(self.suspects)

    def keep(self, waits: Callable[[int], bool]) -> None:
        """A message that waits no more is no suspect any more."""
        self.suspects = set(filter(waits, self.suspects))

    def taken(self, seq: int) -> None:
        """The broker has taken the message, so it is no suspect."""
        del self.counts[seq]
        self.suspects.discard(seq)

    def must_wait(self, seq: int) -> bool:
        """Whether it has ended too many connections; after PAUSE_S it gets one more try."""
        if self.counts[seq] < _MOST:
            return False
        self.counts[seq] -= 1
        self.suspects.discard(seq)
        return True

    def forget(self) -> None:
        """Forget all suspects: the numbers mean other messages now."""
        self.suspects.clear()
        self.counts.clear()

"""Which messages are under way, and which must be sent again.

A message is under way from its publication until a receipt names it. At most `size` are; the
outbox is the queue, never the client library. Pure: time comes in as an argument.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from edge.mqtt.backoff import delay_s

RESEND_AT_MOST_S = 300.0


@dataclass(slots=True)
class Flight:
    """One message under way on this connection.

    due_s : when to send it again; infinite until the broker has acknowledged it, for until then
    the connection itself either delivers it or breaks.
    aside : it has had its chance while others were receipted, and holds no place any more.
    """

    first_s: float
    sent_s: float
    tries: int = 1
    due_s: float = math.inf
    aside: bool = False


class Window:
    """The flights of one connection."""

    def __init__(self, size: int, resend_s: float) -> None:
        self._size = size
        self._resend_s = resend_s
        self._receipt_s = -math.inf
        self.flights: dict[int, Flight] = {}

    @property
    def free(self) -> int:
        return max(0, self._size - sum(not flight.aside for flight in self.flights.values()))

    def sent(self, seq: int, now_s: float) -> None:
        """Published for the first time, or again."""
        flight = self.flights.get(seq)
        if flight is None:
            self.flights[seq] = Flight(now_s, now_s)
        else:
            flight.sent_s, flight.due_s = now_s, math.inf
            flight.tries += 1

    def acknowledged(self, seq: int, now_s: float) -> None:
        """The broker has it in memory. That proves nothing; the receipt's clock starts."""
        if flight := self.flights.get(seq):
            flight.due_s = now_s + delay_s(self._resend_s, flight.tries - 1, RESEND_AT_MOST_S)

    def hold(self, seq: int) -> None:
        """The broker will never take it on this connection: let the others pass."""
        flight = self.flights.setdefault(seq, Flight(-math.inf, -math.inf))
        flight.due_s, flight.aside = math.inf, True

    def settled(self, seqs: tuple[int, ...], now_s: float) -> None:
        """Take out the messages that a receipt named."""
        if seqs:
            self._receipt_s = now_s
        for seq in seqs:
            self.flights.pop(seq, None)

    def restart(self, now_s: float) -> None:
        """The collector came back: it may have lost what was under way, so all of it goes again."""
        for flight in self.flights.values():
            flight.first_s, flight.tries = now_s, 0
            if not math.isinf(flight.due_s):
                flight.due_s = now_s

    def forget(self, seq: int) -> None:
        """Forget a message that no longer waits: it was erased, or dropped at the limit."""
        self.flights.pop(seq, None)

    def overdue(self, now_s: float) -> list[int]:
        """What to send again now.

        A message that stays without a receipt while others get theirs steps aside, so that one
        the collector cannot read never blocks the queue. While nobody gets a receipt nothing
        steps aside: a dead collector must not draw the whole outbox into the broker's memory.
        """
        late = [seq for seq, flight in self.flights.items() if flight.due_s <= now_s]
        for seq in late:
            flight = self.flights[seq]
            flight.aside = flight.aside or self._receipt_s > flight.sent_s
        return sorted(late)

    def unanswered_s(self, now_s: float) -> float:
        """How long something has been waiting for a receipt while none came; 0 if nothing is."""
        waiting = [flight.first_s for flight in self.flights.values() if not flight.aside]
        return now_s - max(self._receipt_s, min(waiting)) if waiting else 0.0

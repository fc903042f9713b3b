"""Which messages go now, on one connection, and what the broker says to each.

The window counts what is under way, the outbox is the queue. Nothing is deleted here: only a
receipt does that (session.py).
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator

from edge.mqtt.connection import Connection, packet_bytes
from edge.mqtt.events import Acknowledged
from edge.results.intact import Pending
from edge.results.outbox import Outbox
from edge.uplink.hang_ups import PAUSE_S, HangUps
from edge.uplink.window import Window
from edge.wire.topics import Topics

log = logging.getLogger(__name__)

_LIVE_EVERY = 4  # each fourth message is the newest: today's do not wait behind a backlog

# Reason codes of a negative PUBACK (MQTT 5, table 2-6)
_NOT_AUTHORIZED = 0x87
_NEVER_ON_THIS_CONNECTION = (0x90, 0x95, 0x99)  # topic invalid, too large, payload invalid
_REFUSED_PAUSE_S = 30.0


class Sending:
    """The outbox's way out on one connection.

    hang_ups : of all connections. window, resend_s : as in the settings.
    on_trouble : told what keeps a message back.
    """

    def __init__(
        self,
        connection: Connection,
        outbox: Outbox,
        topics: Topics,
        hang_ups: HangUps,
        *,
        window: int,
        resend_s: float,
        on_trouble: Callable[[str], None],
    ) -> None:
        self._connection = connection
        self._outbox = outbox
        self._topics = topics
        self._hang_ups = hang_ups
        self._hang_ups.keep(lambda seq: outbox.waiting(seq) is not None)
        self._resend_s = resend_s
        self._on_trouble = on_trouble
        self._size = min(window, connection.receive_maximum)
        self._window = Window(self._size, resend_s)
        self._seq_of_mid: dict[int, int] = {}
        self._cursor = 0
        self._turns = 0
        self._tried = 0  # number of the message that was tried last
        self._paused_until_s = 0.0

    def is_paused(self, now_s: float) -> bool:
        """The broker takes nothing of this station for a while."""
        return now_s < self._paused_until_s

    def unanswered_s(self, now_s: float) -> float:
        """How long something has been waiting for a receipt while none came."""
        return self._window.unanswered_s(now_s)

    def settled(self, seqs: tuple[int, ...], now_s: float) -> None:
        """Note the messages that a receipt named."""
        self._window.settled(seqs, now_s)

    def restart(self, now_s: float) -> None:
        """The collector came back: what was under way goes again."""
        self._window.restart(now_s)

    def rewind(self) -> None:
        """Look at old numbers too, for they may be in line again."""
        self._cursor = 0

    def begin_epoch(self) -> None:
        """What still waits has other numbers now."""
        self._window = Window(self._size, self._resend_s)
        self._seq_of_mid.clear()
        self._hang_ups.forget()
        self._cursor = self._tried = 0

    def broke(self) -> None:
        """The connection ended by itself."""
        self._hang_ups.ended(self._seq_of_mid.values())

    def try_one(self) -> None:
        """Send one message to a collector that seems away, another one each time: the first in line
        may be one that nobody answers."""
        for _ in range(self._size):
            page = self._outbox.pending(1, after=self._tried) or self._outbox.pending(1)
            if not page:
                return
            self._tried = page[0].seq
            if self._send(page[0]):
                return

    def send_what_is_due(self, now_s: float) -> None:
        """Send what must go again, then what the window has room for."""
        for seq in self._window.overdue(now_s):
            waiting = self._outbox.waiting(seq)
            if waiting is None:  # erased or dropped meanwhile
                self._window.forget(seq)
            else:
                self._send(waiting)
        free = self._window.free
        if self._hang_ups.suspects:
            free = int(free == self._size)
        for message in self._next(free):
            self._send(message)

    def acknowledged(self, event: Acknowledged) -> None:
        """Take in the broker's answer to one publication."""
        seq = self._seq_of_mid.pop(event.mid, None)
        if seq is None:  # state, birth or an answer
            return
        self._hang_ups.taken(seq)
        now_s = time.monotonic()
        if event.refusal in _NEVER_ON_THIS_CONNECTION:
            self._window.hold(seq)
        else:
            self._window.acknowledged(seq, now_s)
        if event.refusal == _NOT_AUTHORIZED:
            self._paused_until_s = now_s + _REFUSED_PAUSE_S
        if event.refusal:
            self._on_trouble(f"the broker refused message {seq}: {event.reason}; it is kept")

    def _next(self, count: int) -> Iterator[Pending]:
        """Up to count messages that are not under way: oldest first, each fourth the newest."""
        for _ in range(count):
            self._turns += 1
            message = self._newest() if self._turns % _LIVE_EVERY == 0 else None
            message = message or self._oldest()
            if message is None:
                return
            yield message

    def _newest(self) -> Pending | None:
        for message in self._outbox.pending(1, newest_first=True):
            if message.seq not in self._window.flights:
                return message
        return None

    def _oldest(self) -> Pending | None:
        while page := self._outbox.pending(1, after=self._cursor):
            self._cursor = page[0].seq
            if page[0].seq not in self._window.flights:
                return page[0]
        return None

    def _send(self, message: Pending) -> bool:
        """Publish a message that is still what was committed; set aside one that is not. Whether it
        is under way."""
        if problem := message.damage:
            log.error("message %d is damaged and set aside: %s", message.seq, problem)
            self._outbox.set_aside(message.seq, problem)
            self._window.forget(message.seq)
            return False
        if not self._outbox.is_sealed(message):
            if message.seal:
                self._outbox.unseal(message.seq)
            self._window.hold(message.seq)  # until the key's holder has sealed it
            self._window.flights[message.seq].due_s = time.monotonic() + self._resend_s
            return False
        topic = self._topics.message(message.channel)
        size = packet_bytes(topic, message.payload)
        if self._hang_ups.must_wait(message.seq):
            self._window.hold(message.seq)
            self._window.flights[message.seq].due_s = time.monotonic() + PAUSE_S
            self._on_trouble(
                f"the broker hangs up on message {message.seq} of {size} bytes, which waits:"
                " does it take packets of that size?"
            )
            return False
        if size > self._connection.packet_limit_bytes:
            self._window.hold(message.seq)
            self._on_trouble(
                f"the broker takes packets of {self._connection.packet_limit_bytes} bytes at most;"
                f" message {message.seq} of {size} waits until max_packet_size is raised"
            )
            return False
        self._window.sent(message.seq, time.monotonic())
        mid = self._connection.publish(topic, message.payload)
        self._seq_of_mid[mid] = message.seq
        return True

"""Many stations over one connection: send, wait for receipts, send again, go away, come back."""

from __future__ import annotations

import secrets
import threading
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from posture_tools.load.simulated import Message, SimulatedStation

from edge.errors import BrokerUnreachable, MessageRefused
from edge.mqtt.backoff import Backoff
from edge.mqtt.connection import Connection, open_best
from edge.mqtt.events import Arrived
from edge.mqtt.settings import MqttSettings
from edge.wire.codec import decode
from edge.wire.receipt import Receipt
from edge.wire.seal import unpack

_WINDOW = 8  # of a station: so many of its results wait for receipts at most
_FIRST_RESEND_S, _LAST_RESEND_S = 5.0, 60.0
_LOOK_EVERY_S = 0.5  # for what is to be sent again
_QUIET_S = 3.0
_SUBSCRIBE_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class Plan:
    """What each station does. malice : false messages for each honest one. outage_s : in the
    middle, away from the broker. patience_s : for the last receipt. prepared : all bodies are made
    and signed before the clock starts, and each station has had one receipt, so that neither the
    sender's own work is measured nor how keys become known."""

    each: int
    rate_hz: float
    malice: float
    outage_s: float
    patience_s: float
    prepared: bool = False


@dataclass(slots=True)
class Tally:
    """What one sender counted. delays_s : from the first sending to the receipt."""

    sent: int = 0
    again: int = 0
    false: int = 0
    rejected: int = 0
    bytes: int = 0
    delays_s: list[float] = field(default_factory=list)
    unanswered: int = 0
    wrongly: int = 0  # receipts that name what nobody honest sent


class Sender(threading.Thread):
    """One connection of one broker. start : passed by all senders together."""

    def __init__(
        self,
        mqtt: MqttSettings,
        stations: Sequence[SimulatedStation],
        plan: Plan,
        start: threading.Barrier,
    ) -> None:
        super().__init__()
        self.tally = Tally()
        self.problem = ""
        self._mqtt, self._stations, self._plan = mqtt, stations, plan
        self._backoff = Backoff(0.5, 10.0)
        self._waiting: dict[tuple[str, int], tuple[Message, float, float, float]] = {}
        self._false: set[str] = set()
        self._ready: deque[Message] = deque()
        self._start = start
        self.began_s = self._look_s = 0.0

    def run(self) -> None:
        """Send and wait until all is answered, or patience ends."""
        every = [each for _ in range(self._plan.each) for each in self._stations]
        due = deque(every)
        self.began_s = time.monotonic()
        if self._plan.prepared:
            now_s = time.time()
            self._ready.extend(station.next(now_s) for station in [*self._stations, *every])
            due = deque(self._stations)  # one each, until every key is known
        warms = self._plan.prepared
        total, outage_s = len(every), self._plan.outage_s
        quiet_since_s = time.monotonic()
        while due or self._waiting or warms:
            try:
                connection = self._connect()
                try:
                    while due or self._waiting or warms:
                        if warms and not (due or self._waiting):
                            warms = False
                            due.extend(every)
                            self.tally = Tally()
                            self._start.wait()
                            self.began_s = quiet_since_s = time.monotonic()
                        if outage_s and len(due) <= total // 2:
                            connection.drop()
                            time.sleep(outage_s)
                            outage_s = 0.0
                            break
                        if self._turn(connection, due):
                            quiet_since_s = time.monotonic()
                        if time.monotonic() - quiet_since_s > self._plan.patience_s:
                            self.tally.unanswered = len(self._waiting) + len(due)
                            self._start.abort()
                            return
                    connection.close()
                finally:
                    connection.drop()
            except BrokerUnreachable as problem:
                if time.monotonic() - quiet_since_s > self._plan.patience_s:
                    self._start.abort()
                    self.problem = str(problem)
                    self.tally.unanswered = len(self._waiting) + len(due)
                    return
                time.sleep(self._backoff.next_s())
            except Exception as problem:  # noqa: BLE001  told at the end
                self._start.abort()
                self.problem = str(problem)
                self.tally.unanswered = len(self._waiting) + len(due)
                return

    def _connect(self) -> Connection:
        connection = open_best(self._mqtt, f"load-{secrets.token_hex(6)}")
        topics = [each.topics.receipt for each in self._stations]
        for first in range(0, len(topics), _SUBSCRIBE_AT_ONCE):
            connection.subscribe(*topics[first : first + _SUBSCRIBE_AT_ONCE])
        for each in self._stations:
            connection.publish(each.topics.enrol, each.enrolment(), retain=True)
        deadline_s = time.monotonic() + _QUIET_S  # keys are known before the first result
        while time.monotonic() < deadline_s and not self._waiting:
            connection.poll(0.1)
        now_s = time.monotonic()
        for key, (message, first_s, _, resend_s) in self._waiting.items():
            self._waiting[key] = (message, first_s, now_s, resend_s)  # what was lost on the way
        self._backoff.reset()
        return connection

    def _turn(self, connection: Connection, due: deque[SimulatedStation]) -> bool:
        """Send what may be sent, hear what came; whether a receipt was among it."""
        pace_s = 1 / self._plan.rate_hz if self._plan.rate_hz else 0.0
        while due and len(self._waiting) < _WINDOW * len(self._stations):
            station = due.popleft()
            message = self._ready.popleft() if self._ready else station.next(time.time())
            now_s = time.monotonic()
            self._waiting[message.station, message.seq] = (
                message, now_s, now_s + _FIRST_RESEND_S, _FIRST_RESEND_S,
            )  # fmt: skip
            connection.publish(message.topic, message.payload)
            self.tally.sent += 1
            self.tally.bytes += len(message.payload)
            if secrets.randbelow(1000) < self._plan.malice * 1000:
                false = station.malice(message)
                self._false.add(false.sha256)
                connection.publish(false.topic, false.payload)
                self.tally.false += 1
            if pace_s:
                time.sleep(pace_s)
                break
        heard = False
        for event in connection.poll(0.05):
            if isinstance(event, Arrived):
                heard |= self._hear(event)
        now_s = time.monotonic()
        if now_s < self._look_s:
            return heard
        self._look_s = now_s + _LOOK_EVERY_S
        for key, (message, first_s, next_s, resend_s) in list(self._waiting.items()):
            if now_s >= next_s:
                connection.publish(message.topic, message.payload)
                self.tally.again += 1
                later_s = min(2 * resend_s, _LAST_RESEND_S)
                self._waiting[key] = (message, first_s, now_s + later_s, later_s)
        return heard

    def _hear(self, event: Arrived) -> bool:
        try:
            receipt = decode(unpack(event.body).body, Receipt)
        except MessageRefused:
            return False
        now_s = time.monotonic()
        for seq, sha256 in receipt.settled:
            known = self._waiting.get((receipt.station, seq))
            self.tally.wrongly += sha256 in self._false
            if known is not None and known[0].sha256 == sha256:
                del self._waiting[receipt.station, seq]
                self.tally.delays_s.append(now_s - known[1])
        self.tally.rejected += len(receipt.reject)
        return bool(receipt.settled)

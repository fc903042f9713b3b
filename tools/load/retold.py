"""A station whose past is told again: its assessments and events as if it sent them when they say.

Signed and chained as by a real one, so a collector cannot tell them apart; what they were made of
is said by their origin.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from posture_tools.load.simulated import Message

from edge import __version__
from edge.errors import MessageRefused
from edge.mqtt.connection import Connection, open_best
from edge.mqtt.events import Arrived, Will
from edge.mqtt.settings import MqttSettings
from edge.records import Assessment, Origin
from edge.results import compose
from edge.wire.clock import Instant
from edge.wire.codec import decode, encode
from edge.wire.enrol import enrolment
from edge.wire.envelope import GENESIS, Time, identity
from edge.wire.event import EventKind
from edge.wire.keys import Signer
from edge.wire.presence import Health, State
from edge.wire.receipt import Receipt
from edge.wire.result import Consent
from edge.wire.seal import digest, pack, seal_of, unpack
from edge.wire.topics import Topics

_RESEND_S = 3.0
_HEALTH_S = 30.0
_QUIET_S = 6.0
_NS = 1_000_000_000


@dataclass(slots=True)
class Past:
    """The messages of one station, in the order in which they are told."""

    topics: Topics
    signer: Signer
    epoch: str
    boot_id: str
    messages: list[Message]
    origin: Origin = "unknown"  # of the newest result

    @classmethod
    def of(cls, site: str, station: str) -> Past:
        return cls(
            Topics(site, station), Signer.new(), secrets.token_hex(12), secrets.token_hex(8), []
        )

    def result(self, at: datetime, assessment: Assessment, consent: Consent | None = None) -> None:
        """Add a result that was screened at this time."""
        envelope = self._envelope(at)
        body = compose.body_of(compose.result(envelope, assessment, consent, "0" * 64))
        self._add(f"result/{assessment.kind}", body)
        self.origin = assessment.origin

    def consent(self, at: datetime, session: str, version: str, **told: Any) -> Consent:
        """Add a consent event. told : its `code`, `by` and `inputs`."""
        seq = self.event(at, "consent", {"session": session, "version": version, **told})
        return Consent(seq, version)

    def event(self, at: datetime, kind: EventKind, data: dict[str, Any]) -> int:
        """Add an event that happened then; returns its sequence number."""
        self._add(f"event/{kind}", compose.body_of(compose.event(self._envelope(at), kind, data)))
        return len(self.messages)

    def _envelope(self, at: datetime) -> dict[str, Any]:
        seq, station = len(self.messages) + 1, self.topics.station
        utc = Instant(int(at.timestamp() * _NS), "synced", "", 0).utc
        return {
            "id": identity(station, self.epoch, seq), "station": station,
            "site": self.topics.site, "epoch": self.epoch, "seq": seq,
            "t": Time(utc, "synced", self.boot_id, seq * _NS),
            "prev_sha256": self.messages[-1].sha256 if self.messages else GENESIS,
        }  # fmt: skip

    def _add(self, channel: str, body: bytes) -> None:
        seq, topic = len(self.messages) + 1, self.topics.message(channel)
        name = identity(self.topics.station, self.epoch, seq)
        seal = seal_of("message", topic, body, name=name, signer=self.signer)
        self.messages.append(
            Message(topic, pack(body, seal), self.topics.station, seq, digest(body))
        )


def tell(
    past: Past,
    mqtt: MqttSettings,
    stop: threading.Event,
    on_told: Callable[[int], None],
    *,
    then_silent: bool,
) -> None:
    """Send everything until each message has its receipt.

    on_told : called once with how many have one: all of them, but for an early `stop`.
    then_silent : go without a word, as at a power cut, so that the broker publishes the will.
    Otherwise the station stays, and says so, until `stop`.

    Raises
    ------
    BrokerUnreachable : the broker went away.
    """
    gone = encode(State(False, past.boot_id, "retold", past.epoch, 0, len(past.messages)))
    will = Will(past.topics.state, gone)
    connection = open_best(mqtt, f"retold-{past.topics.station}", will=will)
    connection.subscribe(past.topics.receipt)
    enrolled = enrolment(past.signer, past.topics.site, past.topics.station)
    connection.publish(past.topics.enrol, enrolled, retain=True)
    waiting = {message.seq: message for message in past.messages}
    _say(past, connection, len(waiting))
    next_s = time.monotonic() + 1.0  # the key is known before the first result
    while waiting and not stop.is_set():
        if time.monotonic() >= next_s:
            for message in waiting.values():
                connection.publish(message.topic, message.payload)
            next_s = time.monotonic() + _RESEND_S
        _hear(connection, waiting)
    on_told(len(past.messages) - len(waiting))
    if then_silent:
        until_s = time.monotonic() + _QUIET_S  # a collector notes the last health after some time
        while time.monotonic() < until_s and not stop.is_set():
            connection.poll(0.2)
        connection.drop()
        return
    _say(past, connection, len(waiting))
    said_s = time.monotonic()
    while not stop.is_set():
        connection.poll(0.2)
        if time.monotonic() - said_s > _HEALTH_S:
            _say(past, connection, 0)
            said_s = time.monotonic()
    connection.close()


def _say(past: Past, connection: Connection, waiting: int) -> None:
    now = Instant(time.time_ns(), "synced", past.boot_id, time.monotonic_ns())
    state = State(True, past.boot_id, "retold", past.epoch, 0, len(past.messages))
    health = Health(
        t=Time.of(now), accepted=len(past.messages), waiting=waiting, waiting_bytes=0,
        oldest_age_s=0.0, quarantined=0, dropped=0, problem="",
        vitals={"engine": "runs", "software": __version__, "camera": "mannequin:",
                "origin": past.origin},
    )  # fmt: skip
    connection.publish(past.topics.state, encode(state), retain=True)
    connection.publish(past.topics.health, encode(health))


def _hear(connection: Connection, waiting: dict[int, Message]) -> None:
    for event in connection.poll(0.05):
        if not isinstance(event, Arrived):
            continue
        try:
            receipt = decode(unpack(event.body).body, Receipt)
        except MessageRefused:
            continue
        for seq, sha256 in receipt.settled:
            if seq in waiting and waiting[seq].sha256 == sha256:
                del waiting[seq]

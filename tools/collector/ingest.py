"""MQTT to store to receipts: commit, then the receipt, then the acknowledgement to the broker.

A collector that dies anywhere in between leaves messages unacknowledged or receipts unsent; the
stations send again, and the store knows what it has.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections.abc import Callable

from posture_tools.collector.intake import Bad, Good, Incoming, examine
from posture_tools.collector.store import Outcome, Store

from edge.errors import MessageRefused, PostureError
from edge.mqtt.backoff import Backoff
from edge.mqtt.connection import Connection, open_best
from edge.mqtt.events import Acknowledged, Arrived, Will
from edge.mqtt.settings import MqttSettings
from edge.wire.messages import CollectorState, Desired, State, decode, encode
from edge.wire.topics import COLLECTOR, Topics, parse

log = logging.getLogger(__name__)

_IDLE_S = 0.2


class Collector:
    """Takes in one site's results.

    on_batch : told of each committed batch. on_problem : told once of each new problem.
    on_ready : called whenever a subscription stands.
    """

    def __init__(
        self,
        mqtt: MqttSettings,
        store: Store,
        site: str,
        *,
        on_batch: Callable[[Outcome], None] = lambda _: None,
        on_problem: Callable[[str], None] = log.error,
        on_ready: Callable[[], None] = lambda: None,
    ) -> None:
        self._mqtt = mqtt
        self._store = store
        self._site = site
        self._topics = Topics(site, "+")
        self._on_batch = on_batch
        self._on_problem = on_problem
        self._on_ready = on_ready

    def run(self, stop: threading.Event) -> None:
        """Connect and serve until `stop`; a broker that goes away or refuses is tried again."""
        backoff = Backoff(0.5, 30.0)
        told = ""
        while not stop.is_set():
            try:
                self._serve(backoff, stop)
            except (PostureError, sqlite3.Error) as problem:
                text = str(problem)
                if isinstance(problem, sqlite3.Error):  # not committed: not acknowledged, not lost
                    text = f"The store cannot be written: {problem}. Free space or mend its rights."
                if text != told:
                    self._on_problem(text)
                told = text
                stop.wait(backoff.next_s())

    def _serve(self, backoff: Backoff, stop: threading.Event) -> None:
        connection = open_best(
            self._mqtt,
            f"collector-{self._site}",
            will=Will(self._topics.collector_state, encode(CollectorState(False))),
            acks=True,
        )
        try:
            connection.subscribe(
                self._topics.message("result/#"),
                self._topics.message("event/#"),
                self._topics.state,
                self._topics.birth,
                self._topics.health,
                self._topics.desired,
                self._topics.collector_state,
            )
            self._announce(connection, online=True)
            self._on_ready()
            while not stop.is_set():
                if self._take_in(connection, connection.poll(_IDLE_S)):
                    backoff.reset()
            self._announce(connection, online=False)
            connection.close()
        finally:
            connection.drop()

    def _announce(self, connection: Connection, *, online: bool) -> None:
        connection.publish(
            self._topics.collector_state, encode(CollectorState(online)), retain=True
        )

    def _take_in(self, connection: Connection, events: list[Arrived | Acknowledged]) -> bool:
        arrived = [event for event in events if isinstance(event, Arrived)]
        batch: list[Good | Bad] = []
        for message in arrived:
            try:
                item = self._read(connection, message)
            except MessageRefused as problem:
                log.warning("%s: %s", message.topic, problem)
            else:
                if item is not None:
                    batch.append(item)
        if batch:
            outcome = self._store.ingest(batch)
            for site, station, receipt in outcome.receipts:
                connection.publish(Topics(site, station).receipt, encode(receipt))
            self._on_batch(outcome)
        for message in arrived:
            if message.qos:
                connection.acknowledge(message)
        return bool(batch)

    def _read(self, connection: Connection, message: Arrived) -> Good | Bad | None:
        """A result or event to store; states, births and health are noted at once."""
        address = parse(message.topic)
        if address.station == COLLECTOR:
            if not decode(message.body, CollectorState).online:
                self._announce(
                    connection, online=True
                )  # the will of our own earlier life came late
            return None
        if address.channel == "state":
            online = decode(message.body, State).online
            self._store.note(address.site, address.station, "state", message.body, online)
            return None
        if address.channel == "birth":
            self._store.note(address.site, address.station, "birth", message.body)
            return None
        if address.channel == "desired":
            decode(message.body, Desired)
            self._store.note(address.site, address.station, "desired", message.body)
            return None
        if address.channel == "health":
            self._store.note(address.site, address.station, "health", message.body, online=True)
            return None
        return examine(Incoming(message.topic, message.body, message.user_properties))

"""MQTT to store to receipts: commit, then the receipt, then the acknowledgement to the broker.

While one batch is being committed the next is read and checked.

A collector that dies anywhere in between leaves messages unacknowledged or receipts unsent; the
stations send again, and the store knows what it has.
"""

from __future__ import annotations

import logging
import secrets
import threading
import time
from collections.abc import Callable

from posture_tools.collector.committer import Batch, Committer
from posture_tools.collector.erasure_sending import ErasureSending
from posture_tools.collector.home_assistant import announcements
from posture_tools.collector.intake import Bad, Good, Incoming, examine
from posture_tools.collector.judging import Judge
from posture_tools.collector.last_health import LastHealth
from posture_tools.collector.store import Life, Note, Outcome, Store
from posture_tools.collector.worker_key import GrantedKey, plain_payload

from edge.errors import MessageRefused, PostureError
from edge.mqtt.backoff import Backoff
from edge.mqtt.connection import MQTT5_AGAIN_S, Connection, open_best
from edge.mqtt.events import Arrived, Will
from edge.mqtt.oddities import Oddities
from edge.mqtt.settings import MqttSettings
from edge.shown import shown
from edge.wire.codec import decode, encode
from edge.wire.commands import Desired
from edge.wire.presence import Birth, CollectorState, Health, State
from edge.wire.receipt import OldReceipt, Receipt
from edge.wire.seal import unpack
from edge.wire.topics import COLLECTOR, OLD_ROOT, Topics, parse

log = logging.getLogger(__name__)

_SAID, _MOST_KEYS_TOLD = 500, 1000  # characters of one line of the log; such lines
_IDLE_S, _GLANCE_S = 0.2, 0.01  # with nothing under way, and during a commit
_GROUP = "$share/posture-collectors/"
_HEALTH_EVERY_S = 5.0  # by each of the workers that share a broker
_LEAD_EVERY_S = 5.0
ANNOUNCE_EVERY_S = 60.0
# Messages in memory, half of them in a transaction: 70 MB beside the program's own.
IN_FLIGHT = 2_000


class Collector:
    """Takes in one site's results. No message ends it, whatever it holds.

    Its broker comes and goes in one line of the log each, and so does a key that a station shows.

    key : signs the receipts; without one, only stations at a desk believe them.
    shares : other workers take in from this broker too: each result goes to one of them. Where the
        broker cannot share (MQTT 3.1.1), one worker serves it and the others wait.
    home_assistant : tell it of each station that is heard.
    in_flight : so many messages at most are in memory. Half of them are one transaction.
    on_batch : told of each committed batch. on_problem : told of each failure that is new.
    on_ready : called whenever a subscription stands; on_away : when it stands no more.
    on_health : told what each station says of itself.
    """

    def __init__(
        self,
        mqtt: MqttSettings,
        store: Store,
        site: str,
        *,
        key: GrantedKey | None = None,
        shares: bool = False,
        home_assistant: bool = False,
        in_flight: int = IN_FLIGHT,
        on_batch: Callable[[Outcome], None] = lambda _: None,
        on_problem: Callable[[str], None] = lambda _: None,
        on_ready: Callable[[], None] = lambda: None,
        on_away: Callable[[], None] = lambda: None,
        on_health: Callable[[str, str, Health], None] = lambda *_: None,
    ) -> None:
        self._mqtt = mqtt
        self._store = store
        self._site = site
        self._key = key
        self._shares = shares
        self._home_assistant = home_assistant
        self._in_flight = in_flight
        self._shown: set[str] = set()
        self._keys_told: set[str] = set()
        self._health = LastHealth(store)
        self._old = False
        # One name for two collectors, and each would throw the other off for ever.
        self._instance = secrets.token_hex(8)
        self._announced_s = 0.0
        self._topics = Topics(site, "+")
        self._on_batch = on_batch
        self._on_problem = on_problem
        self._on_ready = on_ready
        self._on_away = on_away
        self._on_health = on_health
        self._oddities = Oddities()
        self._judge = Judge(store)
        self._erasures = ErasureSending(store, site)

    def run(self, stop: threading.Event) -> None:
        """Connect and serve until `stop`; a broker that goes away or refuses is tried again."""
        backoff = Backoff(0.5, 30.0)
        told = ""
        while not stop.is_set():
            try:
                self._serve(backoff, stop)
            except Exception as problem:
                text = str(problem)
                if not isinstance(problem, PostureError):
                    text = f"The collector failed and connects again: {text}"
                if text != told:
                    known = isinstance(problem, PostureError)
                    log.warning(
                        "broker %s: %s", self._mqtt.address, shown(text)[:_SAID],
                        exc_info=None if known else problem,
                    )  # fmt: skip
                    self._on_problem(text)
                told = text
                self._on_away()
                stop.wait(backoff.next_s())

    def _serve(self, backoff: Backoff, stop: threading.Event) -> None:
        connection = open_best(
            self._mqtt,
            f"collector-{self._site}-{self._instance}",
            will=Will(self._topics.collector_state, encode(CollectorState(False, self._instance))),
            acks=self._in_flight,
        )
        committer = Committer(self._store)
        try:
            self._shown.clear()
            self._keys_told.clear()
            self._old = self._store.has_unsigned(self._site)
            if not self._may_serve(connection):
                connection.close()
                stop.wait(_LEAD_EVERY_S)
                return
            for topics in self._trees:
                connection.subscribe(*self._subscriptions(connection, topics))
            self._announce(connection, online=True)
            log.info("broker %s: connected with MQTT %s", self._mqtt.address, connection.version)
            self._on_ready()
            while not stop.is_set():
                batch = self._take_in(connection, committer)
                before = committer.wait()
                if batch.items:
                    committer.begin(batch)
                if before is not None:
                    self._settle(connection, before)
                    backoff.reset()
                if not batch.items:
                    self._acknowledge(connection, batch)
                self._health.write(every_s=_HEALTH_EVERY_S if self._shares else 0.0)
                self._erasures.send(connection)
                if time.monotonic() - self._announced_s >= ANNOUNCE_EVERY_S:
                    self._announce(connection, online=True)
                if connection.version != "5" and connection.age_s >= MQTT5_AGAIN_S:
                    break  # an answer that came late once must not cost commands for good
            if (last := committer.wait()) is not None:
                self._settle(connection, last)
            self._health.write(every_s=0.0)
            if stop.is_set():
                self._announce(connection, online=False)
            connection.close()
        finally:
            committer.close()
            connection.drop()

    def _may_serve(self, connection: Connection) -> bool:
        """Whether this worker may serve the broker: not where workers cannot share and another one
        serves it."""
        if not self._shares or connection.version == "5":
            return True
        return self._store.lead(f"{self._mqtt.address}/{self._site}")

    def _subscriptions(self, connection: Connection, topics: Topics) -> list[str]:
        """What a broker retains it sends to no group: that every worker hears itself."""
        group = _GROUP if self._shares and connection.version == "5" else ""
        taken = (topics.message("result/#"), topics.message("event/#"), topics.health)
        heard = (topics.state, topics.birth, topics.enrol, topics.desired, topics.collector_state)
        return [*(group + topic for topic in taken), *heard]

    def _announce(self, connection: Connection, *, online: bool) -> None:
        self._announced_s = time.monotonic()
        said = encode(CollectorState(online, self._instance))
        for topics in self._trees:
            connection.publish(topics.collector_state, said, retain=True)

    @property
    def _trees(self) -> list[Topics]:
        """The topic trees in which stations speak; that of version 0.1 only if the operator lets
        one in."""
        old = [Topics(self._site, "+", OLD_ROOT)] if self._old else []
        return [self._topics, *old]

    def _take_in(self, connection: Connection, committer: Committer) -> Batch:
        """What comes next, read and judged: all that is there, and what comes while the batch
        before is being committed."""
        batch = Batch()
        notes: list[Note] = []
        while batch.came < self._in_flight // 2:
            idle_s = 0.0 if batch.came else _IDLE_S
            events = connection.poll(idle_s if committer.is_free else _GLANCE_S)
            items: list[Good | Bad] = []
            for event in events:
                if isinstance(event, Arrived):
                    batch.came += 1
                    if event.qos:
                        batch.mids.append(event.mid)
                    self._take_one(connection, event, items, notes)
            if items:
                batch.items += self._judge.judge(items)
            if not events and committer.is_free:
                break
        if notes:
            self._store.note_all(notes)
            if self._home_assistant:
                self._show(connection, {note.station for note in notes})
        return batch

    def _take_one(
        self,
        connection: Connection,
        message: Arrived,
        items: list[Good | Bad],
        notes: list[Note],
    ) -> None:
        try:
            item = self._read(connection, message)
        except MessageRefused as problem:
            self._oddities.note(f"{_kind(message.topic)} refused", problem)
        except (PostureError, OSError):  # our own connection
            raise
        except Exception as problem:  # noqa: BLE001  one message that we did not foresee
            kind = f"{_kind(message.topic)} raised {type(problem).__name__}"
            self._oddities.note(kind, problem)
        else:
            if isinstance(item, Note) and item.kind == "health":
                self._health.hear(item)
            elif isinstance(item, Note):
                notes += self._health.before(item)
            elif item is not None:
                items.append(item)

    def _settle(self, connection: Connection, batch: Batch) -> None:
        """It is committed: tell the stations, then the broker."""
        with connection.together():
            for topics, receipt in batch.outcome.receipts:
                self._answer(connection, topics, receipt)
        self._on_batch(batch.outcome)
        self._acknowledge(connection, batch)

    def _acknowledge(self, connection: Connection, batch: Batch) -> None:
        with connection.together():
            for mid in batch.mids:
                connection.acknowledge(mid)

    def _show(self, connection: Connection, stations: set[str]) -> None:
        """Announce, once with each connection, what a broker may have forgotten."""
        for station in sorted(stations - self._shown):
            self._shown.add(station)
            for topic, payload in announcements(self._site, station).items():
                connection.publish(topic, payload, retain=True)

    def _tell_key(self, news: str) -> None:
        """Log a key that a station shows, once with each connection and so many at most: anybody
        may show keys."""
        if news not in self._keys_told and len(self._keys_told) < _MOST_KEYS_TOLD:
            self._keys_told.add(news)
            log.warning("%s", shown(news)[:_SAID])

    def _hear_collector(self, connection: Connection, body: bytes) -> None:
        """Hear what is said of the collector's own presence. Where it says that no collector is
        there (our earlier will, another collector that left, or anybody who may write there), we
        say again that we are: stations would wait."""
        said = _said_by_collector(body)
        if not said.online:
            self._announced_s = -ANNOUNCE_EVERY_S
        elif said.instance != self._instance and not self._shares:
            self._oddities.note("another collector is here", "each takes in everything")

    def _answer(self, connection: Connection, topics: Topics, receipt: Receipt) -> None:
        """A station that misses it sends again, and at once where its connection broke. To wait for
        the broker's word would mean to read all that it sends meanwhile, which knows no bound:
        mosquitto 2.0.11 forgets our receive maximum with the first acknowledgement."""
        topic, said = topics.receipt, encode(receipt)
        if topics.root == OLD_ROOT:
            said = encode(OldReceipt.of(receipt))
        else:
            sign = plain_payload if self._key is None else self._key.payload
            said = sign("receipt", topic, said)
        connection.publish(topic, said, qos=0)

    def _read(self, connection: Connection, message: Arrived) -> Good | Bad | Note | None:
        """A result or event to store, or a word to remember."""
        address = parse(message.topic)
        if address.station == COLLECTOR:
            self._hear_collector(connection, message.body)
            return None
        if address.site != self._site:
            raise MessageRefused(f"the site {address.site!r} is not ours.")
        place = (address.site, address.station)
        match address.channel:
            case "state":
                if not message.body:
                    return Note(*place, "state", b"", online=False)
                said = decode(message.body, State)
                life = Life(said.instance, said.connection, said.said, message.retained)
                return Note(*place, "state", message.body, said.online, life)
            case "enrol":
                if message.body and (news := self._store.enrol(address, message.body)):
                    self._tell_key(news)
                return None
            case "birth":
                decode(message.body, Birth)
                return Note(*place, "birth", message.body)
            case "desired":
                body = unpack(message.body).body if message.body else b""
                if body:
                    decode(body, Desired)
                return Note(*place, "desired", body)
            case "health":
                self._on_health(*place, decode(message.body, Health))
                return Note(*place, "health", message.body, online=True)
        return examine(Incoming(message.topic, message.body))


def _said_by_collector(body: bytes) -> CollectorState:
    """A collector's word; one that is empty or unreadable says that nobody is there."""
    try:
        return decode(body, CollectorState)
    except MessageRefused:
        return CollectorState(False)


def _kind(topic: str) -> str:
    """The part of a topic that a person may know, in our words."""
    level = topic.split("/")[4:5]
    known = ("result", "event", "state", "birth", "health", "desired", "enrol")
    return level[0] if level and level[0] in known else "message"

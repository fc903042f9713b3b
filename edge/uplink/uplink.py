"""Outbox to broker to collector, and the receipts back: connects, and connects again.

One thread owns the connection and this end of the outbox.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from edge import __version__
from edge.errors import BrokerUnreachable, OutboxFull, PostureError
from edge.mqtt.backoff import Backoff
from edge.mqtt.connection import MQTT5_AGAIN_S, WILL_DELAY_S, Connection, open_best
from edge.mqtt.events import Will
from edge.mqtt.oddities import Oddities
from edge.records import Abilities
from edge.results.outbox import Outbox
from edge.settings import Settings
from edge.uplink.commands import AGAIN, Commands, Handler
from edge.uplink.forgetting import Forgetting
from edge.uplink.renewed import Renewed
from edge.uplink.session import Identity, Session
from edge.uplink.turns import Turns
from edge.wire import clock
from edge.wire.codec import BODY_LIMIT_BYTES, SCHEMAS, encode
from edge.wire.envelope import Time
from edge.wire.keys import load_public
from edge.wire.order import Inputs
from edge.wire.presence import Birth, Health, State
from edge.wire.result import WireModel
from edge.wire.topics import Topics
from edge.wire.trust import SiteTrust

log = logging.getLogger(__name__)

HEALTH_EVERY_S = 60.0
STATE_EVERY_S = 600.0  # at brokers that know nothing of each other, a copied card shows by it
ABILITIES_EVERY_S = 10.0
Phase = Literal["stopped", "connecting", "connected"]


@dataclass(frozen=True, slots=True)
class Status:
    """State of the uplink, for watchdog, doctor and screen.

    loop_age_s : since the loop last came round; a dead or stuck thread cannot hide.
    receipt_age_s : since the last receipt, None before the first. problem : "" when all is well.
    broker, version : HOST:PORT, and of MQTT: of the last connection.
    """

    phase: Phase
    problem: str
    loop_age_s: float
    receipt_age_s: float | None
    broker: str
    version: str


class Uplink:
    """Sends what the outbox holds.

    enrolment : what this station says of its key; empty before its engine made one.
    vitals : called for each health message (every 60 s), returns JSON values.
    abilities : called every 10 s; when its answer has changed, the birth message is sent again.
        An answer without models is none: the engine has not spoken yet.
    commands : name to handler, beside `resend` and `erase`.
    desired : given each retained message `desired`; raises MessageRefused to refuse it.
    live : asked again and again for words of the moment, which are sent at once or not at all.
    on_problem : told once of each new problem that ends a connection or keeps one from starting.
    """

    def __init__(
        self,
        settings: Settings,
        outbox: Outbox,
        *,
        enrolment: Callable[[], bytes] = bytes,
        vitals: Callable[[], dict[str, Any]] = dict,
        abilities: Callable[[], Abilities] = Abilities,
        commands: Mapping[str, Handler] | None = None,
        desired: Callable[[bytes], object] = lambda _: None,
        live: Callable[[], Iterable[tuple[str, bytes]]] = tuple,
        on_problem: Callable[[PostureError], None] = lambda _: None,
    ) -> None:
        self._settings = settings
        self._outbox = outbox
        self._topics = Topics(settings.site, settings.station)
        self._trust = SiteTrust(
            settings.site, _site_key(settings), outbox.floor, outbox.raise_floor
        )
        self._renewed = Renewed(settings.state_path, settings.mqtt)
        self._turns = Turns()
        own: dict[str, Handler] = {
            AGAIN: Forgetting(outbox, settings.state_path),
            "renew": self._renewed.take,
        }
        self._commands = Commands(outbox, self._topics, self._trust, {**own, **(commands or {})})
        self._enrolment = enrolment
        self._vitals = vitals
        self._ask_abilities = abilities
        self._abilities = Abilities()
        self._asked_at_s = 0.0
        self._desired = desired
        self._live = live
        self._on_problem = on_problem
        self._identity = Identity()
        self._oddities = Oddities()
        self._phase: Phase = "stopped"
        self._problem = ""
        self._broker, self._said_version = "", ""
        self._loop_at_s = time.monotonic()
        self._receipt_at_s: float | None = None
        self._health_at_s = 0.0
        self._said_state_s = 0.0
        self._backoff = Backoff(0.5, 60.0)

    def status(self) -> Status:
        """State of the uplink; may be asked from any thread."""
        now_s = time.monotonic()
        receipt_age_s = None if self._receipt_at_s is None else now_s - self._receipt_at_s
        age_s = now_s - self._loop_at_s
        at = self._broker, self._said_version
        return Status(self._phase, self._problem, age_s, receipt_age_s, *at)

    def run(self, stop: threading.Event) -> None:
        """Connect, serve, and connect again, until `stop`. Never gives up, never raises.

        Examples
        --------
        It runs in a thread of its own. Where no broker answers it goes on trying, and says so:

        >>> import tempfile
        >>> from edge.mqtt.settings import MqttSettings
        >>> folder = tempfile.TemporaryDirectory()
        >>> settings = Settings(state_dir=folder.name, mqtt=MqttSettings(port=1))
        >>> with Outbox.open(
        ...     settings.state_path / "outbox.db", site=settings.site, station=settings.station,
        ...     limit_bytes=10_000_000, at_limit="refuse",
        ... ) as outbox:
        ...     uplink, stop = Uplink(settings, outbox), threading.Event()
        ...     thread = threading.Thread(target=uplink.run, args=(stop,))
        ...     thread.start()
        ...     while not uplink.status().problem:
        ...         time.sleep(0.01)
        ...     stop.set()
        ...     thread.join()
        >>> uplink.status().phase
        'stopped'
        >>> folder.cleanup()
        """
        while not stop.is_set():
            self._phase = "connecting"
            self._loop_at_s = time.monotonic()
            try:
                self._serve(self._connect(), stop)
            except PostureError as problem:
                if not self._renewed.failed(problem):
                    self._turns.next()
                if str(problem) != self._problem:
                    log.warning("%s", problem)
                    self._on_problem(problem)
                self._problem = str(problem)
            except Exception:
                self._turns.next()
                log.exception("the uplink failed and starts again")
                self._problem = "the uplink failed and starts again"
            if not stop.is_set():
                stop.wait(self._backoff.next_s())
        self._phase = "stopped"
        log.info("uplink: stopped")

    def _connect(self) -> Connection:
        self._identity.connection += 1
        away = State(
            False,
            clock.boot_id(),
            self._identity.instance,
            self._outbox.epoch,
            connection=self._identity.connection,
        )
        here = self._turns.here(self._renewed.login())
        self._broker = here.address
        connection = open_best(
            here,
            self._settings.station,
            will=Will(self._topics.state, encode(away), WILL_DELAY_S),
            keep_session=True,
        )
        self._said_state_s = time.monotonic()
        if connection.version != self._said_version:
            self._said_version = connection.version
            log.info("connected with MQTT %s", connection.version)
            if connection.version != "5":
                log.warning(
                    "the broker has no MQTT 5: no commands, no will delay and no reasons for"
                    " refused messages; receipts keep the results safe"
                )
        return connection

    def _serve(self, connection: Connection, stop: threading.Event) -> None:
        session: Session | None = None
        try:
            session = Session(
                connection,
                self._outbox,
                self._topics,
                self._commands,
                self._identity,
                trust=self._trust,
                elsewhere=bool(self._settings.mqtt.also),
                window=self._settings.mqtt.window,
                resend_s=self._settings.mqtt.resend_s,
                on_receipt=self._received,
                on_desired=self._desired,
                on_trouble=self._trouble,
                oddities=self._oddities,
            )
            self._learn()
            session.start(encode(self._birth()), self._enrolment())
            self._phase = "connected"
            log.info("uplink: connected")
            while not stop.is_set():
                self._loop_at_s = time.monotonic()
                session.turn()
                for kind, word in self._live():
                    connection.publish(self._topics.live(kind), word, qos=0)
                if self._loop_at_s - self._asked_at_s >= ABILITIES_EVERY_S and self._learn():
                    session.say_birth(encode(self._birth()))
                if self._loop_at_s - self._said_state_s >= STATE_EVERY_S:
                    self._said_state_s = self._loop_at_s
                    session.say_state()
                self._date_earlier_results()
                if self._loop_at_s - self._health_at_s >= HEALTH_EVERY_S:
                    self._health_at_s = self._loop_at_s
                    connection.publish(self._topics.health, encode(self._health()), qos=0)
                if connection.version != "5" and connection.age_s >= MQTT5_AGAIN_S:
                    break  # an answer that came late once must not cost commands for good
            if stop.is_set():
                session.farewell()
            connection.close()
        except BrokerUnreachable:
            if session is not None:
                session.broke()
            raise
        finally:
            connection.drop()

    def _received(self) -> None:
        self._receipt_at_s = time.monotonic()
        self._backoff.reset()  # only a receipt proves that the whole way works

    def _trouble(self, problem: str) -> None:
        if problem and problem != self._problem:
            log.warning("%s", problem)
        self._problem = problem

    def _date_earlier_results(self) -> None:
        """Say once that the clock is right: the collector then dates this boot's earlier
        results."""
        if self._outbox.undated() and self._outbox.now().state == "synced":
            try:
                self._outbox.accept_clock()
            except OutboxFull as problem:  # tried again as soon as a receipt makes room
                self._trouble(str(problem))

    def _learn(self) -> bool:
        """Ask what this station measures with; True where that has changed."""
        self._asked_at_s = time.monotonic()
        told = self._ask_abilities()
        if not told.models or told == self._abilities:
            return False
        self._abilities = told
        return True

    def _birth(self) -> Birth:
        return Birth(
            sw=__version__,
            cfg_sha256=self._outbox.cfg_sha256,
            models=tuple(WireModel(m.name, m.version, m.sha256) for m in self._abilities.models),
            measures=self._abilities.measures,
            schemas=SCHEMAS,
            body_limit_bytes=BODY_LIMIT_BYTES,
            outbox_limit_bytes=self._outbox.counts().limit_bytes,
            at_limit=self._settings.outbox.at_limit,
            commands=self._commands.names,
            inputs=Inputs.__struct_fields__,
        )

    def _health(self) -> Health:
        counts = self._outbox.counts()
        try:
            vitals = self._vitals()
        except Exception:  # numbers about the work must not stop the work
            log.exception("the vitals cannot be read")
            vitals = {}
        return Health(
            t=Time.of(self._outbox.now()),
            accepted=counts.accepted,
            waiting=counts.waiting,
            waiting_bytes=counts.used_bytes,
            oldest_age_s=round(counts.oldest_age_s, 1),
            quarantined=counts.quarantined,
            dropped=counts.dropped,
            problem=self._problem,
            vitals=vitals,
        )


def _site_key(settings: Settings) -> bytes | None:
    """The site's key of the settings. Raises SettingsInvalid."""
    name = settings.trust.site_key_file
    return load_public(Path(name)) if name else None

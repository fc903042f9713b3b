"""What happens while one connection lasts: announce, have sent (sending.py), settle, answer.

A message is deleted when a receipt names it and its hash, and for no other reason: not when the
broker acknowledged it, for a broker forgets. What anybody may have written (states, the collector's
presence) is a hint: it may slow this station, never stop it (presence.py says how long).
"""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from edge.errors import BrokerUnreachable, MessageRefused, PostureError
from edge.mqtt.connection import Connection
from edge.mqtt.events import Acknowledged, Arrived
from edge.mqtt.oddities import Oddities
from edge.results.outbox import Outbox
from edge.uplink.commands import AGAIN, Commands
from edge.uplink.hang_ups import HangUps
from edge.uplink.presence import Presence
from edge.uplink.sending import Sending
from edge.wire import clock
from edge.wire.codec import decode, encode
from edge.wire.presence import CollectorState, State
from edge.wire.receipt import Receipt
from edge.wire.topics import Topics
from edge.wire.trust import SiteTrust

log = logging.getLogger(__name__)

IDLE_S = 0.1  # how soon a result that another process accepted is seen
_SILENT_RESENDS = 6  # so many resend times without a receipt, and the connection is not believed


@dataclass(slots=True)
class Identity:
    """This uplink among all that ever used the station's name.

    connection : how often this uplink has tried to connect. said : how often it told its state.
    known : the broker has shown us our own state once; whoever is online there later is another.
    hang_ups : of all its connections.
    """

    instance: str = field(default_factory=lambda: secrets.token_hex(8))
    known: bool = False
    connection: int = 0
    hang_ups: HangUps = field(default_factory=HangUps)
    said: int = 0


class Session:
    """One connection's work. Call `start`, then `turn` again and again, then `farewell`.

    on_receipt : called when a receipt took something out of the outbox.
    on_desired : given what the retained message `desired` says; MessageRefused refuses it.
    on_trouble : told what is wrong while the connection stands; "" when it is well again.
    oddities : counts what arrived and could not be used.
    elsewhere : there are other brokers: one without a collector is left while results wait.
    """

    def __init__(
        self,
        connection: Connection,
        outbox: Outbox,
        topics: Topics,
        commands: Commands,
        identity: Identity,
        *,
        trust: SiteTrust,
        elsewhere: bool = False,
        window: int,
        resend_s: float,
        on_receipt: Callable[[], None],
        on_desired: Callable[[bytes], object],
        on_trouble: Callable[[str], None],
        oddities: Oddities,
    ) -> None:
        self._connection = connection
        self._outbox = outbox
        self._topics = topics
        self._commands = commands
        self._identity = identity
        self._trust = trust
        self._elsewhere = elsewhere
        self._resend_s = resend_s
        self._on_receipt = on_receipt
        self._on_desired = on_desired
        self._on_trouble = on_trouble
        self._oddities = oddities
        self._sending = Sending(
            connection, outbox, topics, identity.hang_ups,
            window=window, resend_s=resend_s, on_trouble=on_trouble,
        )  # fmt: skip
        self._epoch = outbox.epoch
        self._presence = Presence(time.monotonic(), resend_s)
        self._collector_seen_s = time.monotonic()
        self._told: str | None = None

    def start(self, birth: bytes, enrolment: bytes = b"") -> None:
        """Subscribe anew, for a broker may have forgotten, and say who is here."""
        topics = self._topics
        wanted = [topics.receipt, topics.collector_state, topics.state, topics.desired]
        # The others need expiry, response topic and correlation.
        wanted.append(topics.command("+" if self._connection.version == "5" else AGAIN))
        self._connection.subscribe(*wanted)
        if enrolment:  # before any result that its key has signed
            self._connection.publish(topics.enrol, enrolment, retain=True)
        self.say_birth(birth)
        self._announce(online=True)

    def say_birth(self, birth: bytes) -> None:
        """What this station is, which an update may change while the connection lasts."""
        self._connection.publish(self._topics.birth, birth, retain=True)

    def turn(self) -> None:
        """One round: what came, then what must go. Returns after at most IDLE_S without work.

        Raises
        ------
        BrokerUnreachable, BrokerRefused : the connection is over.
        """
        for event in self._connection.poll(IDLE_S):
            if isinstance(event, Acknowledged):
                self._sending.acknowledged(event)
            else:
                self._arrived(event)
        self._outbox.tend()
        if (epoch := self._outbox.epoch) != self._epoch:
            self._begin_epoch(epoch)
        now_s = time.monotonic()
        if self._presence.is_there(now_s):
            self._collector_seen_s = now_s
        elif (
            self._elsewhere
            and now_s - self._collector_seen_s > _SILENT_RESENDS * self._resend_s
            and self._outbox.depth()
        ):
            raise BrokerUnreachable("No collector is at this broker; the next one is tried.")
        problem = self._presence.problem(now_s)
        if problem is not None and problem != self._told:
            self._told = problem
            self._on_trouble(problem)
        if self._sending.is_paused(now_s):
            return
        if self._presence.is_there(now_s):
            silent_s = self._sending.unanswered_s(now_s)
            if self._presence.is_announced and silent_s > _SILENT_RESENDS * self._resend_s:
                raise BrokerUnreachable("No receipt comes, though the collector says it is there.")
            self._sending.send_what_is_due(now_s)
        elif self._presence.may_try(now_s):
            self._sending.try_one()

    def _begin_epoch(self, epoch: str) -> None:
        log.warning("epoch %s ended, %s begins", self._epoch, epoch)
        self._epoch = epoch
        self._sending.begin_epoch()
        self._announce(online=True)

    def broke(self) -> None:
        """Called when the connection ended by itself."""
        self._sending.broke()

    def say_state(self) -> None:
        """Say the state again, from time to time."""
        self._announce(online=True)

    def farewell(self) -> None:
        """Leave in good order: the state says so at once, no will is needed."""
        self._announce(online=False)

    def _announce(self, *, online: bool) -> None:
        counts = self._outbox.counts()
        self._identity.said += 1
        state = State(
            online,
            clock.boot_id(),
            self._identity.instance,
            counts.epoch,
            counts.oldest_seq,
            counts.accepted,
            self._identity.connection,
            self._identity.said,
        )
        self._connection.publish(self._topics.state, encode(state), retain=True)

    def _arrived(self, message: Arrived) -> None:
        """Whatever one message raises ends here: whoever wrote it must not stop the results."""
        kind = "message"
        try:
            if message.topic == self._topics.receipt:
                kind = "receipt"
                self._receipt(message)
            elif message.topic == self._topics.collector_state:
                kind = "word of the collector"
                self._collector(message.body)
            elif message.topic == self._topics.desired:
                kind = "desired"
                if message.body:  # empty once the operator desires nothing any more
                    self._on_desired(self._trust.open(message.body, message.topic, "desired").body)
            elif message.topic == self._topics.state:
                kind = "state"
                self._state(decode(message.body, State), message.retained)
            else:
                kind = "command"
                self._command(message)
        except MessageRefused as problem:
            self._oddities.note(f"{kind} refused", problem)
        except (PostureError, OSError):  # our own connection, outbox or disk
            raise
        except Exception as problem:  # noqa: BLE001  a message that we did not foresee
            self._oddities.note(f"{kind} raised {type(problem).__name__}", problem)

    def _receipt(self, message: Arrived) -> None:
        if message.retained:  # nobody retains receipts
            raise MessageRefused("it is retained.")
        sealed = self._trust.open(message.body, self._topics.receipt, "receipt")
        settled = self._outbox.settle(decode(sealed.body, Receipt))
        for seq in settled.rejected:
            log.error("the collector rejected message %d; it is in quarantine", seq)
        seqs = settled.stored + settled.rejected
        if seqs:
            now_s = time.monotonic()
            self._sending.settled(seqs, now_s)
            if self._presence.proved(now_s):
                self._sending.restart(now_s)
            self._on_receipt()

    def _collector(self, body: bytes) -> None:
        """A cleared word tells nothing."""
        online = decode(body, CollectorState).online if body else None
        now_s = time.monotonic()
        if self._presence.said(online, now_s):
            self._sending.restart(now_s)

    def _state(self, state: State, retained: bool) -> None:
        """Look at what stands on our own state topic: another instance of this name may have
        written it. Not every broker tells a client why it was replaced, and anybody may write
        there."""
        if state.instance == self._identity.instance:
            self._identity.known = True
            if not state.online and not retained:  # the will of our earlier connection, late
                self._announce(online=True)
        elif state.online and self._identity.known:
            self._on_trouble(
                f"another device says that it is {self._outbox.station!r}:"
                " was a memory card copied? Give each station its own name"
            )

    def _command(self, message: Arrived) -> None:
        answer = self._commands.answer(message)
        self._sending.rewind()  # a resend may have put old numbers back in line
        if answer.topic:
            self._connection.publish(answer.topic, answer.body, correlation=answer.correlation)

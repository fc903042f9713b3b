"""Commands to stations, and their answers. They need MQTT 5, and never wait for who is away."""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

import msgspec
from posture_tools.collector.worker_key import GrantedKey, plain_payload

from edge.errors import BrokerRefused, BrokerUnreachable, MessageRefused, PartMissing
from edge.mqtt.connection import Connection, open_best
from edge.mqtt.events import Acknowledged, Arrived
from edge.mqtt.settings import MqttSettings
from edge.wire.clock import Instant
from edge.wire.codec import decode, encode
from edge.wire.commands import Command, Response
from edge.wire.topics import Topics

log = logging.getLogger(__name__)

ANSWER_S = 10


class AnswerLost(BrokerUnreachable):
    """A broker went away after a command was given to it: nobody knows whether it was passed on."""


def send(
    mqtt: MqttSettings,
    site: str,
    stations: Collection[str],
    name: str,
    body: msgspec.Struct,
    *,
    number: int,
    key: GrantedKey | None = None,
    on_away: Callable[[str], None] = log.warning,
) -> Iterator[tuple[str, Response | None]]:
    """Tell all of them at once, through every broker: who obeys, obeys a number once. Yields each
    answer as it comes, and None of who gave none in 10 s.

    A broker drops a command after that time, and no station whose clock is right obeys it later.

    number : new, given by the store. key : the operator's; without it only stations at a desk obey.
    on_away : told of each broker that is not reached while another is.

    Raises
    ------
    BrokerUnreachable, BrokerRefused : not sent.
    AnswerLost : not certainly sent, for the broker went away meanwhile.
    PartMissing : the broker speaks MQTT 3.1.1 only.
    """
    requester = f"command-{secrets.token_hex(4)}"
    topics = {Topics(site, station).response(requester): station for station in stations}
    correlation = secrets.token_bytes(16)
    data = msgspec.to_builtins(body)
    expires = "" if name == "erase" else _utc(time.time() + ANSWER_S)
    command = encode(Command(number=number, data=data, expires=expires))
    sign = plain_payload if key is None else key.payload
    with ExitStack() as stack:
        lines = [_Line(each) for each in open_all(mqtt, requester, stack, on_away)]
        stack.enter_context(_answers_are_lost())
        for line in lines:
            line.connection.subscribe(*topics)
            for topic, station in topics.items():
                mid = line.connection.publish(
                    Topics(site, station).command(name),
                    sign("command", Topics(site, station).command(name), command),
                    correlation=correlation,
                    response_topic=topic,
                    expiry_s=ANSWER_S,
                )
                line.under_way[mid] = station
        deadline_s = time.monotonic() + ANSWER_S
        while topics and time.monotonic() < deadline_s:
            for line in lines:
                for topic, response in line.answers(topics, correlation, 0.1 / len(lines)):
                    if topic in topics:
                        yield topics.pop(topic), response
        for line in lines:
            line.connection.close()
    for station in topics.values():
        yield station, None


@contextmanager
def _answers_are_lost() -> Iterator[None]:
    try:
        yield
    except BrokerUnreachable as problem:
        raise AnswerLost(problem.problem, "Look at the station, then say it again.") from problem


def open_all(
    mqtt: MqttSettings, requester: str, stack: ExitStack, on_away: Callable[[str], None]
) -> list[Connection]:
    """A connection to each broker that is there, dropped with the stack.

    Raises
    ------
    BrokerUnreachable, BrokerRefused : none is there, or one takes no commands.
    PartMissing : one speaks MQTT 3.1.1 only.
    """
    found: list[Connection] = []
    away: list[BrokerUnreachable] = []
    for each in mqtt.each:
        try:
            connection = open_best(each, requester)
        except BrokerUnreachable as problem:
            away.append(problem)
            continue
        stack.callback(connection.drop)
        if connection.version != "5":
            raise PartMissing(
                f"The broker at {each.address} speaks no MQTT 5, which commands need.",
                "Use mosquitto 2, or another broker that does.",
            )
        found.append(connection)
    if not found:
        raise away[0]
    for each_away in away:
        on_away(f"{each_away.problem} Stations that are there hear nothing.")
    return found


@dataclass(slots=True)
class _Line:
    """One broker's part. under_way : number of a publication to its station."""

    connection: Connection
    under_way: dict[int, str] = field(default_factory=dict)

    def answers(
        self, topics: Collection[str], correlation: bytes, wait_s: float
    ) -> Iterator[tuple[str, Response]]:
        """The topic and content of each that came."""
        for event in self.connection.poll(wait_s):
            if isinstance(event, Acknowledged):
                station = self.under_way.pop(event.mid, "")
                if event.refusal:
                    raise BrokerRefused(
                        f"The broker does not pass commands to {station}: {event.reason}.",
                        "Give this user the right to write them in the broker's ACL file.",
                    )
            elif answer := _answer(event, topics, correlation):
                yield event.topic, answer


def _utc(time_s: float) -> str:
    return Instant(int(time_s * 1e9), "synced", "", 0).utc


def _answer(event: Arrived, topics: Collection[str], correlation: bytes) -> Response | None:
    """What a message says to this command; None where it is none of its answers."""
    if event.topic not in topics or event.correlation != correlation or event.retained:
        return None
    try:
        return decode(event.body, Response)
    except MessageRefused as error:
        return Response("", ok=False, problem=f"its answer cannot be read: {error}")

"""Commands to stations, and their answers. They need MQTT 5, and never wait for who is away."""

from __future__ import annotations

import secrets
import time
from collections.abc import Collection, Iterator

import msgspec
from posture_tools.collector.worker_key import GrantedKey, plain_payload

from edge.errors import BrokerRefused, MessageRefused, PartMissing
from edge.mqtt.connection import Connection, open_best
from edge.mqtt.events import Acknowledged, Arrived
from edge.mqtt.settings import MqttSettings
from edge.wire.clock import Instant
from edge.wire.messages import Command, Response, decode, encode
from edge.wire.topics import Topics

ANSWER_S = 10


def send(
    mqtt: MqttSettings,
    site: str,
    stations: Collection[str],
    name: str,
    body: msgspec.Struct,
    *,
    number: int,
    key: GrantedKey | None = None,
) -> Iterator[tuple[str, Response | None]]:
    """Tell all of them at once; yields each answer as it comes, and None of who gave none in 10 s.

    The broker drops a command after that time, and no station whose clock is right obeys it later.

    number : new, given by the store. key : the operator's; without it only stations at a desk obey.

    Raises
    ------
    BrokerUnreachable, BrokerRefused : not, or not certainly, sent.
    PartMissing : the broker speaks MQTT 3.1.1 only.
    """
    requester = f"command-{secrets.token_hex(4)}"
    connection = open_best(mqtt, requester)
    try:
        if connection.version != "5":
            raise PartMissing(
                f"The broker at {mqtt.address} speaks no MQTT 5, which commands need.",
                "Use mosquitto 2, or another broker that does.",
            )
        topics = {Topics(site, station).response(requester): station for station in stations}
        connection.subscribe(*topics)
        correlation = secrets.token_bytes(16)
        under_way = {}
        data = msgspec.to_builtins(body)
        expires = "" if name == "erase" else _utc(time.time() + ANSWER_S)
        command = encode(Command(number=number, data=data, expires=expires))
        sign = plain_payload if key is None else key.payload
        for topic, station in topics.items():
            mid = connection.publish(
                Topics(site, station).command(name),
                sign("command", Topics(site, station).command(name), command),
                correlation=correlation,
                response_topic=topic,
                expiry_s=ANSWER_S,
            )
            under_way[mid] = station
        for topic, response in _answers(connection, topics, correlation, under_way):
            yield topics.pop(topic), response
        connection.close()
    finally:
        connection.drop()
    for station in topics.values():
        yield station, None


def _utc(time_s: float) -> str:
    return Instant(int(time_s * 1e9), "synced", "", 0).utc


def _answers(
    connection: Connection,
    topics: Collection[str],
    correlation: bytes,
    under_way: dict[int, str],
) -> Iterator[tuple[str, Response]]:
    """The topic and content of each answer, until all have answered or the time is over."""
    deadline_s = time.monotonic() + ANSWER_S
    while topics and time.monotonic() < deadline_s:
        for event in connection.poll(0.1):
            if isinstance(event, Acknowledged):
                station = under_way.pop(event.mid, "")
                if event.refusal:
                    raise BrokerRefused(
                        f"The broker does not pass commands to {station}: {event.reason}.",
                        "Give this user the right to write them in the broker's ACL file.",
                    )
            elif answer := _answer(event, topics, correlation):
                yield event.topic, answer


def _answer(event: Arrived, topics: Collection[str], correlation: bytes) -> Response | None:
    """What a message says to this command; None where it is none of its answers."""
    if event.topic not in topics or event.correlation != correlation or event.retained:
        return None
    try:
        return decode(event.body, Response)
    except MessageRefused as error:
        return Response("", ok=False, problem=f"its answer cannot be read: {error}")

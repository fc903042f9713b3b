"""What an operator wants of the stations' models: said to the broker, and how far it is obeyed."""

from __future__ import annotations

import secrets
import time
from collections.abc import Collection, Mapping
from contextlib import ExitStack
from dataclasses import dataclass

import msgspec
from posture_tools.collector.store import Store
from posture_tools.collector.worker_key import GrantedKey, plain_payload

from edge.errors import BrokerRefused, BrokerUnreachable, MessageRefused
from edge.mqtt.connection import Connection, open_best
from edge.mqtt.events import Acknowledged, Arrived
from edge.mqtt.settings import MqttSettings
from edge.wire.codec import decode, encode
from edge.wire.commands import Desired
from edge.wire.event import Event
from edge.wire.seal import unpack
from edge.wire.topics import Topics

_RETAINED_S = 1.0  # a broker sends what it retains at once
_ANSWER_S = 10.0
_AHEAD_S = 86_400


@dataclass(frozen=True, slots=True)
class DesiredState:
    """The last `desired` of a station. obeyed : the station has answered this version."""

    desired: Desired
    obeyed: bool

    def __str__(self) -> str:
        wanted = self.desired
        said = [
            *(["hold"] if wanted.hold else []),
            *(f"pin {slot} {sha256[:12]}" for slot, sha256 in wanted.pin.items()),
            *(f"force {sha256[:12]}" for sha256 in wanted.force),
        ]
        return (", ".join(said) or "as offered") + ("" if self.obeyed else " (not answered)")


def publish(
    mqtt: MqttSettings,
    site: str,
    stations: Collection[str],
    wanted: Desired,
    key: GrantedKey | None = None,
) -> int:
    """Replace what is desired of each station, retained at every broker; returns the version, which
    is new to all.

    key : the operator's; without it only stations at a desk obey.

    Versions are seconds since 1970 or more: they grow even where broker and store were lost.

    Raises
    ------
    BrokerUnreachable, BrokerRefused : not, or not certainly, published; say it again.
    """
    topics = {name: Topics(site, name).desired for name in stations}
    requester = f"desire-{secrets.token_hex(4)}"
    away: list[BrokerUnreachable] = []
    with ExitStack() as stack:
        connections = []
        for each in mqtt.each:
            try:
                connections.append(open_best(each, requester))
                stack.callback(connections[-1].drop)
            except BrokerUnreachable as problem:
                away.append(problem)
        if not connections:
            raise away[0]
        known = [n for each in connections for n in _retained(each, topics.values())]
        now_s = int(time.time())
        # A version from the future was a lie, which no station with a right clock obeys.
        believed = (each + 1 for each in known if each <= now_s + _AHEAD_S)
        version = max(now_s, wanted.version, *believed, 1)
        body = encode(msgspec.structs.replace(wanted, version=version))
        sign = plain_payload if key is None else key.payload
        payloads = {topic: sign("desired", topic, body) for topic in topics.values()}
        for connection in connections:
            _say(connection, payloads)
            connection.close()
    if away:
        raise BrokerUnreachable(
            f"{away[0].problem} Version {version} stands at the other brokers only.",
            "Say it again when it is back: a station that comes there would not hear it.",
        )
    return version


def _say(connection: Connection, payloads: Mapping[str, bytes]) -> None:
    """Publish each on its topic, and wait for the broker's word. Raises as `publish`."""
    awaited = {
        connection.publish(topic, payload, retain=True): topic
        for topic, payload in payloads.items()
    }
    deadline_s = time.monotonic() + _ANSWER_S
    while awaited:
        if time.monotonic() > deadline_s:
            raise BrokerUnreachable("The broker does not acknowledge.", "Say it again.")
        for event in connection.poll(0.1):
            if isinstance(event, Acknowledged):
                topic = awaited.pop(event.mid, "")
                if event.refusal:
                    raise BrokerRefused(
                        f"The broker refused {topic}: {event.reason}.",
                        "Give this user the right to write it in the broker's ACL file.",
                    )


def _retained(connection: Connection, topics: Collection[str]) -> list[int]:
    """Versions that the broker holds."""
    connection.subscribe(*topics)
    versions: dict[str, int] = {}
    deadline_s = time.monotonic() + _RETAINED_S
    while len(versions) < len(topics) and time.monotonic() < deadline_s:
        for event in connection.poll(0.1):
            if isinstance(event, Arrived):
                try:
                    versions[event.topic] = decode(unpack(event.body).body, Desired).version
                except MessageRefused:  # what nobody can obey holds no version back
                    versions[event.topic] = 0
    return list(versions.values())


def desired_states(
    store: Store, place: tuple[str, str] | None = None
) -> dict[tuple[str, str], DesiredState]:
    """What is desired of each station, and how far it is obeyed, where anything was ever desired.
    place : of one station only."""
    there = " AND site = ? AND station = ?" if place else ""
    wanted = store.rows(
        f"SELECT site, station, desired FROM station WHERE desired <> ?{there}",  # noqa: S608
        (b"", *(place or ())),
    )
    if not wanted:
        return {}
    answered: dict[tuple[str, str], int] = {}
    for site, station, body in store.rows(
        f"SELECT site, station, body FROM event WHERE kind = 'model'{there}"  # noqa: S608
        " AND instr(body, ?) > 0",
        (*(place or ()), b'"desired_version"'),
    ):
        data = decode(body, Event).data
        version = data.get("desired_version")
        if data.get("step") == "desired" and isinstance(version, int):
            answered[site, station] = max(version, answered.get((site, station), 0))
    found = {}
    for site, station, body in wanted:
        try:
            desired = decode(body, Desired)
        except MessageRefused:
            continue
        place = (site, station)
        found[place] = DesiredState(desired, answered.get(place, 0) >= desired.version)
    return found

"""What a message is, before the store is asked: taken apart, checked, or refused with a code."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field

import msgspec

from edge.errors import MessageRefused
from edge.wire.messages import (
    BODY_LIMIT_BYTES,
    Event,
    RejectCode,
    Result,
    decode_message,
)
from edge.wire.topics import Address, parse

_IDENTITY = re.compile(r"([^:]+):([0-9a-f]{24}):([1-9][0-9]{0,17})")


@dataclass(frozen=True, slots=True)
class Key:
    """The one name of an outbox message."""

    station: str
    epoch: str
    seq: int


@dataclass(frozen=True, slots=True)
class Incoming:
    """As the broker gave it. user_properties : MQTT 5 only; `id` repeats the key."""

    topic: str
    body: bytes
    user_properties: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Good:
    """Fit to be stored."""

    address: Address
    key: Key
    body: bytes
    body_sha256: str
    message: Result | Event


@dataclass(frozen=True, slots=True)
class Bad:
    """Not fit. key : None where the message does not even say who it is."""

    incoming: Incoming
    address: Address
    key: Key | None
    body_sha256: str
    code: RejectCode
    problem: str


class _Named(msgspec.Struct):
    id: str


def examine(incoming: Incoming) -> Good | Bad:
    """Check one message of a result or event topic; a topic of another tree raises MessageRefused.

    Body and topic must agree about site, station and kind: the broker's access rules are written
    for topics, so a body that names another station is not believed.
    """
    address = parse(incoming.topic)
    digest = hashlib.sha256(incoming.body).hexdigest()

    def bad(code: RejectCode, problem: str) -> Bad:
        return Bad(incoming, address, _claimed(incoming, address), digest, code, problem)

    if len(incoming.body) > BODY_LIMIT_BYTES:
        return bad("too_large", f"{len(incoming.body)} bytes, at most {BODY_LIMIT_BYTES}")
    try:
        message = decode_message(incoming.body)
    except MessageRefused as problem:
        return bad("malformed", str(problem))
    channel = f"{'result' if isinstance(message, Result) else 'event'}/{message.kind}"
    said = (message.site, message.station, channel)
    if said != (address.site, address.station, address.channel):
        return bad("topic_mismatch", f"the body says {'/'.join(said)}")
    key = Key(message.station, message.epoch, message.seq)
    return Good(address, key, incoming.body, digest, message)


def _claimed(incoming: Incoming, address: Address) -> Key | None:
    """Who a damaged message says it is: by its property, else by its body; only its own station."""
    name = incoming.user_properties.get("id", "")
    if not name:
        try:
            name = msgspec.json.decode(incoming.body, type=_Named).id
        except (msgspec.DecodeError, UnicodeDecodeError):
            return None
    match = _IDENTITY.fullmatch(name)
    if match is None or match[1] != address.station:
        return None
    return Key(match[1], match[2], int(match[3]))

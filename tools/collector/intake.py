"""What a message is, before the store is asked: taken apart, checked, or refused with a code."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from edge.errors import MessageRefused
from edge.wire.codec import decode_message
from edge.wire.event import Event
from edge.wire.receipt import RejectCode
from edge.wire.result import Result
from edge.wire.seal import Sealed, digest, pack, unpack
from edge.wire.topics import OLD_ROOT, Address, parse

_IDENTITY = re.compile(r"([^:]+):([0-9a-f]{24}):([1-9][0-9]{0,15})")
# Beyond what its station can be told: nobody vouches for such a message, so nobody is answered.
DeadCode = RejectCode | Literal["unsealed", "unsigned"]


@dataclass(frozen=True, slots=True)
class Key:
    """The one name of an outbox message."""

    site: str
    station: str
    epoch: str
    seq: int


@dataclass(frozen=True, slots=True)
class Incoming:
    """A message as the broker gave it."""

    topic: str
    payload: bytes


@dataclass(frozen=True, slots=True)
class Good:
    """Fit to be stored. topic : where it came. sealed : None from version 0.1, without seals."""

    address: Address
    key: Key
    body: bytes
    body_sha256: str
    message: Result | Event
    topic: str
    sealed: Sealed | None = None

    @property
    def incoming(self) -> Incoming:
        """As the broker gave it; thousands wait in memory, so it is not kept beside its parts."""
        whole = self.body if self.sealed is None else pack(self.body, self.sealed.seal_bytes)
        return Incoming(self.topic, whole)

    @property
    def seal_bytes(self) -> bytes:
        return b"" if self.sealed is None else self.sealed.seal_bytes


@dataclass(frozen=True, slots=True)
class Bad:
    """A message that cannot be stored. key : None where nobody vouches for its name; then it is not
    answered."""

    incoming: Incoming
    address: Address
    key: Key | None
    body_sha256: str
    code: DeadCode
    problem: str
    sealed: Sealed | None = None

    @property
    def topic(self) -> str:
        return self.incoming.topic


def examine(incoming: Incoming) -> Good | Bad:
    """Check one message of a result or event topic; a topic of another tree raises MessageRefused.

    Body, seal and topic must agree about site, station, number and kind: the broker's access rules
    are written for topics, so a body that names another station is not believed.
    """
    address = parse(incoming.topic)
    sealed = None
    body = incoming.payload
    key = None
    if address.root != OLD_ROOT:
        try:
            sealed = unpack(body)
        except MessageRefused as problem:
            sha256 = digest(incoming.payload)
            return Bad(incoming, address, None, sha256, "unsealed", str(problem))
        body, key = sealed.body, key_of(sealed.seal.id, address)
        if key is None or sealed.seal.role not in ("message", "late"):
            said_of = f"sealed as {sealed.seal.role} of {sealed.seal.id!r}"
            return Bad(incoming, address, None, sealed.seal.sha256, "unsealed", said_of)

    sha256 = digest(body) if sealed is None else sealed.seal.sha256

    def bad(code: RejectCode, problem: str) -> Bad:
        return Bad(incoming, address, key, sha256, code, problem, sealed)

    try:
        message = decode_message(body)
    except MessageRefused as problem:
        return bad("malformed", str(problem))
    channel = f"{'result' if isinstance(message, Result) else 'event'}/{message.kind}"
    said = (message.site, message.station, channel)
    if said != (address.site, address.station, address.channel):
        return bad("topic_mismatch", f"the body says {'/'.join(said)}")
    of_body = Key(message.site, message.station, message.epoch, message.seq)
    if key not in (None, of_body):
        return bad("topic_mismatch", f"the body says {message.id}")
    return Good(address, of_body, body, sha256, message, incoming.topic, sealed)


def key_of(name: str, address: Address) -> Key | None:
    """The name in a message's id, if it is one of the station that the topic names; else None."""
    match = _IDENTITY.fullmatch(name)
    if match is None or match[1] != address.station:
        return None
    return Key(address.site, match[1], match[2], int(match[3]))

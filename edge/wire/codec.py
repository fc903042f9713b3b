"""Messages as bytes and back. What the two ends say stands here, version 2.

    fields ──> envelope ──> result, event           through the outbox: fixed at their commit
       └─────> presence, commands, live, receipt    of the moment, up and down

Readers ignore fields they do not know, so that a newer station can talk to an older collector.
"""

from __future__ import annotations

from typing import TypeVar

import msgspec

from edge.errors import NOT_JSON, MessageRefused
from edge.wire import bounds
from edge.wire.commands import Desired, Response
from edge.wire.event import Event
from edge.wire.presence import Birth, CollectorState, Health, State
from edge.wire.result import Result, Result1

BODY_LIMIT_BYTES = bounds.LINE_LIMIT_BYTES
SCHEMAS = tuple(
    str(kind.__struct_config__.tag)
    for kind in (Result, Event, State, Birth, Health, Desired, Response, CollectorState)
)

Wire = TypeVar("Wire", bound=msgspec.Struct)
_message_decoder: msgspec.json.Decoder[Result | Result1 | Event] = msgspec.json.Decoder(
    Result | Result1 | Event
)
_encoder = msgspec.json.Encoder()


def encode(message: msgspec.Struct) -> bytes:
    """JSON, fields in the order of the contract."""
    return _encoder.encode(message)


def decode(body: bytes, kind: type[Wire]) -> Wire:
    """Read one message of a known kind; MessageRefused says what is wrong with it."""
    bounds.check(body)
    try:
        return msgspec.json.decode(body, type=kind)
    except NOT_JSON as error:
        raise MessageRefused(f"not a {kind.__name__} message: {error}.") from error


def decode_message(body: bytes) -> Result | Event:
    """Read an outbox message; MessageRefused says what is wrong with it."""
    bounds.check(body)
    try:
        return _message_decoder.decode(body)
    except NOT_JSON as error:
        raise MessageRefused(f"not a result or event message: {error}.") from error


def decode_result(body: bytes) -> Result:
    """Read a result of any version; MessageRefused says what is wrong with it."""
    message = decode_message(body)
    if not isinstance(message, Result):
        raise MessageRefused(f"not a result message: an event of kind {message.kind}.")
    return message

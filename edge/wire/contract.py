"""The wire as documents for other programs: JSON Schema and AsyncAPI 3, made from the code."""

from __future__ import annotations

from typing import Any

import msgspec

from edge.wire.commands import Command, Desired, EraseCommand, RenewCommand, ResendCommand, Response
from edge.wire.enrol import Enrol
from edge.wire.event import Event
from edge.wire.live import (
    Aim,
    AimCommand,
    EndCommand,
    FmsCommand,
    FmsSheet,
    Prompting,
    RepeatCommand,
)
from edge.wire.order import Order
from edge.wire.presence import Birth, CollectorState, Health, State
from edge.wire.receipt import Receipt
from edge.wire.result import Result, Result1
from edge.wire.seal import Seal
from edge.wire.topics import Topics

MESSAGES: tuple[type[msgspec.Struct], ...] = (
    Result, Result1, Event, Seal, Enrol, State, Birth, Health, Response, Receipt, Desired, Command,
    ResendCommand, EraseCommand, RenewCommand, Order, RepeatCommand, EndCommand, AimCommand,
    FmsCommand, CollectorState, Prompting, Aim, FmsSheet,
)  # fmt: skip

# Two lines in one payload, the second of them a Seal: docs/wire.md.
SEALED: tuple[type[msgspec.Struct], ...] = (Result, Event, Receipt, Enrol, Desired, Command)

_HERE = Topics("{site}", "{station}")

# channel -> (address, who sends, QoS, retained, messages); "station" sends up, others down
_CHANNELS: dict[str, tuple[str, str, int, bool, tuple[type[msgspec.Struct], ...]]] = {
    "result": (_HERE.message("result/{kind}"), "station", 1, False, (Result, Result1)),
    "event": (_HERE.message("event/{kind}"), "station", 1, False, (Event,)),
    "state": (_HERE.state, "station", 1, True, (State,)),
    "birth": (_HERE.birth, "station", 1, True, (Birth,)),
    "prompt": (_HERE.live("prompt"), "station", 0, False, (Prompting,)),
    "aim": (_HERE.live("aim"), "station", 0, False, (Aim,)),
    "fms": (_HERE.live("fms"), "station", 0, False, (FmsSheet,)),
    "enrol": (_HERE.enrol, "station", 1, True, (Enrol,)),
    "health": (_HERE.health, "station", 0, False, (Health,)),
    "response": (_HERE.response("{requester}"), "station", 1, False, (Response,)),
    "receipt": (_HERE.receipt, "collector", 0, False, (Receipt,)),
    "desired": (_HERE.desired, "clinic", 1, True, (Desired,)),
    "command": (_HERE.command("{name}"), "clinic", 1, False, (Command,)),
    "collector": (_HERE.collector_state, "collector", 1, True, (CollectorState,)),
}


def json_schemas(ref_template: str = "#/$defs/{name}") -> dict[str, Any]:
    """JSON Schema 2020-12 of each message and of what they contain, by name."""
    _, components = msgspec.json.schema_components(MESSAGES, ref_template=ref_template)
    return components


def schema_of(message: type[msgspec.Struct]) -> dict[str, Any]:
    """A JSON Schema that stands alone."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$ref": f"#/$defs/{message.__name__}",
        "$defs": json_schemas(),
    }


def asyncapi() -> dict[str, Any]:
    """The AsyncAPI 3.0 document, seen from the station: it sends what goes up."""
    channels: dict[str, Any] = {}
    operations: dict[str, Any] = {}
    for name, (address, sender, qos, retained, messages) in _CHANNELS.items():
        levels = [level[1:-1] for level in address.split("/") if level.startswith("{")]
        channels[name] = {
            "address": address,
            "parameters": {level: {"description": f"the {level}"} for level in levels},
            "messages": {m.__name__: {"$ref": _message(m)} for m in messages},
        }
        operations[f"{name}From{sender.title()}"] = {
            "action": "send" if sender == "station" else "receive",
            "channel": {"$ref": f"#/channels/{name}"},
            "bindings": {"mqtt": {"qos": qos, "retain": retained, "bindingVersion": "0.2.0"}},
        }
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Posture station",
            "version": "2.0.0",
            "description": "Measures, never pictures, from stations to a collector over MQTT.",
        },
        "defaultContentType": "application/json",
        "channels": channels,
        "operations": operations,
        "components": {
            "messages": {
                m.__name__: {
                    **_form(m),
                    "payload": {"$ref": f"#/components/schemas/{m.__name__}"},
                }
                for m in MESSAGES
            },
            "schemas": json_schemas("#/components/schemas/{name}"),
        },
    }


def _form(message: type[msgspec.Struct]) -> dict[str, str]:
    if message not in SEALED:
        return {"contentType": "application/json"}
    return {
        "contentType": "application/x-ndjson",
        "description": "The first of two lines; the second is its Seal.",
    }


def _message(message: type[msgspec.Struct]) -> str:
    return f"#/components/messages/{message.__name__}"

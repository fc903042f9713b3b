"""Messages that nobody should send: from the schemas of the wire, then spoilt, then only bytes."""

from __future__ import annotations

import json
from typing import Any

import msgspec
from hypothesis import strategies as st

from edge.wire.contract import MESSAGES, schema_of
from edge.wire.envelope import identity
from edge.wire.keys import Signer
from edge.wire.seal import pack, seal_of

_STRANGER = Signer.new()
_NUMBERS = st.sampled_from(
    [0, -1, 1, 2**31, 2**53 - 1, 2**53, 2**63, -(2**63), 10**30, 0.5, 1e308, -0.0]
)
_TEXTS = st.sampled_from(
    ["", "\x00", "\x1b[2J", "[/red]", "=1+1", "yesterday", "9999-12-31T23:59:59Z", "a" * 300,
     "2026-05-01T00:00:00Z", "hall-1\n", "é", "\ud7ff", "0" * 64]
)  # fmt: skip
JSON = st.recursive(
    st.none() | st.booleans() | _NUMBERS | _TEXTS | st.integers() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)  # fmt: skip


def of_schema(schema: dict[str, Any], defs: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Values that a JSON Schema, as msgspec writes it, lets pass."""
    if ref := schema.get("$ref"):
        name = ref.rpartition("/")[2]
        return st.deferred(lambda: of_schema(defs[name], defs))
    if "anyOf" in schema:
        return st.one_of([of_schema(each, defs) for each in schema["anyOf"]])
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    if "const" in schema:
        return st.just(schema["const"])
    match schema.get("type"):
        case "object" if "properties" in schema:
            needed = set(schema.get("required", ()))
            fields = {name: of_schema(each, defs) for name, each in schema["properties"].items()}
            return st.fixed_dictionaries(
                {name: value for name, value in fields.items() if name in needed},
                optional={name: value for name, value in fields.items() if name not in needed},
            )
        case "object":
            values = schema.get("additionalProperties")
            inner = of_schema(values, defs) if isinstance(values, dict) else JSON
            return st.dictionaries(st.text(max_size=8), inner, max_size=3)
        case "array" if "prefixItems" in schema:
            return st.tuples(*(of_schema(each, defs) for each in schema["prefixItems"]))
        case "array":
            items = schema.get("items")
            inner = of_schema(items, defs) if isinstance(items, dict) else JSON
            return st.lists(inner, max_size=3)
        case "string" if "pattern" in schema:
            return st.from_regex(schema["pattern"], fullmatch=True) | _TEXTS
        case "string":
            return _TEXTS | st.text(max_size=20)
        case "integer":
            low, high = schema.get("minimum"), schema.get("maximum")
            return st.integers(low, high)
        case "number":
            return st.floats(schema.get("minimum"), schema.get("maximum"), allow_nan=False)
        case "boolean":
            return st.booleans()
        case "null":
            return st.none()
    return JSON


def _whole(kind: type[msgspec.Struct]) -> st.SearchStrategy[dict[str, Any]]:
    schema = schema_of(kind)
    return of_schema(schema, schema.get("$defs", {}))


@st.composite
def _spoilt(draw: st.DrawFn, whole: st.SearchStrategy[dict[str, Any]]) -> Any:
    """One field is gone, is another's, or is anything; or all is as it should be."""
    value = draw(whole)
    if isinstance(value, dict) and value and draw(st.booleans()):
        name = draw(st.sampled_from(sorted(value)))
        if draw(st.booleans()):
            value[name] = draw(JSON)
        else:
            del value[name]
    return value


_BODIES = st.one_of([_spoilt(_whole(kind)) for kind in MESSAGES]) | JSON
_ROLES = ("message", "late", "receipt", "command", "desired", "enrol")


@st.composite
def payloads(draw: st.DrawFn, topic: str, station: str) -> bytes:
    """What may come on a topic: a sealed body, a bare one, or bytes that are neither."""
    kind = draw(st.integers(0, 5))
    if kind == 0:
        return draw(st.binary(max_size=200))
    if kind == 1:
        return draw(st.sampled_from([b'{"a":' * 3000, b"[" * 20000, b"", b"\n", b"\xff\n\xfe"]))
    value = draw(_BODIES)
    epoch, seq = draw(st.from_regex("[0-9a-f]{24}", fullmatch=True)), draw(st.integers(1, 99))
    name = identity(station, epoch, seq)
    if isinstance(value, dict) and draw(st.booleans()):
        place = {"site": "north", "station": station, "epoch": epoch, "seq": seq, "id": name}
        value |= {key: said for key, said in place.items() if key in value}
    body = json.dumps(value, ensure_ascii=draw(st.booleans())).encode(errors="replace")
    if kind == 2:
        return body
    role = draw(st.sampled_from(_ROLES)) if kind == 3 else "message"
    signer = _STRANGER if kind == 5 and not topic.endswith("/enrol") else None
    payload = bytearray(pack(body, seal_of(role, topic, body, name=name, signer=signer)))
    if draw(st.integers(0, 3)) == 0:  # a bit on the wire
        payload[draw(st.integers(0, len(payload) - 1))] ^= 1 << draw(st.integers(0, 7))
    return bytes(payload)


def poison(up: tuple[str, ...], down: str) -> st.SearchStrategy[tuple[str, bytes, bool]]:
    """Topic, payload and whether it is retained, for all topics of both ends.

    up : stations in whose name the collector is spoken to. down : the one that is spoken to.
    """
    of_station = ("result/posture", "result/fms", "event/erase", "event/gap", "event/epoch",
                  "event/consent", "event/model", "event/clock", "state", "birth", "health",
                  "enrol", "rsp/x")  # fmt: skip
    to_station = ("receipt", "desired", "cmd/erase", "cmd/resend", "cmd/screen", "state")
    ends = [(f"ps/v2/north/{name}/{each}", name) for name in up for each in of_station]
    ends += [(f"ps/v2/north/{down}/{each}", down) for each in to_station]
    ends += [("ps/v2/north/_collector/state", down)] * 4
    return st.sampled_from(ends).flatmap(
        lambda end: st.tuples(st.just(end[0]), payloads(*end), st.booleans())
    )

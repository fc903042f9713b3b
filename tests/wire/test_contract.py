"""The published contract against real messages."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from posture_tools.collector.__main__ import main
from simulators.assessments import assessment

from edge.errors import MessageRefused
from edge.results.outbox import Outbox
from edge.wire import bounds
from edge.wire.codec import BODY_LIMIT_BYTES, decode, decode_message, encode
from edge.wire.commands import Desired
from edge.wire.contract import MESSAGES, asyncapi, schema_of
from edge.wire.event import Event
from edge.wire.keys import Signer
from edge.wire.receipt import Receipt, Reject
from edge.wire.result import Result
from edge.wire.seal import is_sealed_by, pack, seal_of, unpack
from edge.wire.topics import Topics, parse


@pytest.fixture
def bodies(tmp_path: Path) -> list[bytes]:
    with Outbox.open(
        tmp_path / "outbox.db",
        site="north", station="hall-1", limit_bytes=1_000_000, at_limit="refuse",
    ) as outbox:  # fmt: skip
        outbox.accept(assessment())
        outbox.accept_event("camera", {"lost_s": 3.5})
        outbox.erase(session="nobody")
        return [message.body for message in outbox.pending(9)]


def test_real_messages_obey_the_published_schema(bodies: list[bytes]) -> None:
    for body, kind in zip(bodies, (Result, Event, Event), strict=True):
        jsonschema.Draft202012Validator(schema_of(kind)).validate(json.loads(body))


@pytest.mark.parametrize("damage", ["seq", "epoch", "measures", "prev_sha256"])
def test_schema_and_reader_refuse_the_same_damage(bodies: list[bytes], damage: str) -> None:
    message = json.loads(bodies[0])
    message[damage] = -1
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(schema_of(Result)).validate(message)
    with pytest.raises(MessageRefused):
        decode_message(json.dumps(message).encode())


def test_value_and_quality_must_agree(bodies: list[bytes]) -> None:
    message = json.loads(bodies[0])
    message["measures"][0]["value"] = None
    with pytest.raises(MessageRefused, match="not refused"):
        decode_message(json.dumps(message).encode())


def test_id_must_repeat_the_key(bodies: list[bytes]) -> None:
    message = json.loads(bodies[0])
    message["seq"] = 2
    with pytest.raises(MessageRefused, match="id"):
        decode_message(json.dumps(message).encode())


def test_an_older_station_names_no_backend(bodies: list[bytes]) -> None:
    result = json.loads(bodies[0])
    del result["backend"]
    body = json.dumps(result).encode()
    jsonschema.validate(result, schema_of(Result), cls=jsonschema.Draft202012Validator)
    assert decode(body, Result).backend == ""


def test_an_older_station_does_not_tell_its_scale_and_a_newer_one_may_know_others(
    bodies: list[bytes],
) -> None:
    result = json.loads(bodies[0])
    assert result["scale_by"] == ""
    newer = json.dumps(result | {"scale_by": "laser"}).encode()
    del result["scale_by"]
    jsonschema.validate(result, schema_of(Result), cls=jsonschema.Draft202012Validator)
    assert decode(json.dumps(result).encode(), Result).scale_by == ""
    assert decode(newer, Result).scale_by == "laser"
    with pytest.raises(MessageRefused):
        decode(json.dumps(result | {"scale_by": "a\nline"}).encode(), Result)


def test_a_newer_station_may_say_more(bodies: list[bytes]) -> None:
    message = json.loads(bodies[0]) | {"mood": "fine"}
    assert decode_message(json.dumps(message).encode()) == decode_message(bodies[0])


def test_every_schema_is_a_schema_and_every_reference_leads_somewhere() -> None:
    for message in MESSAGES:
        jsonschema.Draft202012Validator.check_schema(schema_of(message))
    document = asyncapi()

    def follow(node: object) -> None:
        if isinstance(node, dict):
            if isinstance(reference := node.get("$ref"), str):
                target = document
                for key in reference.removeprefix("#/").split("/"):
                    target = target[key]
            for child in node.values():
                follow(child)
        elif isinstance(node, list):
            for child in node:
                follow(child)

    follow(document)
    assert document["asyncapi"] == "3.0.0"
    assert document["channels"]["receipt"]["address"] == "ps/v2/{site}/{station}/receipt"
    for channel in document["channels"].values():
        for name in channel["parameters"]:
            assert "{" + name + "}" in channel["address"]


def test_receipt_round_trip() -> None:
    receipt = Receipt(
        "north", "hall-1", "0" * 24, 9, ((4, "a" * 64),), (Reject(9, "b" * 64, "conflict"),)
    )
    assert decode(msgspec.json.encode(receipt), Receipt) == receipt


def test_desired_obeys_the_published_schema() -> None:
    desired = Desired(version=3, hold=True, pin={"finder": "a" * 64}, force=("b" * 64,))
    schema = jsonschema.Draft202012Validator(schema_of(Desired))
    schema.validate(json.loads(encode(desired)))
    with pytest.raises(jsonschema.ValidationError):
        schema.validate(json.loads(encode(desired)) | {"pin": {"finder": "short"}})


def test_topics_are_taken_apart_as_they_are_put_together() -> None:
    topics = Topics("north", "hall-1")
    address = parse(topics.message("result/posture"))
    assert (address.site, address.station, address.channel) == ("north", "hall-1", "result/posture")
    for other in (
        "",
        "ps/v2/north/hall-1",
        "ps/v3/a/b/state",
        "ps/v2//b/state",
        "ps/v2/a\n/b/state",
        "ps/v2/a/b/state\n",
        "ps/v2/_collector/b/state",
        "ps/v2/a/b/rsp/c/d",
    ):
        with pytest.raises(MessageRefused):
            parse(other)


@settings(max_examples=300)
@given(st.binary(max_size=400))
def test_whatever_comes_is_refused_in_one_way(payload: bytes) -> None:
    for read in (decode_message, unpack, lambda body: decode(body, Receipt)):
        with pytest.raises(MessageRefused):
            read(payload)


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b'{"a":' * 9000 + b"1" + b"}" * 9000, "at most"),
        (b"[" * 17 + b"]" * 17, "nested"),
        (b"[" * 8000 + b"]" * 8000, "nested"),
        (b'{"a":[' * 9 + b"}]", "nested"),
        (b'{"a":"\\u0000"}', "NUL"),
        (b'{"a":' + b"9" * 65 + b"}", "64 digits"),
        (b'{"a":' + b"1203456789" * 7 + b"}", "64 digits"),
        (b'{"a":"\xff"}', "UTF-8"),
        (b"{" + b" " * BODY_LIMIT_BYTES + b"}", "bytes"),
    ],
)
def test_bounds_are_kept_before_anything_is_parsed(body: bytes, why: str) -> None:
    with pytest.raises(MessageRefused, match=why):
        bounds.check(body)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=30,
)  # fmt: skip


@given(JSON)
def test_depth_is_counted_as_a_reader_would(value: object) -> None:
    def depth(node: object) -> int:
        if isinstance(node, dict):
            return 1 + max(map(depth, node.values()), default=0)
        if isinstance(node, list):
            return 1 + max(map(depth, node), default=0)
        return 0

    text = json.dumps(value).encode()
    bare = text.replace(rb"\\", b"").replace(rb"\"", b"")
    if depth(value) <= bounds.MOST_NESTED:
        assert bounds.nested(bare) == depth(value)
    else:
        assert bounds.nested(bare) > bounds.MOST_NESTED


def test_an_escaped_backslash_before_u0000_is_no_nul() -> None:
    bounds.check(rb'{"a":"\\u0000"}')


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("gap", {"ranges": [[5, 1]]}),
        ("gap", {"ranges": [[1, 2**53 - 1]]}),
        ("erase", {"session": "a"}),
        ("erase", {"session": "a", "ranges": [[k, k + 99_999] for k in range(1, 40)]}),
        ("epoch", {"reason": "mood"}),
    ],
)
def test_what_an_event_says_is_checked_when_it_is_read(
    bodies: list[bytes], kind: str, data: object
) -> None:
    event = json.loads(bodies[1]) | {"kind": kind, "data": data}
    with pytest.raises(MessageRefused):
        decode_message(json.dumps(event).encode())


def test_a_seal_of_another_body_is_refused(bodies: list[bytes]) -> None:
    seal = seal_of("message", "ps/v2/north/hall-1/result/posture", bodies[0], name="x")
    assert unpack(pack(bodies[0], seal)).body == bodies[0]
    with pytest.raises(MessageRefused, match="under way"):
        unpack(pack(bodies[1], seal))


def test_a_key_vouches_for_topic_role_number_and_body(bodies: list[bytes]) -> None:
    topic = "ps/v2/north/hall-1/result/posture"
    signer = Signer.new()
    seal = unpack(
        pack(bodies[0], seal_of("message", topic, bodies[0], name="n", signer=signer))
    ).seal
    assert is_sealed_by(signer.public, seal, topic)
    assert not is_sealed_by(Signer.new().public, seal, topic)
    assert not is_sealed_by(signer.public, seal, topic + "x")
    for change in ({"role": "late"}, {"id": "m"}, {"sha256": "0" * 64}, {"signature": "no"}):
        assert not is_sealed_by(signer.public, msgspec.structs.replace(seal, **change), topic)


def test_the_command_prints_one_schema_or_all(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["contract", "--schema", "Receipt"]) == 0
    assert json.loads(capsys.readouterr().out) == json.loads(json.dumps(schema_of(Receipt)))
    assert main(["contract"]) == 0
    assert json.loads(capsys.readouterr().out)["asyncapi"] == "3.0.0"

"""The published contract against real messages."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import msgspec
import pytest
from posture_tools.collector.__main__ import main
from simulators.assessments import assessment

from edge.errors import MessageRefused
from edge.results.outbox import Outbox
from edge.wire.contract import MESSAGES, asyncapi, schema_of
from edge.wire.messages import (
    Desired,
    Event,
    Receipt,
    Reject,
    Result,
    decode,
    decode_message,
    encode,
)
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
    assert document["channels"]["receipt"]["address"] == "ps/v1/{site}/{station}/receipt"
    for channel in document["channels"].values():
        for name in channel["parameters"]:
            assert "{" + name + "}" in channel["address"]


def test_receipt_round_trip() -> None:
    receipt = Receipt("0" * 24, 4, ((6, 7),), (Reject(9, "conflict"),))
    assert decode(msgspec.json.encode(receipt), Receipt) == receipt
    assert [seq for seq in range(1, 10) if receipt.covers(seq)] == [1, 2, 3, 4, 6, 7]


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
    for other in ("", "ps/v1/north/hall-1", "ps/v2/a/b/state", "ps/v1//b/state"):
        with pytest.raises(MessageRefused):
            parse(other)


def test_the_command_prints_one_schema_or_all(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["contract", "--schema", "Receipt"]) == 0
    assert json.loads(capsys.readouterr().out) == json.loads(json.dumps(schema_of(Receipt)))
    assert main(["contract"]) == 0
    assert json.loads(capsys.readouterr().out)["asyncapi"] == "3.0.0"

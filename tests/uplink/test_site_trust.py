"""A station that holds its site's public key: whom it believes, and whom not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from posture_tools.collector.worker_key import GrantedKey

from edge.errors import MessageRefused
from edge.results.outbox import Outbox
from edge.wire.grant import Granted, grant
from edge.wire.keys import Signer
from edge.wire.seal import pack, seal_of
from edge.wire.trust import SiteTrust

TOPIC = "ps/v2/north/hall-1/receipt"
BODY = b"{}"
SITE = Signer.new()


def granted(role: Granted = "receipt", serial: int = 1, site: str = "north") -> GrantedKey:
    signer = Signer.new()
    return GrantedKey(signer, grant(SITE, role, site, signer.public, serial))


@pytest.fixture
def outbox(tmp_path: Path) -> Iterator[Outbox]:
    with Outbox.open(
        tmp_path / "outbox.db",
        site="north", station="hall-1", limit_bytes=1_000_000, at_limit="refuse",
    ) as box:  # fmt: skip
        yield box


@pytest.fixture
def trust(outbox: Outbox) -> SiteTrust:
    return SiteTrust("north", SITE.public, outbox.floor, outbox.raise_floor)


def test_a_granted_key_is_believed(trust: SiteTrust) -> None:
    assert trust.open(granted().payload("receipt", TOPIC, BODY), TOPIC, "receipt").body == BODY


def test_a_collector_lost_with_its_keys_is_replaced(trust: SiteTrust, outbox: Outbox) -> None:
    """The operator signs a new key with the site key; the thief's old one is void from then on."""
    stolen, new = granted(serial=1), granted(serial=2)
    old = stolen.payload("receipt", TOPIC, BODY)
    trust.open(old, TOPIC, "receipt")
    trust.open(new.payload("receipt", TOPIC, BODY), TOPIC, "receipt")
    with pytest.raises(MessageRefused, match="retired"):
        trust.open(old, TOPIC, "receipt")
    again = SiteTrust("north", SITE.public, outbox.floor, outbox.raise_floor)
    with pytest.raises(MessageRefused, match="retired"):  # also after a restart
        again.open(old, TOPIC, "receipt")


def test_a_stolen_command_key_ends_with_the_next_grant(trust: SiteTrust) -> None:
    topic = "ps/v2/north/hall-1/cmd/erase"
    stolen, new = granted("command", serial=1), granted("command", serial=2)
    assert trust.open(stolen.payload("command", topic, BODY), topic, "command").body == BODY
    trust.open(new.payload("desired", TOPIC, BODY), TOPIC, "desired")  # any word of the new one
    with pytest.raises(MessageRefused, match="retired"):
        trust.open(stolen.payload("command", topic, BODY), topic, "command")


def test_two_workers_share_a_serial(trust: SiteTrust) -> None:
    for worker in (granted(serial=3), granted(serial=3)):
        trust.open(worker.payload("receipt", TOPIC, BODY), TOPIC, "receipt")


def test_what_is_not_signed_as_it_should_be(trust: SiteTrust) -> None:
    key, stranger = granted(), Signer.new()
    own = GrantedKey(stranger, grant(stranger, "receipt", "north", stranger.public, 9))
    south = granted(site="south")
    borrowed = seal_of("receipt", TOPIC, BODY, signer=stranger, grant=key.grant)
    raised = msgspec.structs.replace(key.grant, serial=99)
    refused = {
        "nobody signs": pack(BODY, seal_of("receipt", TOPIC, BODY)),
        "no grant": pack(BODY, seal_of("receipt", TOPIC, BODY, signer=key.signer)),
        "its own grant": own.payload("receipt", TOPIC, BODY),
        "another site": south.payload("receipt", TOPIC, BODY),
        "another's grant": pack(BODY, borrowed),
        "a raised serial": pack(
            BODY, seal_of("receipt", TOPIC, BODY, signer=key.signer, grant=raised)
        ),
        "another topic": key.payload("receipt", TOPIC + "x", BODY),
        "another body": key.payload("receipt", TOPIC, BODY).replace(b"{}", b"[]", 1),
        "a key for commands": pack(
            BODY, seal_of("receipt", TOPIC, BODY, signer=key.signer, grant=granted("command").grant)
        ),
        "another role": granted("command").payload("command", TOPIC, BODY),
    }
    believed = []
    for name, payload in refused.items():
        try:
            trust.open(payload, TOPIC, "receipt")
            believed.append(name)
        except MessageRefused:
            pass
    assert believed == []


def test_a_receipt_key_commands_nothing(trust: SiteTrust) -> None:
    key = granted("receipt")
    topic = "ps/v2/north/hall-1/cmd/erase"
    seal = seal_of("command", topic, BODY, signer=key.signer, grant=key.grant)
    with pytest.raises(MessageRefused, match="grant is for receipt"):
        trust.open(pack(BODY, seal), topic, "command")
    with pytest.raises(ValueError, match="signs no command"):
        key.payload("command", topic, BODY)


@pytest.mark.parametrize("damage", range(0, 700, 7))
def test_no_bit_of_a_seal_may_change(trust: SiteTrust, damage: int) -> None:
    payload = bytearray(granted().payload("receipt", TOPIC, BODY))
    payload[3 + damage % (len(payload) - 3)] ^= 1 << damage % 8
    try:
        opened = trust.open(bytes(payload), TOPIC, "receipt")
    except MessageRefused:
        return
    # What may change is what nobody reads: unused bits at the end of a base64 text.
    assert opened.body == BODY
    assert json.loads(opened.seal_bytes)["role"] == "receipt"

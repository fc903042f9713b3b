"""Whose messages the collector believes: keys, tokens, approval, revocation, version 0.1."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from posture_tools.collector.intake import Bad, Good, Incoming, examine
from posture_tools.collector.report import results
from posture_tools.collector.store import Outcome, Store
from simulators.assessments import assessment

from edge.errors import MessageRefused
from edge.results.outbox import Outbox
from edge.wire.enrol import enrolment
from edge.wire.event import EventKind
from edge.wire.keys import Signer
from edge.wire.topics import OLD_ROOT, Address, Topics

ADDRESS = Address("north", "hall-1", "enrol")
PLACE = ("north", "hall-1")


def close(store: Store) -> None:
    store.change(lambda db: db.execute("INSERT INTO closed_site VALUES ('north')"))


def give_token(store: Store, token: str, *, replaces: bool = False) -> None:
    store.change(
        lambda db: db.execute(
            "INSERT INTO token VALUES (?, ?, ?, ?) ON CONFLICT (site, station)"
            " DO UPDATE SET token = excluded.token, replaces = excluded.replaces",
            (*PLACE, token, int(replaces)),
        )
    )


def said(folder: Path, signer: Signer | None, kind: EventKind = "camera") -> list[Good | Bad]:
    """A result and an event of a station with this key."""
    folder.mkdir()
    given: dict[str, Any] = {"site": "north", "station": "hall-1", "limit_bytes": 1_000_000}
    with Outbox.open(folder / "o.db", at_limit="refuse", signer=signer, **given) as outbox:
        outbox.accept(assessment())
        outbox.accept_event(kind, {})
        topics = Topics(*PLACE)
        return [examine(Incoming(topics.message(m.channel), m.payload)) for m in outbox.pending(9)]


def send(store: Store, items: list[Good | Bad]) -> Outcome:
    return store.ingest(store.judge(items))


def is_taken(store: Store, items: list[Good | Bad]) -> bool:
    """Both are stored and answered, or neither is."""
    outcome = send(store, items)
    assert len(outcome.receipts) in {0, 1}
    answered = sum(len(receipt.settled) for _, receipt in outcome.receipts)
    assert answered == len(outcome.stored) + outcome.duplicates
    return answered == len(items)


def test_a_desk_takes_a_station_without_a_key(store: Store, tmp_path: Path) -> None:
    assert is_taken(store, said(tmp_path / "a", None))


def test_the_first_key_at_a_desk_is_the_only_one(store: Store, tmp_path: Path) -> None:
    own, other = Signer.new(), Signer.new()
    mine = said(tmp_path / "a", own)
    assert not is_taken(store, mine), "not before it has shown its key"
    assert "known from now on" in store.enrol(ADDRESS, enrolment(own, *PLACE))
    assert is_taken(store, mine)
    assert store.enrol(ADDRESS, enrolment(own, *PLACE)) == ""
    assert "approve" in store.enrol(ADDRESS, enrolment(other, *PLACE))
    assert not is_taken(store, said(tmp_path / "b", other))
    assert not is_taken(store, said(tmp_path / "c", None)), "never again unsigned"
    assert len(list(results(store))) == 1
    letters = store.rows("SELECT code, vouched FROM dead_letter")
    assert set(letters) == {("unsigned", 0)}


def test_a_closed_site_hears_only_whom_a_token_enrolled(store: Store, tmp_path: Path) -> None:
    close(store)
    own, thief = Signer.new(), Signer.new()
    give_token(store, "t" * 40)
    mine = said(tmp_path / "a", own)
    for words in (enrolment(thief, *PLACE), enrolment(thief, *PLACE, "guessed")):
        store.enrol(ADDRESS, words)
    assert not is_taken(store, said(tmp_path / "b", thief))
    assert not is_taken(store, said(tmp_path / "c", None))
    assert "enrolled" in store.enrol(ADDRESS, enrolment(own, *PLACE, "t" * 40))
    assert is_taken(store, mine)
    store.enrol(ADDRESS, enrolment(thief, *PLACE, "t" * 40))
    assert not is_taken(store, said(tmp_path / "d", thief)), "a token enrols once"


@pytest.mark.parametrize("replaces", [False, True])
def test_another_board_under_a_known_name(store: Store, tmp_path: Path, replaces: bool) -> None:
    close(store)
    first, second = Signer.new(), Signer.new()
    give_token(store, "one")
    store.enrol(ADDRESS, enrolment(first, *PLACE, "one"))
    give_token(store, "two", replaces=replaces)
    store.enrol(ADDRESS, enrolment(second, *PLACE, "two"))
    assert is_taken(store, said(tmp_path / "a", second)) is replaces
    assert is_taken(store, said(tmp_path / "b", first)) is not replaces


def test_an_enrolment_must_be_its_own(store: Store) -> None:
    """A broker that lies can neither show a key that it does not hold nor move a proof."""
    close(store)
    give_token(store, "token")
    own = enrolment(Signer.new(), *PLACE, "token")
    other = enrolment(Signer.new(), *PLACE)
    body, seal = own.split(b"\n")
    for forged in (
        body + b"\n" + other.split(b"\n")[1], body, b"", b"{}\n{}",
        body.replace(b'"proof":"', b'"proof":"0') + b"\n" + seal,
        enrolment(Signer.new(), "north", "hall-2", "token"),
    ):  # fmt: skip
        with pytest.raises(MessageRefused):
            store.enrol(ADDRESS, forged)
    assert store.rows("SELECT * FROM trusted") == []


def test_a_flood_of_keys_is_bounded(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    close(store)
    monkeypatch.setattr("posture_tools.collector.trust._MOST_PENDING", 2)
    refused = 0
    for number in range(5):
        name = f"s{number}"
        try:
            store.enrol(Address("north", name, "enrol"), enrolment(Signer.new(), "north", name))
        except MessageRefused:
            refused += 1
    assert (refused, store.rows("SELECT COUNT(*) FROM pending_key")) == (3, [(2,)])


def test_a_revoked_station_is_refused_with_its_key(store: Store, tmp_path: Path) -> None:
    own = Signer.new()
    store.enrol(ADDRESS, enrolment(own, *PLACE))
    store.change(lambda db: db.execute("UPDATE trusted SET revoked = 1"))
    assert not is_taken(store, said(tmp_path / "a", own))
    assert not is_taken(store, said(tmp_path / "b", None))
    assert "approve" in store.enrol(ADDRESS, enrolment(Signer.new(), *PLACE))


@pytest.mark.parametrize("allowed", [False, True])
def test_version_0_1_is_heard_where_the_operator_says_so(
    store: Store, tmp_path: Path, allowed: bool
) -> None:
    close(store)
    if allowed:
        store.change(
            lambda db: db.execute("INSERT INTO trusted VALUES (?, ?, '', '', 0, 1, '')", PLACE)
        )
    old = [
        examine(Incoming(item.incoming.topic.replace("ps/v2", OLD_ROOT), item.body))
        for item in said(tmp_path / "a", None)
        if isinstance(item, Good)
    ]
    assert is_taken(store, old) is allowed
    assert all(seal == b"" for (seal,) in store.rows("SELECT seal FROM result")), "marked so"


def test_a_rejected_message_is_answered_only_where_it_is_signed(
    store: Store, tmp_path: Path
) -> None:
    own = Signer.new()
    store.enrol(ADDRESS, enrolment(own, *PLACE))
    items = [item for item in said(tmp_path / "a", own) if isinstance(item, Good)]
    unreadable = [
        Bad(item.incoming, item.address, item.key, item.body_sha256, "malformed", "", item.sealed)
        for item in items
    ]
    assert sum(len(r.reject) for _, r in send(store, list(unreadable)).receipts) == 2
    strangers = said(tmp_path / "b", Signer.new())
    forged = [
        Bad(i.incoming, i.address, i.key, i.body_sha256, "malformed", "", i.sealed)
        for i in strangers
        if isinstance(i, Good)
    ]
    assert send(store, list(forged)).receipts == []


def test_the_seal_is_stored_with_the_body(store: Store, tmp_path: Path) -> None:
    own = Signer.new()
    store.enrol(ADDRESS, enrolment(own, *PLACE))
    items = said(tmp_path / "a", own)
    send(store, items)
    [stored] = results(store)
    assert stored.seal == items[0].sealed.seal_bytes  # type: ignore[union-attr]
    assert examine(Incoming(items[0].incoming.topic, stored.body + b"\n" + stored.seal)) == items[0]

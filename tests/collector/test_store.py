"""The store: exactly once, conflicts kept, tombstones that hold, receipts that are true."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from posture_tools.collector.intake import Bad, Incoming, Key, examine
from posture_tools.collector.report import as_json, fleet, results
from posture_tools.collector.store import Outcome, Store
from simulators.assessments import assessment

from edge.results.outbox import SMALLEST_LIMIT_BYTES, AtLimit, Outbox, Pending
from edge.wire import clock
from edge.wire.messages import BODY_LIMIT_BYTES, Receipt, Reject
from edge.wire.ranges import holds

PREFIX = "ps/v1/north/hall-1/"


def open_outbox(
    folder: Path, limit_bytes: int = 50_000_000, at_limit: AtLimit = "refuse"
) -> Outbox:
    return Outbox.open(
        folder / "outbox.db",
        site="north", station="hall-1", limit_bytes=limit_bytes, at_limit=at_limit,
    )  # fmt: skip


@pytest.fixture
def outbox(tmp_path: Path) -> Iterator[Outbox]:
    with open_outbox(tmp_path) as box:
        yield box


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "collector.db") as opened:
        yield opened


def send(store: Store, *messages: Pending) -> Outcome:
    batch = [examine(Incoming(PREFIX + m.channel, m.body)) for m in messages]
    return store.ingest(batch)


def receipt_of(outcome: Outcome) -> Receipt:
    [(site, station, receipt)] = outcome.receipts
    assert (site, station) == ("north", "hall-1")
    return receipt


def seqs(store: Store) -> list[int]:
    return [stored.result.seq for stored in results(store)]


def test_results_come_out_as_they_went_in(outbox: Outbox, store: Store) -> None:
    for number in range(3):
        outbox.accept(assessment(number))
    sent = outbox.pending(9)
    assert receipt_of(send(store, *sent)) == Receipt(outbox.epoch, upto=3)
    assert [stored.body for stored in results(store)] == [message.body for message in sent]
    listed = as_json(next(results(store)))
    assert listed["session"] == "session-0"
    assert listed["screened_at"] == listed["t"]["utc"]


def test_twice_is_once_also_within_a_batch(outbox: Outbox, store: Store) -> None:
    outbox.accept(assessment())
    [message] = outbox.pending(1)
    outcome = send(store, message, message)
    assert (len(outcome.stored), outcome.duplicates) == (1, 1)
    again = send(store, message)
    assert (len(again.stored), again.duplicates) == (0, 1)
    assert receipt_of(again) == Receipt(outbox.epoch, upto=1)


def test_receipt_names_what_lies_beyond_a_hole(outbox: Outbox, store: Store) -> None:
    for number in range(6):
        outbox.accept(assessment(number))
    message = {m.seq: m for m in outbox.pending(9)}
    assert receipt_of(send(store, message[2], message[3], message[6])) == Receipt(
        outbox.epoch, 0, ((2, 3), (6, 6))
    )
    assert receipt_of(send(store, message[1])) == Receipt(outbox.epoch, 3)
    assert fleet(store)[0].missing == 2


def test_second_body_under_one_key(tmp_path: Path, store: Store) -> None:
    """A card restored from a copy: the first body stands, the second is kept and rejected."""
    bodies = []
    with open_outbox(tmp_path / "life") as outbox:
        epoch = outbox.epoch
        copy = (tmp_path / "life" / "outbox.db").read_bytes()
        wal = (tmp_path / "life" / "outbox.db-wal").read_bytes()
        outbox.accept(assessment(1))
        bodies.append(outbox.pending(1)[0])
    (tmp_path / "copy").mkdir()
    (tmp_path / "copy" / "outbox.db").write_bytes(copy)
    (tmp_path / "copy" / "outbox.db-wal").write_bytes(wal)
    with open_outbox(tmp_path / "copy") as second:
        assert second.epoch == epoch
        second.accept(assessment(2))
        bodies.append(second.pending(1)[0])
        send(store, bodies[0])
        outcome = send(store, bodies[1])
        assert receipt_of(outcome).reject == (Reject(1, "conflict"),)
        assert second.settle(receipt_of(outcome), {1}).rejected == (1,)
    assert [stored.body for stored in results(store)] == [bodies[0].body]
    assert store.rows("SELECT body FROM ingest_conflict") == [(bodies[1].body,)]
    assert fleet(store)[0].conflicts == 1


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (lambda m: m | {"measures": "none"}, "malformed"),
        (lambda m: m | {"padding": "x" * BODY_LIMIT_BYTES}, "too_large"),
        (lambda m: m | {"kind": "spine"}, "topic_mismatch"),
    ],
)
def test_poison_is_buried_and_rejected_and_does_not_stop_the_rest(
    outbox: Outbox, store: Store, spoil: Any, code: str
) -> None:
    for number in range(3):
        outbox.accept(assessment(number))
    first, second, third = outbox.pending(3)
    body = json.dumps(spoil(json.loads(second.body))).encode()
    outcome = send(store, first, Pending(2, second.channel, body), third)
    assert receipt_of(outcome) == Receipt(outbox.epoch, 3, reject=(Reject(2, code),))  # type: ignore[arg-type]
    assert store.rows("SELECT seq, code, body FROM dead_letter") == [(2, code, body)]
    assert seqs(store) == [1, 3]
    assert fleet(store)[0].rejected == 1
    mended = send(store, second)
    assert len(mended.stored) == 1
    assert seqs(store) == [1, 2, 3]


def test_unreadable_message_is_known_by_its_property(outbox: Outbox, store: Store) -> None:
    name = f"hall-1:{outbox.epoch}:4"
    item = examine(Incoming(PREFIX + "result/posture", b"\xff", {"id": name}))
    assert isinstance(item, Bad)
    assert item.key == Key("hall-1", outbox.epoch, 4)
    assert receipt_of(store.ingest([item])).reject == (Reject(4, "malformed"),)


def test_unreadable_message_without_a_name_is_only_buried(store: Store) -> None:
    for name in ("", "hall-2:" + "0" * 24 + ":4", "hall-1:x:0"):
        item = examine(Incoming(PREFIX + "result/posture", b"{", {"id": name}))
        assert store.ingest([item]).receipts == []
    assert store.rows("SELECT COUNT(*) FROM dead_letter") == [(1,)]


def test_station_that_speaks_for_another_is_not_believed(outbox: Outbox, store: Store) -> None:
    outbox.accept(assessment())
    [message] = outbox.pending(1)
    item = examine(Incoming("ps/v1/north/hall-2/result/posture", message.body))
    assert isinstance(item, Bad)
    assert (item.code, item.key) == ("topic_mismatch", None)


def test_bad_copy_of_a_stored_message_is_not_rejected(outbox: Outbox, store: Store) -> None:
    """Or a forger could have the station throw out what is well stored."""
    outbox.accept(assessment())
    [message] = outbox.pending(1)
    send(store, message)
    assert receipt_of(send(store, Pending(1, "result/spine", message.body))).reject == ()


def test_gap_record_lets_the_receipts_go_on(tmp_path: Path, store: Store) -> None:
    with open_outbox(tmp_path / "s", SMALLEST_LIMIT_BYTES, "drop-oldest") as outbox:
        for number in range(100):
            outbox.accept(assessment(number, padding=2000))
        accepted, left = outbox.counts().accepted, outbox.pending(1000)
        assert receipt_of(send(store, *left)).upto == accepted
        line = fleet(store)[0]
        assert (line.missing, line.lost) == (0, outbox.counts().dropped)
        assert line.lost == accepted - len(left)


def test_erasing_reaches_what_was_delivered_and_what_is_still_under_way(
    outbox: Outbox, store: Store
) -> None:
    outbox.accept(assessment(1, session="gone"))
    outbox.accept(assessment(2, session="stays"))
    outbox.accept(assessment(3, session="gone"))
    first, second, third = outbox.pending(3)
    send(store, first, second)
    outbox.settle(Receipt(outbox.epoch, 1), {1})
    outbox.erase(session="gone")
    event = outbox.pending(1, newest_first=True)[0]
    assert receipt_of(send(store, event)).upto == 4
    assert seqs(store) == [2]
    late = send(store, third)
    assert (len(late.stored), late.duplicates) == (0, 1)
    assert seqs(store) == [2]
    assert store.rows("SELECT seq, body_sha256 FROM ingest_key WHERE fate = 'erased'") == [
        (1, ""), (3, ""),
    ]  # fmt: skip


def test_results_of_a_wrong_clock_are_dated_afterwards(
    outbox: Outbox, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock.time, "time_ns", lambda: 0)
    monkeypatch.setattr(clock.time, "clock_gettime_ns", lambda _: 10 * 10**9)
    outbox.accept(assessment())
    right_ns = clock.RELEASED_UTC_NS + 1000 * 10**9
    monkeypatch.setattr(clock.time, "time_ns", lambda: right_ns)
    monkeypatch.setattr(clock.time, "clock_gettime_ns", lambda _: 70 * 10**9)
    monkeypatch.setattr(clock, "is_disciplined", lambda: True)
    outbox.accept_clock()
    result, event = outbox.pending(2)
    send(store, result)
    assert next(results(store)).screened_at.startswith("1970")
    send(store, event)
    [stored] = results(store)
    assert stored.screened_at == "2026-01-01T00:15:40.000Z"
    assert stored.result.t.utc.startswith("1970")


@settings(max_examples=12, deadline=None)
@given(st.lists(st.lists(st.integers(1, 12), min_size=1, max_size=6), max_size=12))
def test_receipts_never_promise_what_is_not_there(
    tmp_path_factory: pytest.TempPathFactory, batches: list[list[int]]
) -> None:
    """Any order, any repetition: a receipt names exactly what it was asked about and has."""
    folder = tmp_path_factory.mktemp("store")
    with open_outbox(folder) as outbox, Store(folder / "collector.db") as store:
        for number in range(12):
            outbox.accept(assessment(number))
        message = {m.seq: m for m in outbox.pending(12)}
        come: set[int] = set()
        for batch in batches:
            come |= set(batch)
            receipt = receipt_of(send(store, *(message[seq] for seq in batch)))
            assert all(receipt.covers(seq) for seq in batch)
            assert {seq for seq in message if receipt.covers(seq)} <= come
            assert not holds(receipt.have, receipt.upto)
        assert set(seqs(store)) == come

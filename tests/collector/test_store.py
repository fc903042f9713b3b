"""The store: exactly once, conflicts kept, tombstones that hold, receipts that are true."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from posture_tools.collector import dead_letters
from posture_tools.collector.intake import Bad, Good, Incoming, Key, examine
from posture_tools.collector.report import as_json, fleet, results
from posture_tools.collector.sqlite.store import SqliteStore
from posture_tools.collector.store import Outcome, Store
from simulators.assessments import assessment
from simulators.collector_words import receipt_for

from edge.errors import StoreFailed
from edge.results.intact import Pending
from edge.results.outbox import SMALLEST_LIMIT_BYTES, AtLimit, Outbox
from edge.wire import clock
from edge.wire.codec import BODY_LIMIT_BYTES, decode_message
from edge.wire.receipt import Receipt, Reject
from edge.wire.seal import digest, seal_of
from edge.wire.topics import Topics

PREFIX = "ps/v2/north/hall-1/"


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


def send(store: Store, *messages: Pending) -> Outcome:
    batch = [examine(Incoming(PREFIX + m.channel, m.payload)) for m in messages]
    return store.ingest(batch)


def receipt_of(outcome: Outcome) -> Receipt:
    [(topics, receipt)] = outcome.receipts
    assert (topics.site, topics.station) == ("north", "hall-1")
    assert (receipt.site, receipt.station) == ("north", "hall-1")
    return receipt


def settled(outcome: Outcome) -> list[int]:
    return [seq for seq, _ in receipt_of(outcome).settled]


def forged(message: Pending, body: bytes) -> Pending:
    """Another body under a message's name, with a seal that fits it."""
    name = json.loads(message.body)["id"]
    seal = seal_of("message", PREFIX + message.channel, body, name=name)
    return Pending(message.seq, message.channel, digest(body), body, seal)


def seqs(store: Store) -> list[int]:
    return [stored.result.seq for stored in results(store)]


def test_results_come_out_as_they_went_in(outbox: Outbox, store: Store) -> None:
    for number in range(3):
        outbox.accept(assessment(number))
    sent = outbox.pending(9)
    receipt = receipt_of(send(store, *sent))
    assert receipt == Receipt(
        "north", "hall-1", outbox.epoch, 3, tuple((m.seq, m.sha256) for m in sent)
    )
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
    assert settled(again) == [1]


def test_receipt_names_what_came_and_how_far_the_station_is(outbox: Outbox, store: Store) -> None:
    for number in range(6):
        outbox.accept(assessment(number))
    message = {m.seq: m for m in outbox.pending(9)}
    outcome = send(store, message[2], message[3], message[6])
    assert (settled(outcome), receipt_of(outcome).newest) == ([2, 3, 6], 6)
    outcome = send(store, message[1])
    assert (settled(outcome), receipt_of(outcome).newest) == ([1], 6)
    assert fleet(store)[0].missing == 2


def test_a_restored_card_loses_nothing_and_doubles_nothing(tmp_path: Path, store: Store) -> None:
    """The first body stands, the second is told to go on in a new epoch, and does."""
    with open_outbox(tmp_path / "life") as outbox:
        copy = (tmp_path / "life" / "outbox.db").read_bytes()
        wal = (tmp_path / "life" / "outbox.db-wal").read_bytes()
        outbox.accept(assessment(1))
        [first] = outbox.pending(1)
    (tmp_path / "copy").mkdir()
    (tmp_path / "copy" / "outbox.db").write_bytes(copy)
    (tmp_path / "copy" / "outbox.db-wal").write_bytes(wal)
    with open_outbox(tmp_path / "copy") as second:
        second.accept(assessment(2))
        [other] = second.pending(1)
        send(store, first)
        outcome = send(store, other)
        assert receipt_of(outcome).reject == (Reject(1, other.sha256, "conflict"),)
        assert fleet(store)[0].conflicts == 1
        assert second.settle(receipt_of(outcome)).behind
        again = send(store, *second.pending(9))
        assert settled(again) == [1, 2]
        assert second.settle(receipt_of(again)).stored == (1, 2)
    assert sorted(stored.result.session for stored in results(store)) == ["session-1", "session-2"]
    assert store.rows("SELECT body FROM ingest_conflict") == [(other.body,)]
    [line] = fleet(store)
    assert (line.conflicts, line.missing, line.broken) == (0, 0, 0), "resolved by itself"


@pytest.mark.parametrize("first", ["old name", "new name"])
def test_a_message_that_came_under_its_old_name_too_is_stored_once(
    outbox: Outbox, store: Store, first: str
) -> None:
    """Delivered, its receipt lost, and then a new epoch."""
    outbox.accept(assessment(1))
    [old] = outbox.pending(1)
    receipt = Receipt("north", "hall-1", outbox.epoch, 99)
    if first == "old name":
        send(store, old)
    assert outbox.settle(receipt).behind
    assert settled(send(store, *outbox.pending(9))) == [1, 2]
    assert settled(send(store, old)) == [1]
    assert len(list(results(store))) == 1
    assert fleet(store)[0].missing == 0


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (lambda m: m | {"measures": "none"}, "malformed"),
        (lambda m: m | {"t": m["t"] | {"utc": "yesterday"}}, "malformed"),
        (lambda m: m | {"t": m["t"] | {"utc": "9999-12-31T00:00:00Z"}}, "malformed"),
        (lambda m: m | {"t": m["t"] | {"boottime_ns": 2**63}}, "malformed"),
        (lambda m: m | {"seq": 2**63}, "malformed"),
        (lambda m: m | {"session": "a\x00b"}, "malformed"),
        (lambda m: m | {"session": "\x1b[2J"}, "malformed"),
        (lambda m: m | {"seq": 3, "id": m["id"][:-1] + "3"}, "topic_mismatch"),
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
    bad = forged(second, body)
    outcome = send(store, first, bad, third)
    assert settled(outcome) == [1, 3]
    assert receipt_of(outcome).reject == (Reject(2, digest(body), code),)  # type: ignore[arg-type]
    assert store.rows("SELECT seq, code, body FROM dead_letter") == [(2, code, bad.payload)]
    assert seqs(store) == [1, 3]
    assert fleet(store)[0].rejected == 1
    mended = send(store, second)
    assert len(mended.stored) == 1
    assert seqs(store) == [1, 2, 3]


def test_unreadable_message_is_known_by_its_seal(outbox: Outbox, store: Store) -> None:
    name = f"hall-1:{outbox.epoch}:4"
    topic = PREFIX + "result/posture"
    body = b'{"schema":"ps.result/1"}'
    item = examine(Incoming(topic, body + b"\n" + seal_of("message", topic, body, name=name)))
    assert isinstance(item, Bad)
    assert item.key == Key("north", "hall-1", outbox.epoch, 4)
    assert receipt_of(store.ingest([item])).reject == (Reject(4, digest(body), "malformed"),)


@pytest.mark.parametrize("name", ["", "hall-2:" + "0" * 24 + ":4", "hall-1:x:0", "hall-1"])
def test_a_message_that_nobody_vouches_for_is_only_buried(store: Store, name: str) -> None:
    topic = PREFIX + "result/posture"
    seal = seal_of("message", topic, b"{", name=name)
    assert store.ingest([examine(Incoming(topic, b"{\n" + seal))]).receipts == []
    assert store.rows("SELECT vouched FROM dead_letter") == [(0,)]


def test_a_body_that_was_changed_under_way_is_not_answered(outbox: Outbox, store: Store) -> None:
    """Its station has another body: a reject would be of no body it knows."""
    outbox.accept(assessment())
    [message] = outbox.pending(1)
    changed = message.payload.replace(b"session-1", b"session-7")
    item = examine(Incoming(PREFIX + message.channel, changed))
    assert isinstance(item, Bad)
    assert store.ingest([item]).receipts == []
    assert settled(send(store, message)) == [1]


def test_station_that_speaks_for_another_is_not_believed(outbox: Outbox, store: Store) -> None:
    outbox.accept(assessment())
    [message] = outbox.pending(1)
    item = examine(Incoming("ps/v2/north/hall-2/result/posture", message.payload))
    assert isinstance(item, Bad)
    assert (item.code, item.key) == ("unsealed", None)


def test_bad_copy_of_a_stored_message_is_not_rejected(outbox: Outbox, store: Store) -> None:
    """Or a forger could have the station throw out what is well stored."""
    outbox.accept(assessment())
    [message] = outbox.pending(1)
    send(store, message)
    bad = forged(message, b"{}")
    outcome = send(store, bad)
    assert receipt_of(outcome).reject == ()
    assert receipt_of(outcome).settled == ((1, message.sha256),)


def test_a_gap_record_says_what_is_lost(tmp_path: Path, store: Store) -> None:
    with open_outbox(tmp_path / "s", SMALLEST_LIMIT_BYTES, "drop-oldest") as outbox:
        for number in range(100):
            outbox.accept(assessment(number, padding=2000))
        accepted, left = outbox.counts().accepted, outbox.pending(1000)
        assert receipt_of(send(store, *left)).newest == accepted
        line = fleet(store)[0]
        assert line.broken == 0
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
    outbox.settle(receipt_for(outbox, [1]))
    outbox.erase(session="gone")
    event = outbox.pending(1, newest_first=True)[0]
    assert settled(send(store, event)) == [4]
    assert seqs(store) == [2]
    late = send(store, third)
    assert (len(late.stored), late.duplicates) == (0, 1)
    assert seqs(store) == [2]
    assert links(store) == {1: "ok", 2: "ok", 3: "ok", 4: "ok"}, "the chain outlives the bodies"
    erased = store.rows(
        "SELECT seq, body_sha256 FROM ingest_key WHERE fate = 'erased' ORDER BY seq"
    )
    assert erased == [(1, first.sha256), (3, third.sha256)]


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
    tmp_path_factory: pytest.TempPathFactory,
    new_store: Callable[[], Store],
    batches: list[list[int]],
) -> None:
    """Any order, any repetition: a receipt names exactly what it was asked about and has."""
    folder = tmp_path_factory.mktemp("store")
    with open_outbox(folder) as outbox, new_store() as store:
        for number in range(12):
            outbox.accept(assessment(number))
        message = {m.seq: m for m in outbox.pending(12)}
        come: set[int] = set()
        for batch in batches:
            come |= set(batch)
            receipt = receipt_of(send(store, *(message[seq] for seq in batch)))
            assert set(receipt.settled) == {(seq, message[seq].sha256) for seq in batch}
            assert receipt.newest == max(come)
        assert set(seqs(store)) == come


def links(store: Store) -> dict[int, str]:
    return dict(store.rows("SELECT seq, link FROM ingest_key"))


@settings(max_examples=20, deadline=None)
@given(st.permutations(range(1, 8)))
def test_the_chain_is_judged_in_whatever_order_it_comes(
    tmp_path_factory: pytest.TempPathFactory, new_store: Callable[[], Store], order: list[int]
) -> None:
    folder = tmp_path_factory.mktemp("chain")
    with open_outbox(folder) as outbox, new_store() as store:
        for number in range(7):
            outbox.accept(assessment(number))
        message = {m.seq: m for m in outbox.pending(9)}
        told = json.loads(message[4].body) | {"prev_sha256": "5" * 64}
        message[4] = forged(message[4], json.dumps(told).encode())
        come: set[int] = set()
        for seq in order:
            send(store, message[seq])
            come.add(seq)
            # 5 names the hash of the true 4; both links at the foreign body are broken
            judged = {n: "broken" if n in (4, 5) else "ok" for n in come if n - 1 in {0, *come}}
            assert {n: link for n, link in links(store).items() if link} == judged
        assert fleet(store)[0].broken == 2
        assert seqs(store) == list(range(1, 8)), "marked, never refused"


def test_two_sites_with_a_station_of_one_name_do_not_mix(tmp_path: Path, store: Store) -> None:
    for site in ("north", "south"):
        with Outbox.open(
            tmp_path / f"{site}.db",
            site=site, station="hall-1", limit_bytes=1_000_000, at_limit="refuse",
        ) as outbox:  # fmt: skip
            outbox.accept(assessment(1, session="visit"))
            if site == "south":
                outbox.erase(session="visit")
            for m in outbox.pending(9):
                topic = Topics(site, "hall-1").message(m.channel)
                store.ingest([examine(Incoming(topic, m.payload))])
            if site == "north":
                outbox.settle(receipt_for(outbox, [1]))
    assert [(r.result.site, r.result.session) for r in results(store)] == [("north", "visit")]
    assert [(line.site, line.results) for line in fleet(store)] == [("north", 1), ("south", 0)]


def test_what_the_database_cannot_hold_is_buried_and_the_rest_is_stored(
    outbox: Outbox, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever one message raises: here a table that refuses one session."""
    for number in range(5):
        outbox.accept(assessment(number))
    refusing = (
        "CREATE TRIGGER no BEFORE INSERT ON result WHEN NEW.session = 'session-2'"
        " BEGIN SELECT RAISE(ABORT, 'not this one'); END"
        if isinstance(store, SqliteStore)
        else "ALTER TABLE result ADD CONSTRAINT \"not this one\" CHECK (session <> 'session-2')"
    )
    store.change(lambda db: db.execute(refusing))
    outcome = send(store, *outbox.pending(9))
    assert seqs(store) == [1, 2, 4, 5]
    answers = [receipt for _, receipt in outcome.receipts]
    assert sorted(seq for r in answers for seq, _ in r.settled) == [1, 2, 4, 5]
    assert [(r.seq, r.code) for each in answers for r in each.reject] == [(3, "malformed")]
    assert "not this one" in store.rows("SELECT problem FROM dead_letter")[0][0]


def test_unvouched_dead_letters_are_evicted_oldest_first_and_counted(
    outbox: Outbox, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    outbox.accept(assessment())
    [message] = outbox.pending(1)
    send(store, forged(message, b"{}"))
    monkeypatch.setattr(dead_letters, "MOST_UNVOUCHED_BYTES", 5_000)
    monkeypatch.setattr(dead_letters.evict, "__defaults__", (5_000,))
    for number in range(20):
        store.ingest([examine(Incoming(PREFIX + "result/posture", b"%d" % number * 500))])
    kept = store.rows("SELECT vouched, body FROM dead_letter ORDER BY number")
    assert kept[0][0] == 1
    assert kept[-1][1][:2] == b"19"
    [(evicted,)] = store.rows("SELECT count FROM tally")
    assert evicted + len(kept) == 21


def test_a_flood_of_station_names_is_bounded(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("posture_tools.collector.hearing.MOST_HEARD", 3)
    for number in range(9):
        store.note("north", f"s{number}", "state", b"{}", online=True)
    assert len(fleet(store)) == 3


def test_a_store_that_was_removed_is_noticed(outbox: Outbox, tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "collector.db")
    outbox.accept(assessment())
    (tmp_path / "collector.db").rename(tmp_path / "moved.db")
    with pytest.raises(StoreFailed, match="gone"):
        send(store, *outbox.pending(1))
    (tmp_path / "collector.db").write_bytes(b"")  # as an operator who begins anew
    assert settled(send(store, *outbox.pending(1))) == [1]
    assert len(list(results(store))) == 1
    store.close()


def test_a_message_of_version_0_1_has_no_seal(outbox: Outbox) -> None:
    outbox.accept(assessment())
    [message] = outbox.pending(1)
    item = examine(Incoming("ps/v1/north/hall-1/" + message.channel, message.body))
    assert isinstance(item, Good)
    assert item.sealed is None
    assert decode_message(item.body).seq == 1
    assert len(message.body) < BODY_LIMIT_BYTES

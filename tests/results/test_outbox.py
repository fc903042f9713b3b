"""The outbox: what is accepted stays, byte for byte, until a receipt names it."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from simulators.assessments import assessment
from simulators.children import station
from simulators.waiting import eventually

from edge.errors import MessageRefused, OutboxFull, OutboxUnusable
from edge.records import Measure, Quality
from edge.results.outbox import SMALLEST_LIMIT_BYTES, AtLimit, Outbox
from edge.wire import clock
from edge.wire.messages import (
    BODY_LIMIT_BYTES,
    GENESIS,
    Consent,
    Erase,
    Event,
    Gap,
    Receipt,
    Reject,
    Result,
    decode,
    decode_message,
)
from edge.wire.ranges import holds


def open_outbox(folder: Path, **given: Any) -> Outbox:
    wanted: dict[str, Any] = {
        "site": "north", "station": "hall-1", "limit_bytes": 50_000_000, "at_limit": "refuse",
    } | given  # fmt: skip
    return Outbox.open(folder / "outbox.db", **wanted)


@pytest.fixture
def outbox(tmp_path: Path) -> Any:
    with open_outbox(tmp_path) as box:
        yield box


def seqs(outbox: Outbox) -> list[int]:
    return [message.seq for message in outbox.pending(10_000)]


def fill(outbox: Outbox, padding: int = 2000) -> None:
    """Accept until the outbox refuses."""
    while True:
        outbox.accept(assessment(padding=padding))


def test_an_accepted_result_carries_what_was_assessed(outbox: Outbox) -> None:
    consent = Consent(1, "2")
    outbox.accept_event("consent", {"version": "2"})
    seq = outbox.accept(assessment(7), consent)
    message = decode(outbox.pending(1, after=1)[0].body, Result)
    assert (message.seq, message.session, message.kind) == (seq, "session-7", "posture")
    assert message.consent == consent
    assert [(m.code, m.value, m.quality) for m in message.measures] == [
        ("head_tilt", 1.0, "ok"), ("knee_valgus", 3.5, "low"), ("trunk_lean", None, "refused"),
    ]  # fmt: skip
    assert message.measures[1].side == "left"
    assert message.models[0].sha256 == "ab" * 32


def test_numbers_have_no_holes_and_bodies_are_a_chain(outbox: Outbox) -> None:
    for number in range(5):
        outbox.accept(assessment(number))
        outbox.accept_event("camera", {"lost": number})
    previous = GENESIS
    for expected, message in enumerate(outbox.pending(100), start=1):
        assert message.seq == expected
        assert decode_message(message.body).prev_sha256 == previous
        previous = hashlib.sha256(message.body).hexdigest()


def test_a_refused_message_takes_no_number(outbox: Outbox) -> None:
    outbox.accept(assessment())
    with pytest.raises(MessageRefused, match="carries"):
        outbox.accept(assessment(padding=BODY_LIMIT_BYTES))
    outbox.accept(assessment())
    assert seqs(outbox) == [1, 2]


def test_a_value_that_is_no_number_is_refused(outbox: Outbox) -> None:
    bad = assessment()
    object.__setattr__(
        bad, "measures", (Measure("head_tilt", float("nan"), "deg", 1.0, 3.0, Quality.OK),)
    )
    with pytest.raises(MessageRefused, match="head_tilt"):
        outbox.accept(bad)
    assert outbox.depth() == 0


def test_an_event_that_is_no_json_is_refused(outbox: Outbox) -> None:
    with pytest.raises(MessageRefused, match="JSON"):
        outbox.accept_event("camera", {"frame": object()})


def test_nobody_else_writes_gap_events(outbox: Outbox) -> None:
    with pytest.raises(ValueError, match="gap"):
        outbox.accept_event("gap", {"ranges": [[1, 5]]})


def test_everything_survives_a_restart(tmp_path: Path) -> None:
    with open_outbox(tmp_path) as first:
        first.accept(assessment(1))
        first.accept(assessment(2))
        before, epoch = first.pending(10), first.epoch
    with open_outbox(tmp_path) as second:
        assert second.pending(10) == before
        assert second.epoch == epoch
        assert second.accept(assessment(3)) == 3


def test_process_killed_while_it_accepts(tmp_path: Path) -> None:
    process = station(tmp_path, port=0, every_s=0.001)
    eventually(lambda: len(process.lines) >= 50)
    process.kill()
    promised = dict(line.split() for line in process.lines)
    with open_outbox(tmp_path) as outbox:
        held = {str(m.seq): hashlib.sha256(m.body).hexdigest() for m in outbox.pending(10_000)}
        assert promised.items() <= held.items()
        assert seqs(outbox) == list(range(1, outbox.counts().accepted + 1))


def test_engine_writes_while_uplink_deletes(tmp_path: Path) -> None:
    with open_outbox(tmp_path) as engine, open_outbox(tmp_path) as uplink:
        assert uplink.epoch == engine.epoch
        engine.accept(assessment(1))
        uplink.settle(Receipt(uplink.epoch, upto=1), {1})
        assert engine.accept(assessment(2)) == 2
        assert seqs(uplink) == [2]


@pytest.mark.parametrize(
    ("receipt", "left"),
    [
        (Receipt("", upto=2), [3, 4, 5]),
        (Receipt("", upto=0, have=((2, 2), (4, 5))), [1, 3]),
        (Receipt("", upto=0), [1, 2, 3, 4, 5]),
        (Receipt("", upto=99), []),
    ],
)
def test_a_receipt_takes_out_what_it_names(
    outbox: Outbox, receipt: Receipt, left: list[int]
) -> None:
    for number in range(5):
        outbox.accept(assessment(number))
    named = Receipt(outbox.epoch, receipt.upto, receipt.have)
    settled = outbox.settle(named, {1, 2, 3, 4, 5})
    assert seqs(outbox) == left
    assert sorted(settled.stored) == sorted(set(range(1, 6)) - set(left))


def test_receipt_of_another_epoch_deletes_nothing(outbox: Outbox) -> None:
    outbox.accept(assessment())
    assert outbox.settle(Receipt("0" * 24, upto=9), {1}).stored == ()
    assert seqs(outbox) == [1]


def test_card_restored_from_an_old_copy(tmp_path: Path) -> None:
    """The collector already has 1..9 of this epoch; the copy takes 1 again and never sent it."""
    with open_outbox(tmp_path) as outbox:
        outbox.accept(assessment())
        outbox.settle(Receipt(outbox.epoch, upto=9), sent=set())
        assert seqs(outbox) == [1]


def test_a_rejected_message_goes_to_quarantine_and_back(outbox: Outbox) -> None:
    for number in range(3):
        outbox.accept(assessment(number))
    body = outbox.pending(1, after=1)[0].body
    receipt = Receipt(outbox.epoch, upto=3, reject=(Reject(2, "malformed"),))
    settled = outbox.settle(receipt, {1, 2, 3})
    assert (settled.stored, settled.rejected) == ((1, 3), (2,))
    assert seqs(outbox) == []
    assert outbox.counts().quarantined == 1
    assert outbox.requeue(1, 3) == ((2, 2),)
    assert outbox.pending(1)[0].body == body


def test_full_outbox_refuses_and_keeps_what_it_has(tmp_path: Path) -> None:
    with open_outbox(tmp_path, limit_bytes=SMALLEST_LIMIT_BYTES) as outbox:
        with pytest.raises(OutboxFull, match="limit_mb") as refusal:
            fill(outbox, padding=2000)
        assert refusal.value.remedy
        held = seqs(outbox)
        assert held == list(range(1, len(held) + 1))
        assert outbox.counts().used_bytes <= SMALLEST_LIMIT_BYTES
        with pytest.raises(OutboxFull):
            outbox.accept_event("camera", {"why": "x" * 3000})
        outbox.settle(Receipt(outbox.epoch, upto=len(held) // 2), set(held))
        assert outbox.accept(assessment()) == len(held) + 1


def test_full_outbox_drops_the_oldest_and_says_so(tmp_path: Path) -> None:
    with open_outbox(tmp_path, limit_bytes=SMALLEST_LIMIT_BYTES, at_limit="drop-oldest") as outbox:
        outbox.erase(session="before")  # an erase event is never dropped
        for number in range(300):
            outbox.accept(assessment(number, padding=2000))
        left = seqs(outbox)
        counts = outbox.counts()
        assert counts.used_bytes <= SMALLEST_LIMIT_BYTES + 4096
        told = [decode_message(m.body) for m in outbox.pending(1000) if m.channel == "event/gap"]
        gaps = [Gap(ranges=tuple(map(tuple, event.data["ranges"]))) for event in told
                if isinstance(event, Event)]  # fmt: skip
        for seq in range(1, counts.accepted + 1):
            named = any(holds(gap.ranges, seq) for gap in gaps)
            assert (seq in left) != named, f"{seq} is neither here nor named as dropped"
        assert 1 in left
        assert counts.dropped == counts.accepted - len(left)
        assert len(gaps) < 40


def test_page_cap_holds_when_the_limit_does_not(tmp_path: Path) -> None:
    """The file's hard cap answers with the same words, and deleting still works."""
    with open_outbox(tmp_path) as outbox:
        outbox.accept(assessment())
        outbox._database._connection.execute("PRAGMA max_page_count=12")
        with pytest.raises(OutboxFull, match="full"):
            fill(outbox, padding=4000)
        held = seqs(outbox)
        outbox.settle(Receipt(outbox.epoch, upto=held[-1]), set(held))
        assert outbox.accept(assessment()) == held[-1] + 1


def test_erasing_a_session_leaves_no_trace_of_it(tmp_path: Path) -> None:
    with open_outbox(tmp_path) as outbox:
        outbox.accept(assessment(1, session="secret-code-one"))
        outbox.accept(assessment(2, session="other"))
        outbox.accept(assessment(3, session="secret-code-one", padding=3000))
        outbox.accept_event("camera", {})
        outbox.settle(Receipt(outbox.epoch, 0, reject=(Reject(3, "malformed"),)), {3})
        assert outbox.erase(session="secret-code-one") == ((1, 1), (3, 3))
        assert seqs(outbox) == [2, 4, 5]
        event = decode(outbox.waiting(5).body, Event)  # type: ignore[union-attr]
        assert event.data == {"session": "secret-code-one", "ranges": [[1, 1], [3, 3]]}
        assert outbox.requeue(1, 9) == ((2, 2), (4, 5))
    connection = sqlite3.connect(tmp_path / "outbox.db")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    assert (tmp_path / "outbox.db").read_bytes().count(b"xxxxxxxx") == 0


def test_erasing_by_number_spares_events_and_the_future(outbox: Outbox) -> None:
    outbox.accept(assessment(1))
    outbox.accept_event("camera", {})
    assert outbox.erase(seqs=(1, 2, 3, 77)) == ((1, 1),)
    assert seqs(outbox) == [2, 3]


def test_erasing_works_when_the_outbox_is_full(tmp_path: Path) -> None:
    with open_outbox(tmp_path, limit_bytes=SMALLEST_LIMIT_BYTES) as outbox:
        with pytest.raises(OutboxFull):
            fill(outbox, padding=2000)
        outbox.erase(session="elsewhere")
        assert outbox.pending(1, newest_first=True)[0].channel == "event/erase"


def test_outbox_of_another_station(tmp_path: Path) -> None:
    with open_outbox(tmp_path) as outbox:
        outbox.accept(assessment())
        epoch = outbox.epoch
    with pytest.raises(OutboxUnusable, match="hall-1"):
        open_outbox(tmp_path, station="hall-2")
    with open_outbox(tmp_path) as outbox:
        outbox.settle(Receipt(epoch, upto=1), {1})
    with open_outbox(tmp_path, station="hall-2") as outbox:
        assert outbox.epoch != epoch
        assert outbox.accept(assessment()) == 1


def test_damaged_file(tmp_path: Path) -> None:
    (tmp_path / "outbox.db").write_bytes(b"not a database at all" * 100)
    with pytest.raises(OutboxUnusable, match="moved away"):
        open_outbox(tmp_path)


def test_clock_that_was_wrong_is_told_once_it_is_right(
    outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock.time, "time_ns", lambda: 86_400 * 10**9)
    outbox.accept(assessment())
    message = decode_message(outbox.pending(1)[0].body)
    assert (message.t.state, message.t.utc) == ("unsynced", "1970-01-02T00:00:00.000Z")
    assert outbox.undated()
    monkeypatch.undo()
    monkeypatch.setattr(clock, "is_disciplined", lambda: True)
    outbox.accept_clock()
    pair = decode_message(outbox.pending(1, after=1)[0].body)
    assert pair.t.state == "synced"
    assert pair.t.boottime_ns > message.t.boottime_ns
    assert not outbox.undated()


def test_a_clock_that_falls_behind_is_not_believed(
    outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "is_disciplined", lambda: True)
    outbox.accept(assessment())
    monkeypatch.setattr(clock.time, "time_ns", lambda: clock.RELEASED_UTC_NS + 1)
    assert outbox.now().state == "unsynced"


def test_counts_tell_how_long_the_oldest_has_waited(outbox: Outbox) -> None:
    assert outbox.counts().oldest_age_s == 0.0
    outbox.accept(assessment())
    assert 0.0 < outbox.oldest_age_s() < 60.0


Step = st.sampled_from(["accept", "event", "receipt", "reject", "erase", "reopen"])


@settings(max_examples=25, deadline=None)
@given(st.lists(Step, max_size=25), st.sampled_from(["refuse", "drop-oldest"]), st.randoms())
def test_every_number_has_a_fate(
    tmp_path_factory: pytest.TempPathFactory, steps: list[str], at_limit: AtLimit, random: Any
) -> None:
    """Each accepted number waits, was settled, rejected or erased, whatever happens in between."""
    folder = tmp_path_factory.mktemp("outbox")
    outbox = open_outbox(folder, at_limit=at_limit)
    gone: set[int] = set()
    for number, step in enumerate(steps):
        waiting = seqs(outbox)
        some = set(random.sample(waiting, len(waiting) // 2))
        if step == "accept":
            outbox.accept(assessment(number, session=f"s{number % 3}"))
        elif step == "event":
            outbox.accept_event("model", {"n": number})
        elif step == "receipt":
            have = tuple((seq, seq) for seq in sorted(some))
            gone |= set(outbox.settle(Receipt(outbox.epoch, 0, have), waiting).stored)
        elif step == "reject":
            bad = tuple(Reject(seq, "malformed") for seq in some)
            gone |= set(outbox.settle(Receipt(outbox.epoch, 0, reject=bad), waiting).rejected)
        elif step == "erase":
            named = outbox.erase(session=f"s{number % 3}")
            gone |= {seq for first, last in named for seq in range(first, last + 1)}
        else:
            outbox.close()
            outbox = open_outbox(folder, at_limit=at_limit)
    assert sorted(gone | set(seqs(outbox))) == list(range(1, outbox.counts().accepted + 1))
    outbox.close()


def test_bodies_are_json_of_the_stated_size(outbox: Outbox) -> None:
    outbox.accept(assessment())
    body = outbox.pending(1)[0].body
    assert json.loads(body)["schema"] == "ps.result/2"
    assert len(body) <= BODY_LIMIT_BYTES
    assert decode(json.dumps({"session": "s", "ranges": [[1, 2]]}).encode(), Erase).ranges == (
        (1, 2),
    )

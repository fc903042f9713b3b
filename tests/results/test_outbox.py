"""The outbox: what is accepted stays, byte for byte, until a receipt names it."""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
from contextlib import ExitStack, closing, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event as Flag
from threading import Thread
from typing import Any
from unittest.mock import patch

import msgspec
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from simulators.assessments import assessment
from simulators.children import station
from simulators.collector_words import receipt_for
from simulators.waiting import eventually

from edge.errors import MessageRefused, OutboxFull, OutboxUnusable
from edge.records import Measure, Quality
from edge.results.outbox import SMALLEST_LIMIT_BYTES, AtLimit, Outbox
from edge.wire import clock
from edge.wire.codec import BODY_LIMIT_BYTES, decode, decode_message
from edge.wire.database import Database
from edge.wire.envelope import GENESIS
from edge.wire.event import Erase, Event, Gap
from edge.wire.forgotten import forgotten_name
from edge.wire.keys import Signer
from edge.wire.ranges import holds
from edge.wire.receipt import Reject
from edge.wire.result import Consent, Result
from edge.wire.seal import is_sealed_by, unpack
from edge.wire.topics import Topics


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
        uplink.settle(receipt_for(uplink, [1]))
        assert engine.accept(assessment(2)) == 2
        assert seqs(uplink) == [2]


def test_a_receipt_takes_out_what_it_names(outbox: Outbox) -> None:
    for number in range(5):
        outbox.accept(assessment(number))
    assert outbox.settle(receipt_for(outbox, [2, 4, 5])).stored == (2, 4, 5)
    assert seqs(outbox) == [1, 3]
    assert outbox.settle(receipt_for(outbox)).stored == ()
    assert seqs(outbox) == [1, 3]


@pytest.mark.parametrize("foreign", ["site", "station", "epoch", "sha256", "seq"])
def test_a_receipt_for_another_body_touches_nothing(outbox: Outbox, foreign: str) -> None:
    outbox.accept(assessment(1))
    outbox.accept(assessment(2))
    meant = receipt_for(outbox, [1])
    [(_, sha256)] = meant.settled
    changed: dict[str, Any] = {
        "site": {"site": "south"}, "station": {"station": "hall-2"}, "epoch": {"epoch": "0" * 24},
        "sha256": {"settled": ((1, "0" * 64),), "reject": (Reject(1, "0" * 64, "malformed"),)},
        "seq": {"settled": ((2, sha256),), "reject": (Reject(2, sha256, "conflict"),)},
    }  # fmt: skip
    settled = outbox.settle(msgspec.structs.replace(meant, **changed[foreign]))
    assert (settled.stored, settled.rejected) == ((), ())
    assert seqs(outbox) == [1, 2]
    assert outbox.epoch == meant.epoch


def test_card_restored_from_an_old_copy(tmp_path: Path) -> None:
    """The collector knows numbers that it never gave: what waits goes on in a new epoch."""
    with open_outbox(tmp_path) as outbox:
        outbox.accept(assessment(1))
        outbox.accept_event("camera", {"n": 2})
        before, epoch = outbox.pending(9), outbox.epoch
        settled = outbox.settle(receipt_for(outbox, newest=9))
        assert settled.behind
        assert outbox.epoch != epoch
        said, *carried = (decode_message(m.body) for m in outbox.pending(9))
        assert isinstance(said, Event)
        assert said.data == {"reason": "behind", "was_epoch": epoch, "was_next_seq": 3}
        for old, new in zip(before, carried, strict=True):
            assert [(w.epoch, w.seq, w.sha256) for w in new.was] == [(epoch, old.seq, old.sha256)]
            told, told_again = json.loads(old.body), json.loads(outbox.waiting(new.seq).body)  # type: ignore[union-attr]
            changed = {key for key in told_again if told_again[key] != told.get(key)}
            assert changed == {"id", "epoch", "seq", "prev_sha256", "was"}
            assert told.keys() <= told_again.keys()
        previous = GENESIS
        for message in outbox.pending(9):
            assert decode_message(message.body).prev_sha256 == previous
            previous = message.sha256


def test_a_conflict_is_no_fault_of_the_message(outbox: Outbox) -> None:
    """Somebody else's body stands under its number: it goes again under a new one."""
    outbox.accept(assessment(1))
    epoch = outbox.epoch
    assert outbox.settle(receipt_for(outbox, rejected={1: "conflict"})).behind
    assert outbox.counts().quarantined == 0
    names = decode_message(outbox.pending(9)[1].body).was
    assert [(name.epoch, name.seq) for name in names] == [(epoch, 1)]


def test_a_rejected_message_goes_to_quarantine_and_back(outbox: Outbox) -> None:
    for number in range(3):
        outbox.accept(assessment(number))
    body = outbox.pending(1, after=1)[0].body
    settled = outbox.settle(receipt_for(outbox, [1, 3], {2: "malformed"}))
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
        outbox.settle(receipt_for(outbox, held[: len(held) // 2]))
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
        outbox.settle(receipt_for(outbox, held))
        assert outbox.accept(assessment()) == held[-1] + 1


def test_erasing_a_session_leaves_no_trace_of_it(tmp_path: Path) -> None:
    with open_outbox(tmp_path) as outbox:
        outbox.accept(assessment(1, session="secret-code-one"))
        outbox.accept(assessment(2, session="other"))
        outbox.accept(assessment(3, session="secret-code-one", padding=3000))
        outbox.accept_event("camera", {})
        outbox.settle(receipt_for(outbox, rejected={3: "malformed"}))
        assert outbox.erase(session="secret-code-one") == ((1, 1), (3, 3))
        assert seqs(outbox) == [2, 4, 5]
        event = decode(outbox.waiting(5).body, Event)  # type: ignore[union-attr]
        name = forgotten_name("north", "session", "secret-code-one")
        assert event.data | {"links": 0} == {
            "session_sha256": name, "ranges": [[1, 1], [3, 3]], "links": 0,
        }  # fmt: skip
        assert outbox.requeue(1, 9) == ((2, 2), (4, 5))
        for path in tmp_path.iterdir():  # while it is open: the write-ahead log too
            assert b"xxxxxxxx" not in path.read_bytes(), path


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
        outbox.settle(receipt_for(outbox, [1]))
    with open_outbox(tmp_path, station="hall-2") as outbox:
        assert outbox.epoch != epoch
        assert outbox.accept(assessment()) == 1


def test_a_file_that_is_no_database_is_kept_and_begun_anew(tmp_path: Path) -> None:
    garbage = b"not a database at all" * 100
    (tmp_path / "outbox.db").write_bytes(garbage)
    with open_outbox(tmp_path) as outbox:
        assert outbox.accept(assessment()) == 2
        event = decode(outbox.pending(1)[0].body, Event)
        assert (event.kind, event.data["reason"]) == ("epoch", "damaged")
    assert (tmp_path / "outbox.damaged-0001.db").read_bytes() == garbage


@settings(max_examples=30, deadline=None, phases=[Phase.generate])  # shrinking takes minutes
@given(at=st.integers(0, 59), bit=st.integers(0, 8 * 4096 - 1), pages=st.integers(1, 2))
def test_whatever_the_disk_changes_each_message_goes_on_or_is_named(
    tmp_path_factory: pytest.TempPathFactory, at: int, bit: int, pages: int
) -> None:
    """A bit, or whole pages: what is still what was committed waits; nothing else does."""
    folder = tmp_path_factory.mktemp("outbox")
    with open_outbox(folder) as outbox:
        for number in range(40):
            outbox.accept(assessment(number, padding=600))
        before = {m.sha256: m.body for m in outbox.pending(99)}
    path = folder / "outbox.db"
    raw = bytearray(path.read_bytes())
    start = at * 4096 % len(raw)
    if pages == 1:
        raw[(start + bit // 8) % len(raw)] ^= 1 << bit % 8
    else:
        raw[start : start + 8192] = bytes(len(raw[start : start + 8192]))
    path.write_bytes(raw)
    try:
        outbox = open_outbox(folder)
    except OutboxUnusable:
        return  # its name or version was hit: refused in words, and the file stays
    with outbox:
        kept: set[str] = set()
        for message in outbox.pending(999):
            if message.damage:
                continue
            told = decode_message(message.body)
            kept |= {name.sha256 for name in told.was} or {message.sha256}
            if message.sha256 in before:
                assert message.body == before[message.sha256]
        assert outbox.accept(assessment(99)) > 0
        if not list(folder.glob("outbox.damaged-*")):
            aside = 1 if pages == 1 else 12
            assert len(kept & set(before)) >= len(before) - aside


@pytest.mark.parametrize(
    ("where", "step", "error"),
    [
        (Outbox, "tend", sqlite3.DatabaseError("database disk image is malformed")),
        (Database, "_create", UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte")),
    ],
)
def test_an_outbox_that_does_not_open_keeps_no_file_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: type, step: str, error: Exception
) -> None:
    with open_outbox(tmp_path) as outbox:
        outbox.accept(assessment())
    path = (tmp_path / "outbox.db").resolve()

    def breaks(*_: object) -> None:
        raise error

    monkeypatch.setattr(where, step, breaks)
    with pytest.raises((OutboxUnusable, UnicodeDecodeError)):
        open_outbox(tmp_path)
    links = [os.path.realpath(each) for each in Path("/proc/self/fd").iterdir()]
    assert str(path) not in links


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
    gone: set[int] = set()
    with ExitStack() as stack:
        outbox = stack.enter_context(open_outbox(folder, at_limit=at_limit))
        for number, step in enumerate(steps):
            waiting = seqs(outbox)
            some = set(random.sample(waiting, len(waiting) // 2))
            if step == "accept":
                outbox.accept(assessment(number, session=f"s{number % 3}"))
            elif step == "event":
                outbox.accept_event("model", {"n": number})
            elif step == "receipt":
                gone |= set(outbox.settle(receipt_for(outbox, sorted(some))).stored)
            elif step == "reject":
                bad = receipt_for(outbox, rejected=dict.fromkeys(some, "malformed"))
                gone |= set(outbox.settle(bad).rejected)
            elif step == "erase":
                named = outbox.erase(session=f"s{number % 3}")
                gone |= {seq for first, last in named for seq in range(first, last + 1)}
            else:
                outbox.close()
                outbox = stack.enter_context(open_outbox(folder, at_limit=at_limit))
        assert sorted(gone | set(seqs(outbox))) == list(range(1, outbox.counts().accepted + 1))


def test_bodies_are_json_of_the_stated_size(outbox: Outbox) -> None:
    outbox.accept(assessment())
    body = outbox.pending(1)[0].body
    assert json.loads(body)["schema"] == "ps.result/2"
    assert len(body) <= BODY_LIMIT_BYTES
    assert decode(json.dumps({"session": "s", "ranges": [[1, 2]]}).encode(), Erase).ranges == (
        (1, 2),
    )


def test_what_the_disk_changed_is_set_aside_and_named(outbox: Outbox) -> None:
    for number in range(3):
        outbox.accept(assessment(number))
    damage(outbox, 2)
    [problem] = [m.damage for m in outbox.pending(9) if m.damage]
    outbox.set_aside(2, problem)
    assert seqs(outbox) == [1, 3, 4, 5]
    gap, fault = (decode(outbox.waiting(seq).body, Event) for seq in (4, 5))  # type: ignore[union-attr]
    assert (gap.data["ranges"], gap.data["reason"]) == ([[2, 2]], "damaged")
    after = decode_message(outbox.waiting(3).body)  # type: ignore[union-attr]
    assert gap.data["links"][0]["sha256"] == after.prev_sha256
    assert fault.data["seq"] == 2
    assert outbox.requeue(1, 9) == ((1, 1), (3, 5)), "damaged: it is not sent again"


def damage(outbox: Outbox, seq: int) -> None:
    """One bit of a body, which is still JSON of the schema."""
    with outbox._database.transaction() as db:
        db.execute(
            "UPDATE message SET body = CAST(REPLACE(CAST(body AS TEXT), 'session-', 'sessioo-')"
            " AS BLOB) WHERE seq = ?",
            (seq,),
        )


def test_a_new_epoch_leaves_damaged_messages_behind_and_says_so(outbox: Outbox) -> None:
    for number in range(3):
        outbox.accept(assessment(number))
    damage(outbox, 2)
    outbox.settle(receipt_for(outbox, newest=99))
    kinds = [decode_message(m.body).kind for m in outbox.pending(9)]
    assert kinds == ["epoch", "posture", "posture", "fault"]
    assert outbox.counts().quarantined == 1


def test_a_full_quarantine_refuses_new_screenings_with_the_reason(tmp_path: Path) -> None:
    with open_outbox(tmp_path, limit_bytes=SMALLEST_LIMIT_BYTES) as outbox:
        with pytest.raises(OutboxFull, match="undelivered"):
            fill(outbox)
        outbox.settle(receipt_for(outbox, rejected=dict.fromkeys(seqs(outbox), "malformed")))
        with pytest.raises(OutboxFull, match="rejected"):
            outbox.accept(assessment(padding=4000))
        held = outbox.counts().quarantined
        assert len(outbox.requeue(1, 10_000)) == 1
        assert len(seqs(outbox)) == held, "none was forgotten"


def test_rejected_results_of_an_earlier_epoch_are_sent_again_under_new_numbers(
    outbox: Outbox,
) -> None:
    for number in range(2):
        outbox.accept(assessment(number))
    outbox.settle(receipt_for(outbox, rejected={1: "malformed"}))
    outbox.settle(receipt_for(outbox, newest=99))
    outbox.accept(assessment(7))
    outbox.settle(receipt_for(outbox, rejected={1: "malformed"}))  # the same number, a new epoch
    assert outbox.requeue(1, 1) == ((1, 1), (4, 4))
    assert decode(outbox.pending(9)[-1].body, Result).session == "session-0"


def test_seals_name_the_body(outbox: Outbox) -> None:
    outbox.accept(assessment())
    [message] = outbox.pending(1)
    sealed = unpack(message.payload)
    assert (sealed.body, sealed.seal.sha256) == (message.body, message.sha256)
    assert sealed.seal.id == json.loads(message.body)["id"]
    with pytest.raises(MessageRefused, match="under way"):
        unpack(message.payload.replace(b"session-1", b"session-2", 1))


def test_a_reject_of_what_never_waited_changes_nothing(outbox: Outbox) -> None:
    outbox.accept(assessment())
    receipt = msgspec.structs.replace(
        receipt_for(outbox), newest=1, reject=(Reject(7, "0" * 64, "malformed"),)
    )
    settled = outbox.settle(receipt)
    assert (settled.stored, settled.rejected, settled.behind) == ((), (), False)
    assert (outbox.counts().quarantined, outbox.depth()) == (0, 1)


def test_what_goes_back_in_line_leaves_the_quarantine(outbox: Outbox) -> None:
    outbox.accept(assessment())
    outbox.settle(receipt_for(outbox, (), {1: "malformed"}))
    assert outbox.counts().set_aside_bytes > 0
    outbox.requeue(1, 1)
    assert outbox.counts().set_aside_bytes == 0
    assert outbox.requeue(2, 9) == ()


def test_results_of_another_boot_wait_for_no_date(
    outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only this boot's clock pair could date them."""
    monkeypatch.setattr(clock.time, "time_ns", lambda: 86_400 * 10**9)
    outbox.accept(assessment())
    assert outbox.undated()
    monkeypatch.setattr(clock, "boot_id", lambda: "another")
    assert not outbox.undated()


def test_a_clock_that_jumps_makes_nothing_old(
    outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    outbox.accept(assessment())
    year_ns = 365 * 86_400 * 10**9
    later_ns = clock.time.time_ns() + year_ns
    monkeypatch.setattr(clock.time, "time_ns", lambda: later_ns)
    assert outbox.oldest_age_s() < 600.0
    monkeypatch.setattr(clock, "boot_id", lambda: "another")  # after a boot nothing else is known
    assert outbox.oldest_age_s() > 0.9 * year_ns / 1e9


def flip_in_index(path: Path) -> None:
    """One bit of the index of sessions: a row that it misses can never be deleted."""
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        [(page,)] = db.execute("SELECT rootpage FROM sqlite_master WHERE name = 'message_session'")
    raw = bytearray(path.read_bytes())
    at = raw.index(b"session-0", (page - 1) * 4096)
    assert at < page * 4096
    raw[at] ^= 1
    path.write_bytes(raw)


def test_an_index_that_the_disk_has_changed_is_found_at_the_start(tmp_path: Path) -> None:
    with open_outbox(tmp_path) as outbox:
        for number in range(3):
            outbox.accept(assessment(number))
    flip_in_index(tmp_path / "outbox.db")
    with open_outbox(tmp_path) as outbox:
        assert [decode_message(m.body).kind for m in outbox.pending(9)] == [
            "epoch",
            *["posture"] * 3,
        ]
        outbox.settle(receipt_for(outbox, seqs(outbox)))
        assert outbox.depth() == 0


def test_damage_that_shows_while_it_is_open_is_mended_by_who_holds_the_key(tmp_path: Path) -> None:
    """The uplink meets it and cannot sign; the engine mends; nothing that it accepts is lost."""
    signer = Signer.new()
    with open_outbox(tmp_path, signer=signer) as engine:
        for number in range(5):
            engine.accept(assessment(number))
        epoch = engine.epoch
        with open_outbox(tmp_path) as uplink:
            flip_in_index(tmp_path / "outbox.db")
            with pytest.raises(OutboxUnusable, match="goes on in a new one"):
                uplink.settle(receipt_for(uplink, seqs(uplink)))
            uplink.tend()
            assert uplink.epoch == epoch
            engine.tend()
            assert uplink.epoch != epoch
            engine.accept(assessment(5))
            waiting = uplink.pending(99)
            assert [m.damage for m in waiting] == [""] * 7
            assert all(uplink.is_sealed(m) for m in waiting)
            assert [decode_message(m.body).was[0].epoch for m in waiting[1:-1]] == [epoch] * 5
            uplink.settle(receipt_for(uplink, seqs(uplink)))
            assert engine.depth() == 0


def test_who_writes_while_a_damaged_file_is_replaced_writes_into_the_new_one(
    tmp_path: Path,
) -> None:
    with open_outbox(tmp_path) as mender, open_outbox(tmp_path) as writer:
        done: list[str] = []
        stop = Flag()

        def write() -> None:
            while not stop.wait(0.02):
                session = f"written-{len(done)}"
                with suppress(OutboxUnusable):  # the moment between two names
                    writer.accept(assessment(session=session))
                    done.append(session)

        thread = Thread(target=write)
        thread.start()
        try:
            for wanted in range(3, 18, 3):
                eventually(lambda wanted=wanted: len(done) > wanted)
                mender._mark.touch()
                with patch("edge.results.opening.is_damaged", lambda _: True):
                    mender.tend()
        finally:
            stop.set()
            thread.join()
        assert len(list(tmp_path.glob("outbox.damaged-*.db"))) == 3, "older ones are cleared away"
        told = [json.loads(m.body).get("session") for m in mender.pending(100_000)]
        assert [session for session in told if session] == done


def test_a_power_cut_while_names_change(tmp_path: Path) -> None:
    """The new file is complete before; the log of the damaged one is not taken for its own."""
    with open_outbox(tmp_path) as outbox:
        outbox.accept(assessment(session="kept"))
        path = tmp_path / "outbox.db"
        (tmp_path / "copy-wal").write_bytes((tmp_path / "outbox.db-wal").read_bytes())
    path.rename(tmp_path / "outbox.new.db")
    (tmp_path / "copy-wal").rename(tmp_path / "outbox.db-wal")
    with open_outbox(tmp_path) as outbox:
        assert [json.loads(m.body)["session"] for m in outbox.pending(9)] == ["kept"]
        assert not list(tmp_path.glob("outbox.damaged-*"))


@pytest.mark.parametrize("keyed", [True, False])
@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**31))
def test_a_seal_that_the_disk_has_changed_is_known_and_made_anew(keyed: bool, at: int) -> None:
    """Whatever bit of it: the collector would answer nothing, and the message wait for ever."""
    with TemporaryDirectory() as folder:
        signer = Signer.new() if keyed else None
        with open_outbox(Path(folder), signer=signer) as outbox:
            outbox.accept(assessment())
            [message] = outbox.pending(9)
            assert outbox.is_sealed(message)
            seal = bytearray(message.seal)
            seal[at // 8 % len(seal)] ^= 1 << at % 8
            with outbox._database.transaction() as db:
                db.execute("UPDATE message SET seal = ?", (bytes(seal),))
            [message] = outbox.pending(9)
            if not outbox.is_sealed(message):
                outbox.unseal(1)
            [message] = outbox.pending(9)
            assert outbox.is_sealed(message)
            judged = unpack(message.payload)
            assert signer is None or is_sealed_by(
                signer.public, judged.seal, Topics("north", "hall-1").message("result/posture")
            )

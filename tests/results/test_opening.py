"""An outbox that is full, and one whose damage two processes meet: the second finds it mended."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from simulators.assessments import assessment
from simulators.collector_words import receipt_for

from edge.errors import OutboxFull
from edge.results.opening import beginning, mark_of, mend
from edge.results.outbox import Outbox
from edge.wire import clock

LIMIT_BYTES = 10_000_000


def fill(outbox: Outbox) -> None:
    while True:
        outbox.accept(assessment(padding=4000))


def test_who_comes_second_mends_nothing(tmp_path: Path) -> None:
    path = tmp_path / "outbox.db"
    with Outbox.open(
        path, site="north", station="hall-1", limit_bytes=LIMIT_BYTES, at_limit="refuse"
    ) as outbox:
        outbox.accept(assessment())
        mark_of(path).touch()
        for _ in range(2):
            mend(path, beginning(LIMIT_BYTES, "north", "hall-1", None))
            assert not mark_of(path).exists()
        assert len(outbox.pending(9)) == 1


def test_a_full_outbox_says_its_limit_in_mebibytes(tmp_path: Path) -> None:
    with Outbox.open(
        tmp_path / "outbox.db",
        site="north", station="hall-1", limit_bytes=131_072, at_limit="refuse",
    ) as outbox, pytest.raises(OutboxFull, match=r"holds 0\.125 MiB of undelivered"):  # fmt: skip
        fill(outbox)


def test_an_empty_outbox_has_no_oldest_message(tmp_path: Path) -> None:
    with Outbox.open(
        tmp_path / "outbox.db",
        site="north", station="hall-1", limit_bytes=LIMIT_BYTES, at_limit="refuse",
    ) as outbox:  # fmt: skip
        counts = outbox.counts()
        assert (counts.oldest_seq, counts.oldest_age_s, counts.waiting) == (0, 0.0, 0)
        outbox.accept(assessment())
        outbox.accept(assessment())
        counts = outbox.counts()
        assert (counts.oldest_seq, counts.waiting, counts.accepted) == (1, 2, 2)


def test_the_oldest_message_is_as_old_as_the_clock_that_did_not_jump_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = clock.read_clock()
    monkeypatch.setattr(clock, "read_clock", lambda *_: now)
    with Outbox.open(
        tmp_path / "outbox.db",
        site="north", station="hall-1", limit_bytes=LIMIT_BYTES, at_limit="refuse",
    ) as outbox:  # fmt: skip
        outbox.accept(assessment())

        def age_s(**other: Any) -> float:
            then = replace(now, **other)
            monkeypatch.setattr(clock, "read_clock", lambda *_: then)
            return outbox.counts().oldest_age_s

        assert age_s() == 0.0
        jumped_ns = now.utc_ns + 3600 * 10**9
        assert age_s(boottime_ns=now.boottime_ns + 7 * 10**9, utc_ns=jumped_ns) == 7.0
        assert age_s(boot_id="another", utc_ns=now.utc_ns + 90 * 10**9) == 90.0
        assert age_s(boot_id="another", utc_ns=now.utc_ns - 90 * 10**9) == 0.0


def test_an_outbox_full_of_what_was_rejected_says_how_much_that_is(tmp_path: Path) -> None:
    with Outbox.open(
        tmp_path / "outbox.db",
        site="north", station="hall-1", limit_bytes=524_288, at_limit="refuse",
    ) as outbox:  # fmt: skip

        def fill_with_rejected() -> None:
            while True:
                outbox.accept(assessment(padding=12_000))
                [message] = outbox.pending(9)
                outbox.settle(receipt_for(outbox, rejected={message.seq: "malformed"}))

        with pytest.raises(OutboxFull) as raised:
            fill_with_rejected()
        aside_mb = outbox.counts().set_aside_bytes / 1_048_576
    assert aside_mb > 0.25
    assert f"0.5 MiB, and {aside_mb:.3g} MiB of it are" in str(raised.value)


def test_a_copy_that_somebody_made_of_a_damaged_file_is_not_ours(tmp_path: Path) -> None:
    path = tmp_path / "outbox.db"
    theirs = tmp_path / "outbox.damaged-0007-copy.db"
    theirs.write_bytes(b"theirs")
    for _ in range(5):
        path.write_bytes(b"no database" * 1000)
        with Outbox.open(
            path, site="north", station="hall-1", limit_bytes=LIMIT_BYTES, at_limit="refuse"
        ) as outbox:
            outbox.accept(assessment())
    kept = sorted(each.name for each in tmp_path.glob("outbox.damaged-*.db"))
    assert theirs.read_bytes() == b"theirs"
    assert kept == [*(f"outbox.damaged-000{n}.db" for n in (3, 4, 5)), theirs.name]

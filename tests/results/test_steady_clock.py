"""A time service that lies once, and one that is right again."""

from __future__ import annotations

from pathlib import Path

import pytest
from simulators.assessments import assessment

from edge.results.outbox import Outbox
from edge.results.steady_clock import SteadyClock
from edge.wire import clock
from edge.wire.codec import decode_message

NOW_NS = clock.RELEASED_UTC_NS + 200 * 86_400 * 10**9
IN_2038_NS = 2_150_000_000 * 10**9


class Times:
    """Both clocks, as a test sets them."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.utc_ns, self.boottime_ns = NOW_NS, 50 * 10**9
        monkeypatch.setattr(clock.time, "time_ns", lambda: self.utc_ns)
        monkeypatch.setattr(clock.time, "clock_gettime_ns", lambda _which: self.boottime_ns)
        monkeypatch.setattr(clock, "is_disciplined", lambda: True)

    def pass_s(self, seconds: int) -> None:
        self.utc_ns += seconds * 10**9
        self.boottime_ns += seconds * 10**9


@pytest.fixture
def times(monkeypatch: pytest.MonkeyPatch) -> Times:
    return Times(monkeypatch)


def states(outbox: Outbox) -> list[str]:
    return [decode_message(message.body).t.state for message in outbox.pending(99)]


def test_one_moment_in_2038_spoils_nothing_after_it(tmp_path: Path, times: Times) -> None:
    with Outbox.open(
        tmp_path / "outbox.db",
        site="north", station="hall-1", limit_bytes=1_000_000, at_limit="refuse",
    ) as outbox:  # fmt: skip
        outbox.accept(assessment(1))
        times.utc_ns = IN_2038_NS
        outbox.accept(assessment(2))
        times.utc_ns = NOW_NS
        times.pass_s(5)
        outbox.accept(assessment(3))
        assert states(outbox) == ["synced", "estimated", "synced"]


def test_a_lie_that_was_believed_ends_ten_minutes_after_it(times: Times) -> None:
    """Told at the first start, there was nothing to compare it with."""
    steady = SteadyClock()
    times.utc_ns = IN_2038_NS
    assert steady.read(0).state == "synced"
    times.utc_ns = NOW_NS
    assert steady.read(IN_2038_NS).state == "unsynced"
    times.pass_s(599)
    assert steady.read(IN_2038_NS).state == "unsynced"
    times.pass_s(1)
    assert steady.read(IN_2038_NS).state == "synced"


def test_another_process_comes_out_of_the_lie_as_well(times: Times) -> None:
    steady = SteadyClock()
    assert steady.read(IN_2038_NS).state == "unsynced"
    times.pass_s(600)
    assert steady.read(IN_2038_NS).state == "synced"


def test_a_jump_far_ahead_of_all_that_was_known_must_stand(times: Times) -> None:
    steady = SteadyClock()
    times.utc_ns = IN_2038_NS
    assert steady.read(NOW_NS).state == "estimated"
    times.utc_ns = NOW_NS
    assert steady.read(NOW_NS).state == "synced"


def test_small_corrections_are_no_jumps(times: Times) -> None:
    steady = SteadyClock()
    assert steady.read(0).state == "synced"
    times.utc_ns += 2 * 10**9
    times.pass_s(60)
    assert steady.read(NOW_NS).state == "synced"


def test_a_clock_without_a_service_is_as_it_was(
    times: Times, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "is_disciplined", lambda: False)
    steady = SteadyClock()
    assert steady.read(0).state == "estimated"
    assert steady.read(IN_2038_NS).state == "unsynced"


def test_a_clock_is_believed_from_the_moment_of_the_release_on(times: Times) -> None:
    times.utc_ns = clock.RELEASED_UTC_NS - 1
    assert SteadyClock().read(0).state == "unsynced"
    times.utc_ns = clock.RELEASED_UTC_NS
    assert SteadyClock().read(0).state == "synced"

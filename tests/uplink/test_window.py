"""The window: how much is under way, and what goes again when."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from edge.uplink.window import Window


def test_a_message_is_not_due_before_the_broker_has_it() -> None:
    window = Window(2, resend_s=5.0)
    window.sent(1, now_s=0.0)
    assert window.overdue(1e9) == []
    window.acknowledged(1, now_s=10.0)
    assert window.overdue(14.9) == []
    assert window.overdue(15.0) == [1]


def test_each_resend_waits_twice_as_long() -> None:
    window = Window(1, resend_s=1.0)
    waits, now_s = [], 0.0
    for _ in range(4):
        window.sent(1, now_s)
        window.acknowledged(1, now_s)
        waits.append(window.flights[1].due_s - now_s)
        now_s = window.flights[1].due_s
    assert waits == [1.0, 2.0, 4.0, 8.0]


def test_a_message_goes_again_after_five_minutes_at_the_latest() -> None:
    window, now_s = Window(1, resend_s=7.0), 0.0
    for _ in range(40):
        window.sent(1, now_s)
        window.acknowledged(1, now_s)
        waited_s, now_s = window.flights[1].due_s - now_s, window.flights[1].due_s
    assert waited_s == 300.0


def test_late_message_gives_way_only_while_others_are_receipted() -> None:
    window = Window(1, resend_s=1.0)
    window.sent(1, 0.0)
    window.acknowledged(1, 0.0)
    assert window.overdue(2.0) == [1]
    assert window.free == 0
    window.settled((99,), now_s=1.5)
    assert window.overdue(2.0) == [1]
    assert window.free == 1


def test_silence_is_counted_from_the_last_sign_of_life() -> None:
    window = Window(4, resend_s=1.0)
    assert window.unanswered_s(100.0) == 0.0
    window.sent(1, 10.0)
    window.sent(2, 20.0)
    assert window.unanswered_s(30.0) == 20.0
    window.settled((2,), 25.0)
    assert window.unanswered_s(30.0) == 5.0
    window.settled((1,), 26.0)
    assert window.unanswered_s(99.0) == 0.0


def test_collector_that_comes_back_gets_everything_at_once() -> None:
    window = Window(4, resend_s=60.0)
    window.sent(1, 0.0)
    window.acknowledged(1, 0.0)
    window.hold(2)
    window.restart(5.0)
    assert window.overdue(5.0) == [1]
    assert window.unanswered_s(6.0) == 1.0


def test_held_message_takes_no_place_and_is_never_due() -> None:
    window = Window(1, resend_s=1.0)
    window.sent(1, 0.0)
    window.acknowledged(1, 0.0)
    window.hold(1)
    assert window.free == 1
    assert window.overdue(1e9) == []


Step = st.tuples(st.sampled_from(["send", "ack", "settle", "late"]), st.integers(1, 8))


@given(st.integers(1, 16), st.lists(Step, max_size=60))
def test_never_more_under_way_than_the_size(size: int, steps: list[tuple[str, int]]) -> None:
    window = Window(size, resend_s=1.0)
    for now_s, (step, seq) in enumerate(steps):
        if step == "send" and (window.free or seq in window.flights):
            window.sent(seq, now_s)
        elif step == "ack":
            window.acknowledged(seq, now_s)
        elif step == "settle":
            window.settled((seq,), now_s)
        elif step == "late":
            assert all(seq in window.flights for seq in window.overdue(now_s))
        in_place = sum(not flight.aside for flight in window.flights.values())
        assert in_place <= size
        assert window.free == size - in_place


def test_a_message_sent_again_waits_for_its_acknowledgement_again() -> None:
    """Else it would go out at every turn."""
    window = Window(1, resend_s=1.0)
    window.sent(1, 0.0)
    window.acknowledged(1, 0.0)
    assert window.overdue(1.0) == [1]
    window.sent(1, 1.0)
    assert window.overdue(1e9) == []


def test_a_receipt_of_before_the_sending_moves_nobody_aside() -> None:
    window = Window(1, resend_s=1.0)
    window.settled((99,), now_s=0.5)
    window.sent(1, 1.0)
    window.acknowledged(1, 1.0)
    assert window.overdue(2.0) == [1]
    assert window.free == 0


def test_who_stepped_aside_stays_there() -> None:
    window = Window(1, resend_s=1.0)
    window.sent(1, 0.0)
    window.acknowledged(1, 0.0)
    window.settled((99,), now_s=0.5)
    window.overdue(1.0)
    window.sent(1, 5.0)
    window.acknowledged(1, 5.0)
    window.overdue(10.0)
    assert window.free == 1
    assert window.unanswered_s(50.0) == 0.0, "nobody is waited for who was set aside"


def test_what_is_forgotten_frees_its_place_and_is_not_sent() -> None:
    window = Window(1, resend_s=1.0)
    window.sent(1, 0.0)
    window.acknowledged(1, 0.0)
    window.forget(1)
    assert window.free == 1
    assert window.overdue(1e9) == []
    assert window.unanswered_s(9.0) == 0.0


def test_a_receipt_that_names_nothing_ends_no_silence() -> None:
    window = Window(2, resend_s=1.0)
    window.sent(1, 0.0)
    window.settled((), now_s=40.0)
    assert window.unanswered_s(50.0) == 50.0


def test_the_first_resend_after_the_collector_came_back_is_soon() -> None:
    window = Window(1, resend_s=1.0)
    for _ in range(4):
        window.sent(1, 0.0)
        window.acknowledged(1, 0.0)
    window.restart(10.0)
    window.sent(1, 10.0)
    window.acknowledged(1, 10.0)
    assert window.flights[1].due_s == 11.0

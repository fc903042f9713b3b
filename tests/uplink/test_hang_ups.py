"""Whom a broker hangs up on."""

from __future__ import annotations

from edge.uplink.hang_ups import HangUps


def test_who_does_not_wait_any_more_is_no_suspect() -> None:
    hang_ups = HangUps()
    hang_ups.ended({1, 2, 3})
    hang_ups.keep(lambda seq: seq != 2)
    assert hang_ups.suspects == {1, 3}


def test_one_that_ended_three_connections_alone_waits_and_gets_one_more_try() -> None:
    hang_ups = HangUps()
    for _ in range(2):
        hang_ups.ended({7})
        assert not hang_ups.must_wait(7)
    hang_ups.ended({7})
    assert hang_ups.must_wait(7)
    assert not hang_ups.suspects
    assert not hang_ups.must_wait(7)
    hang_ups.taken(7)
    hang_ups.ended({7})
    assert not hang_ups.must_wait(7)


def test_numbers_that_mean_other_messages_now_have_ended_nothing() -> None:
    hang_ups = HangUps()
    for _ in range(3):
        hang_ups.ended({7})
    hang_ups.forget()
    assert not hang_ups.suspects
    assert hang_ups.must_wait(7) is False

"""The transitions of the model slots, one by one."""

from __future__ import annotations

import pytest

from edge.update.slots import Installed, Slots, Verdict
from edge.wire.commands import Desired

A, B, C = (Installed(letter * 64, "net", letter) for letter in "abc")


def test_a_shadow_run_that_ends_gives_all_tries_back() -> None:
    trial = Slots().proposed("finder", A, 0).tried(+1).tried(+1).shadow_ended().candidate
    assert trial is not None
    assert (trial.tries, trial.shadowed) == (0, True)


def test_tries_never_fall_below_none() -> None:
    slots = Slots().proposed("finder", A, 0).tried(+1).tried(-1).tried(-1)
    assert slots.candidate is not None
    assert slots.candidate.tries == 0


def test_only_the_file_that_served_before_is_previous() -> None:
    first = Slots().proposed("finder", A, 0).confirmed()
    assert (first.active, first.previous, first.candidate) == ({"finder": A}, {}, None)
    second = first.proposed("finder", B, 0).confirmed()
    assert second.previous == {"finder": A}
    back = second.demoted("finder")
    assert (back.active, back.previous) == ({"finder": A}, {})
    assert back.demoted("finder").active == {}, "the shipped file serves"


def test_what_was_previous_of_a_slot_without_an_active_file_is_stale() -> None:
    """Left by a roll-back to the shipped file; it must not come back after the next one."""
    slots = Slots(previous={"finder": C, "refiner": B})
    confirmed = slots.proposed("finder", A, 0).confirmed()
    assert confirmed.previous == {"refiner": B}
    assert confirmed.demoted("finder").active == {}


def test_a_confirmed_file_is_bad_no_more_and_others_stay_bad() -> None:
    slots = Slots(bad={A.sha256: Verdict("slow"), B.sha256: Verdict("nan")})
    assert set(slots.proposed("finder", A, 0).confirmed().bad) == {B.sha256}


def test_a_rejected_file_is_bad_until_it_is_forced_later() -> None:
    slots = Slots(active={"finder": B}).proposed("finder", A, 4).rejected("nan")
    assert (slots.active, slots.candidate) == ({"finder": B}, None)
    assert slots.is_bad(A.sha256, Desired(version=4, force=(A.sha256,)))
    assert not slots.is_bad(A.sha256, Desired(version=5, force=(A.sha256,)))
    assert slots.is_bad(A.sha256, Desired(version=5))
    assert not slots.is_bad(B.sha256, Desired(version=5))


def test_every_file_that_may_be_asked_for_is_in_use() -> None:
    slots = Slots(active={"finder": A}, previous={"finder": B}).proposed("refiner", C, 0)
    assert slots.in_use() == {A.sha256, B.sha256, C.sha256}


@pytest.mark.parametrize("act", ["confirmed", "shadow_ended"])
def test_without_a_candidate_nothing_changes(act: str) -> None:
    slots = Slots(active={"finder": A}, previous={"finder": B})
    assert getattr(slots, act)() == slots
    assert slots.rejected("x") == slots
    assert slots.tried(1) == slots

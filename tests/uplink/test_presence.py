"""A hint about the collector, and what it may cost."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from edge.uplink.presence import Presence

TEN_S = 10.0


def test_its_word_or_a_receipt_says_that_it_is_there() -> None:
    presence = Presence(0.0, patience_s=5.0)
    assert not presence.is_there(1.0)
    assert presence.said(True, 1.0)
    assert presence.is_there(1e6)
    assert not presence.said(False, 2.0)
    assert not presence.is_there(2.0)
    assert presence.proved(3.0), "a receipt ends a silence"
    assert presence.is_there(12.9)
    assert not presence.proved(12.9)
    assert not presence.is_announced
    assert not presence.is_there(22.9 + 0.1)


@given(st.lists(st.tuples(st.floats(0.01, 3.0), st.sampled_from([True, False, None])), min_size=40))
def test_no_flood_of_words_holds_a_message_back_for_longer_or_repeats_more(
    words: list[tuple[float, bool | None]],
) -> None:
    """However often anybody says what: one message may go every ten seconds at least, and what is
    under way goes again every ten seconds at most."""
    presence, now_s, went_s, again_s = Presence(0.0, 5.0), 0.0, 0.0, -TEN_S
    for wait_s, word in words:
        now_s += wait_s
        if presence.said(word, now_s):
            assert now_s - again_s >= TEN_S
            again_s = now_s
        if presence.is_there(now_s) or presence.may_try(now_s):
            went_s = now_s
        assert now_s - went_s <= TEN_S


def test_what_people_are_told() -> None:
    presence = Presence(0.0, patience_s=5.0)
    assert presence.problem(4.0) is None
    assert "announced" in (presence.problem(6.0) or "")
    presence.said(False, 7.0)
    assert "offline" in (presence.problem(7.0) or "")
    presence.proved(8.0)
    assert presence.problem(9.0) == ""
    presence.said(True, 9.0)
    assert presence.problem(99.0) == ""

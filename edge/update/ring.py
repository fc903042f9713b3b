"""Which offer, if any, this station takes now. Pure: all it needs comes in."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar

from edge.update.offer import Offer, number
from edge.update.slots import Installed, Slots
from edge.wire.bucket import bucket
from edge.wire.clock import utc_ns_of
from edge.wire.commands import Desired
from edge.wire.slots import by_slot

Each = TypeVar("Each")


@dataclass(frozen=True, slots=True)
class Station:
    """What decides about an offer here.

    serving : slot -> the file that serves now, shipped or taken.
    """

    name: str
    software: str
    serving: dict[str, Installed]


@dataclass(frozen=True, slots=True)
class Choice:
    """The offer to take, and why each of the others is not taken."""

    offer: Offer | None
    passed_over: tuple[tuple[Offer, str], ...]


def choose(
    offers: Iterable[Offer], station: Station, slots: Slots, desired: Desired, now_utc_ns: int
) -> Choice:
    """The newest offer that fits, one at a time: a trial that fails then has one suspect."""
    best_first = sorted(offers, key=lambda each: number(each.terms.version), reverse=True)
    return Choice(
        *first_that_fits(
            best_first, lambda each: objection(each, station, slots, desired, now_utc_ns)
        )
    )


def first_that_fits(
    best_first: Iterable[Each], objection: Callable[[Each], str]
) -> tuple[Each | None, tuple[tuple[Each, str], ...]]:
    """The first to which nobody objects, and why each of the others is passed over."""
    taken = None
    passed_over = []
    for offer in best_first:
        reason = objection(offer)
        if not reason and taken is None:
            taken = offer
        else:
            passed_over.append((offer, reason or "one_at_a_time"))
    return taken, tuple(passed_over)


def objection(
    offer: Offer, station: Station, slots: Slots, desired: Desired, now_utc_ns: int
) -> str:
    """Why this station does not take an offer, as a code; empty when it does."""
    terms = offer.terms
    serving = station.serving.get(offer.slot)
    pinned = by_slot(desired.pin).get(offer.slot)
    if serving is None:
        return "unknown_slot"
    if desired.hold:
        return "held"
    if pinned not in (None, offer.sha256):
        return "pinned_to_another"
    if offer.sha256 == serving.sha256:
        return "serving"
    if slots.candidate is not None:
        return "on_trial" if slots.candidate.model.sha256 == offer.sha256 else "another_on_trial"
    if slots.is_bad(offer.sha256, desired):
        return "rolled_back_here"
    if terms.min_sw and number(station.software) < number(terms.min_sw):
        return "needs_newer_software"
    if terms.max_sw and number(station.software) > number(terms.max_sw):
        return "needs_older_software"
    if terms.not_before and now_utc_ns < utc_ns_of(terms.not_before):
        return "not_yet"
    if pinned is None:
        if number(terms.version) <= number(serving.version) and offer.sha256 not in desired.force:
            return "not_newer"
        if bucket(station.name, offer.sha256) >= terms.ring_percent:
            return "not_in_ring"
    return ""

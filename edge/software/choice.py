"""Which release, if any, this station takes now. Pure: all it needs comes in."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from edge.software.releases import Releases
from edge.software.wheel_set import SetOffer
from edge.update.offer import number
from edge.update.ring import first_that_fits
from edge.wire.bucket import bucket
from edge.wire.clock import utc_ns_of
from edge.wire.commands import Desired


@dataclass(frozen=True, slots=True)
class Machine:
    """What decides about an offer here.

    software, python : version and interpreter of the release that serves.
    pythons : versions of all interpreters that can serve on this machine.
    """

    station: str
    software: str
    python: str
    pythons: frozenset[str]
    architecture: str


@dataclass(frozen=True, slots=True)
class SetChoice:
    """The offer to take, and why each of the others is not taken."""

    offer: SetOffer | None
    passed_over: tuple[tuple[SetOffer, str], ...]


def choose(
    offers: Iterable[SetOffer],
    machine: Machine,
    releases: Releases,
    desired: Desired,
    now_utc_ns: int,
) -> SetChoice:
    """The newest release that fits; of one release the set for the interpreter that serves now."""

    def rank(offer: SetOffer) -> tuple[tuple[int, ...], bool, tuple[int, ...]]:
        terms = offer.terms
        return number(terms.version), terms.python == machine.python, number(terms.python)

    best_first = sorted(offers, key=rank, reverse=True)
    return SetChoice(
        *first_that_fits(
            best_first, lambda each: objection(each, machine, releases, desired, now_utc_ns)
        )
    )


def objection(
    offer: SetOffer, machine: Machine, releases: Releases, desired: Desired, now_utc_ns: int
) -> str:
    """Why this station does not take a release, as a code; empty when it does."""
    terms = offer.terms
    if terms.machine != machine.architecture:
        return "another_machine"
    if desired.hold:
        return "held"
    if releases.trial is not None:
        on_trial = releases.trial.release.sha256 == offer.sha256
        return "on_trial" if on_trial else "another_on_trial"
    if releases.confirmed is not None and releases.confirmed.sha256 == offer.sha256:
        return "serving"
    if releases.is_bad(offer.sha256, desired):
        return "rolled_back_here"
    if terms.not_before and now_utc_ns < utc_ns_of(terms.not_before):
        return "not_yet"
    if offer.sha256 not in desired.force:
        if number(terms.version) <= number(machine.software):
            return "not_newer"
        if bucket(machine.station, offer.sha256) >= terms.ring_percent:
            return "not_in_ring"
    return "" if terms.python in machine.pythons else "needs_python"

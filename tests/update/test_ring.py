"""Which offer a station takes, and why not the others."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
import pytest
from simulators.model_world import dots_model

from edge.inference.network import read_description
from edge.update.offer import Offer, Terms, custom_of, number, terms_in
from edge.update.ring import Station, choose, objection
from edge.update.slots import Installed, Slots, Trial, Verdict
from edge.wire.bucket import bucket
from edge.wire.commands import Desired

NOW_NS = int(datetime(2026, 6, 1, tzinfo=UTC).timestamp() * 1e9)
NEW, OTHER = "b" * 64, "c" * 64
HERE = Station("hall-1", "1.4.0", {"whole": Installed("a" * 64, "dots", "1")})
NOTHING = Desired(version=0)


@pytest.fixture(scope="module")
def terms() -> Terms:
    said = read_description(dots_model("2"), "dots")
    assert said.golden is not None
    return Terms(
        slot="whole", name="dots", version="2", kind=said.task, keypoints=said.keypoints,
        input_px=(128, 96), golden=said.golden, opset=17, latency_ms=10.0, size_bytes=1000,
        ring_percent=100,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({}, ""),
        ({"slot": "spine"}, "unknown_slot"),
        ({"version": "1"}, "not_newer"),
        ({"version": "0.9.9"}, "not_newer"),
        ({"ring_percent": 0}, "not_in_ring"),
        ({"min_sw": "1.4.1"}, "needs_newer_software"),
        ({"min_sw": "1.4"}, ""),
        ({"max_sw": "1.3"}, "needs_older_software"),
        ({"not_before": "2026-06-01T00:00:01Z"}, "not_yet"),
        ({"not_before": "2026-06-01T00:00:00Z"}, ""),
    ],
)
def test_what_the_signed_terms_object_to(terms, changed, reason) -> None:
    offer = Offer("models/dots-2.onnx", NEW, msgspec.structs.replace(terms, **changed))
    assert objection(offer, HERE, Slots(), NOTHING, NOW_NS) == reason


@pytest.mark.parametrize(
    ("slots", "desired", "reason"),
    [
        (Slots(), Desired(version=1, hold=True), "held"),
        (Slots(), Desired(version=1, pin={"whole": OTHER}), "pinned_to_another"),
        (Slots(), Desired(version=1, pin={"whole": NEW}), ""),
        (Slots(candidate=Trial("whole", Installed(NEW, "dots", "2"))), NOTHING, "on_trial"),
        (Slots(candidate=Trial("finder", Installed(OTHER, "x", "2"))), NOTHING, "another_on_trial"),
        (Slots(bad={NEW: Verdict("blind", 4)}), NOTHING, "rolled_back_here"),
        (Slots(bad={NEW: Verdict("blind", 4)}), Desired(version=4, force=(NEW,)),
         "rolled_back_here"),
        (Slots(bad={NEW: Verdict("blind", 4)}), Desired(version=5, force=(NEW,)), ""),
        (Slots(bad={NEW: Verdict("blind", 4)}), Desired(version=5, pin={"whole": NEW}),
         "rolled_back_here"),
    ],
)  # fmt: skip
def test_what_happened_here_and_what_is_desired(terms, slots, desired, reason) -> None:
    offer = Offer("models/dots-2.onnx", NEW, terms)
    assert objection(offer, HERE, slots, desired, NOW_NS) == reason


def test_the_newest_fitting_offer_is_taken_one_at_a_time(terms) -> None:
    def version(text: str) -> Offer:
        return Offer(
            f"models/{text}", f"{len(text)}" * 64, msgspec.structs.replace(terms, version=text)
        )

    offers = [version("9"), version("10.1"), version("2.0.0.0")]
    choice = choose(offers, HERE, Slots(), NOTHING, NOW_NS)
    assert choice.offer == offers[1]
    assert choice.passed_over == ((offers[0], "one_at_a_time"), (offers[2], "one_at_a_time"))


def test_rings_hold_their_share_and_differ_between_files() -> None:
    names = [f"hall-{n}" for n in range(2000)]
    first, second = ({n for n in names if bucket(n, sha) < 10} for sha in (NEW, OTHER))
    assert 150 < len(first) < 250
    assert len(first & second) < 40


@pytest.mark.parametrize(("smaller", "larger"), [("1.9", "1.10"), ("1", "1.0.1"), ("x", "0")])
def test_versions_compare_as_numbers(smaller, larger) -> None:
    assert number(smaller) < number(larger)


def test_terms_survive_the_signed_metadata(terms) -> None:
    assert terms_in(custom_of(terms)) == terms
    for other in (None, {}, {"posture.terms": 3}, {"posture.terms": "{}"}):
        with pytest.raises(ValueError, match=r"posture\.terms|missing"):
            terms_in(other)

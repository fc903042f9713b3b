"""Names of slots that version 0.1.0 wrote, signed and published, read as today's."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
import pytest
from simulators.model_world import dots_model

from edge.inference.network import read_description
from edge.update.offer import Offer, Terms
from edge.update.ring import Station, objection
from edge.update.slots import FILE_NAME, Installed, Slots, Trial, Verdict, load_slots
from edge.wire.codec import decode, encode
from edge.wire.commands import Desired

NOW_NS = int(datetime(2026, 6, 1, tzinfo=UTC).timestamp() * 1e9)
NEW, OTHER = "b" * 64, "c" * 64
SERVING = {name: Installed("a" * 64, "dots", "1") for name in ("whole", "close")}


def offer(slot: str) -> Offer:
    said = read_description(dots_model("2"), "dots")
    terms = Terms(
        slot=slot, name="dots", version="2", kind=said.task, keypoints=said.keypoints,
        input_px=(128, 96), golden=said.golden, opset=17, latency_ms=10.0, size_bytes=1000,
        ring_percent=100,
    )  # fmt: skip
    return Offer("models/dots-2.onnx", NEW, terms)


@pytest.mark.parametrize(("older", "slot"), [("refiner", "whole"), ("spine", "close")])
def test_the_state_on_disk_keeps_what_serves(tmp_path, older: str, slot: str) -> None:
    model = {"sha256": NEW, "name": "dots", "version": "2"}
    before = {"sha256": OTHER, "name": "dots", "version": "1"}
    kept = {
        "active": {older: model, "finder": before}, "previous": {older: before},
        "candidate": {"slot": older, "model": model, "tries": 2},
        "bad": {OTHER: {"reason": "blind"}},
    }  # fmt: skip
    (tmp_path / FILE_NAME).write_bytes(msgspec.json.encode(kept))
    now, then = Installed(NEW, "dots", "2"), Installed(OTHER, "dots", "1")
    assert load_slots(tmp_path) == Slots(
        active={slot: now, "finder": then}, previous={slot: then},
        candidate=Trial(slot, now, tries=2), bad={OTHER: Verdict("blind")},
    )  # fmt: skip


@pytest.mark.parametrize(("older", "slot"), [("refiner", "whole"), ("spine", "close")])
def test_pins_hold_whichever_name_was_published_and_signed(older: str, slot: str) -> None:
    here = Station("hall-1", "1.4.0", SERVING)
    for pinned in (older, slot):
        for offered in (older, slot):
            for sha256, reason in ((NEW, ""), (OTHER, "pinned_to_another")):
                wanted = decode(encode(Desired(version=1, pin={pinned: sha256})), Desired)
                found = objection(offer(offered), here, Slots(), wanted, NOW_NS)
                assert found == reason, (pinned, offered)


def test_where_both_names_are_pinned_todays_counts() -> None:
    wanted = Desired(version=1, pin={"whole": NEW, "refiner": OTHER})
    assert objection(offer("whole"), Station("a", "1", SERVING), Slots(), wanted, NOW_NS) == ""


def test_an_older_station_still_reads_what_is_published() -> None:
    """Names are changed where they are used, never on the wire."""
    assert b'"refiner"' in encode(Desired(version=1, pin={"refiner": NEW}))
    assert offer("refiner").terms.slot == "refiner"

"""What a bundle says in codes, without a reader of FHIR."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from posture_tools.collector.exports.fhir import bundle
from posture_tools.collector.intake import Incoming, examine
from posture_tools.collector.searching import Chosen
from posture_tools.collector.sqlite.store import SqliteStore
from simulators.assessments import assessment

from edge.records import Measure, Quality
from edge.results.outbox import Outbox


def refused(code: str, *why: str) -> Measure:
    return Measure(code, None, "deg", None, 0.0, Quality.REFUSED, why, view="front")


@pytest.fixture
def found(tmp_path: Path) -> list[dict[str, Any]]:
    """The resources of one result with three refused measures."""
    measures = (
        refused("trunk_lean", "view:back"),
        refused("head_lean", "view:back", "keypoint_missing:nose"),
        refused("knee_line", "keypoint_missing:left_knee"),
    )
    with Outbox.open(
        tmp_path / "outbox.db",
        site="north", station="hall-1", limit_bytes=10_000_000, at_limit="refuse",
    ) as outbox, SqliteStore(tmp_path / "collector.db") as store:  # fmt: skip
        outbox.accept(replace(assessment(), measures=measures))
        store.ingest(
            [examine(Incoming(f"ps/v2/north/hall-1/{m.channel}", m.payload))
             for m in outbox.pending(9)]
        )  # fmt: skip
        whole = json.loads("".join(bundle(store, (Chosen(),), "2026-06-01T08:00:00.000Z")))
    return [entry["resource"] for entry in whole["entry"]]


def test_what_another_view_would_show_was_not_tried_and_the_rest_went_wrong(
    found: list[dict[str, Any]],
) -> None:
    absent = {
        each["code"]["coding"][0]["code"]: each["dataAbsentReason"]["coding"][0]["code"]
        for each in found
        if "dataAbsentReason" in each
    }
    assert absent == {"trunk_lean": "not-performed", "head_lean": "error", "knee_line": "error"}


def test_codes_are_compared_letter_by_letter(found: list[dict[str, Any]]) -> None:
    systems = [each for each in found if each["resourceType"] == "CodeSystem"]
    assert systems
    for each in systems:
        assert each["caseSensitive"] is True
        assert each["count"] == len(each["concept"])


def test_a_measure_is_told_by_its_code_and_in_words(found: list[dict[str, Any]]) -> None:
    told = {
        each["code"]["coding"][0]["code"]: (each["code"]["coding"][0]["display"],
                                            each["code"]["text"])
        for each in found
        if each["resourceType"] == "Observation" and "code" in each["code"]["coding"][0]
    }  # fmt: skip
    assert told["trunk_lean"] == ("Trunk lean", "Trunk lean")
    assert told["head_lean"] == ("Head lean", "Head lean")

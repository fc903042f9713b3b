"""Visits and measures as rows, in both bodies of the store."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from posture_tools.collector import erasure, facts
from posture_tools.collector.intake import Incoming, examine
from posture_tools.collector.store import Store
from posture_tools.collector.visits import mend_code
from simulators.assessments import assessment

from edge.errors import SettingsInvalid
from edge.norms import Norm, shipped_norms
from edge.records import Measure, Quality
from edge.results.outbox import Outbox

PLACE = ("north", "hall-1", "visit-1")
AT = "2100-01-01T00:00:00.000Z"


@pytest.fixture
def outbox(tmp_path: Path) -> Iterator[Outbox]:
    with Outbox.open(
        tmp_path / "outbox.db",
        site="north", station="hall-1", limit_bytes=5_000_000, at_limit="refuse",
    ) as box:  # fmt: skip
        yield box


def consent(outbox: Outbox, code: str) -> None:
    inputs = {"stature_mm": 1720.0, "sex": "female", "age_years": 41}
    said = {"session": "visit-1", "code": code, "version": "2026-05", "by": "badge"}
    outbox.accept_event("consent", said | {"inputs": inputs})


def send(store: Store, outbox: Outbox) -> None:
    store.ingest(
        [
            examine(Incoming(f"ps/v2/north/hall-1/{m.channel}", m.payload))
            for m in outbox.pending(99)
        ]
    )


def visit(store: Store) -> tuple[object, ...]:
    [row] = store.rows("SELECT code, age_years, sex, inputs, mended FROM visit")
    return row


def test_a_consent_makes_the_visit(outbox: Outbox, store: Store) -> None:
    consent(outbox, "p-17")
    send(store, outbox)
    code, age, sex, inputs, mended = visit(store)
    assert (code, age, sex, mended) == ("p-17", 41.0, "female", 0)
    assert json.loads(str(inputs))["stature_mm"] == 1720.0


def test_an_operators_code_stays_and_leaves_a_line(outbox: Outbox, store: Store) -> None:
    consent(outbox, "p-17")
    send(store, outbox)
    with store.transaction() as db:
        assert mend_code(db, PLACE, "p-71", who="ann", at=AT) == "p-17"
    consent(outbox, "p-17")  # the same once more, as after a repeated badge
    send(store, outbox)
    assert visit(store)[0] == "p-71"
    assert store.rows("SELECT at, who, session, was, becomes FROM audit") == [
        (AT, "ann", "visit-1", "p-17", "p-71")
    ]


def test_a_visit_without_consent_gets_a_code_and_an_unknown_one_none(
    outbox: Outbox, store: Store
) -> None:
    outbox.accept(assessment(1, session="visit-1"))
    send(store, outbox)
    with store.transaction() as db:
        assert mend_code(db, PLACE, "p-17", who="ann", at=AT) == ""
    with pytest.raises(SettingsInvalid, match="no visit"), store.transaction() as db:
        mend_code(db, ("north", "hall-1", "visit-2"), "p-17", who="ann", at=AT)


def test_erasing_by_an_operators_code_reaches_visit_measures_and_audit(
    outbox: Outbox, store: Store
) -> None:
    consent(outbox, "p-17")
    outbox.accept(assessment(1, session="visit-1"))
    outbox.accept(assessment(2, session="visit-2"))
    send(store, outbox)
    with store.transaction() as db:
        mend_code(db, PLACE, "p-71", who="ann", at=AT)
    assert erasure.erase(store, "north", AT, code="p-71").sessions == ("visit-1",)
    assert store.rows("SELECT * FROM visit") == []
    assert store.rows("SELECT DISTINCT seq FROM measure") == [(3,)]
    assert store.rows("SELECT who, session, was, becomes FROM audit") == [("ann", "", "", "")]


def test_each_measure_is_a_row_with_its_band(outbox: Outbox, store: Store) -> None:
    outbox.accept(assessment(70))
    send(store, outbox)
    rows = store.rows(
        "SELECT part, code, value, u95, quality, why, norms FROM measure ORDER BY part"
    )
    version = shipped_norms().version
    assert rows == [
        (0, "head_tilt", 10.0, 1.6, "ok", "", version),
        (1, "knee_valgus", 3.5, 2.5, "low", "clothing", version),
        (2, "trunk_lean", None, None, "refused", "view:front", version),
    ]


def norm_of_the_visitor() -> Norm:
    """A shipped norm of women of 41 years."""
    return next(
        norm for norm in shipped_norms().norms
        if norm.sex in ("female", "any") and norm.age_years[0] <= 41 <= norm.age_years[1]
    )  # fmt: skip


def at_its_edge(norm: Norm) -> Measure:
    return Measure(
        norm.code, norm.usual[1], norm.unit, 0.01, 9.0, Quality.OK,
        definition=norm.definitions[0],
    )  # fmt: skip


@pytest.mark.parametrize("first", ["consent", "result"])
def test_the_band_is_that_of_the_interval_among_people_like_this(
    outbox: Outbox, store: Store, first: str
) -> None:
    """At an edge the interval reaches into two, whether age and sex came before or after it."""
    measured = (at_its_edge(norm_of_the_visitor()),)
    result = dataclasses.replace(assessment(session="visit-1"), measures=measured)
    if first == "consent":
        consent(outbox, "p-17")
    outbox.accept(result)
    send(store, outbox)
    if first == "result":
        assert store.rows("SELECT band FROM measure") == [("",)]
        consent(outbox, "p-17")
        send(store, outbox)
    assert store.rows("SELECT band FROM measure") == [("usual|above",)]


def test_without_an_age_there_is_no_band(outbox: Outbox, store: Store) -> None:
    measured = (at_its_edge(norm_of_the_visitor()),)
    outbox.accept(dataclasses.replace(assessment(session="visit-1"), measures=measured))
    send(store, outbox)
    assert store.rows("SELECT band FROM measure") == [("",)]


def test_other_norms_judge_anew(outbox: Outbox, store: Store) -> None:
    consent(outbox, "p-17")
    for number in range(5):
        outbox.accept(assessment(number, session="visit-1"))
    send(store, outbox)
    norm = Norm(
        code="head_tilt", definitions=("1",), unit="deg", mean=-100.0, sd=1.0, sex="any",
        age_years=(0.0, 120.0), n=1, population="nobody", source="https://example.org",
        printed="nowhere",
    )  # fmt: skip
    strict = dataclasses.replace(shipped_norms(), version="strict", norms=(norm,))
    after: facts.Row | None = ("", "", "", 0, -1)
    changed = 0
    while after is not None:
        with store.transaction() as db:
            count, after = facts.reband(db, strict, after)
        changed += count
    assert changed == 15
    assert store.rows("SELECT DISTINCT band FROM measure WHERE code = 'head_tilt'") == [("above",)]
    assert store.rows("SELECT DISTINCT norms FROM measure") == [("strict",)]

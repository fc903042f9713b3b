"""Who a stored visit says that it was of, for norms that ask for age and sex."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from posture_tools.collector.intake import Incoming, examine
from posture_tools.collector.sqlite.store import SqliteStore
from posture_tools.collector.stored_visit import visit_at
from simulators.assessments import assessment

from edge.norms import Who
from edge.results.outbox import Outbox
from edge.wire.result import Consent

SESSION = "5f1c9a2b7d3e4f60"


@pytest.mark.parametrize(
    ("told", "who"),
    [
        ({"inputs": {"age_years": 41, "sex": "female"}}, Who(41, "female")),
        ({"inputs": {"stature_mm": 1720.0}}, Who(None, None)),
        ({}, Who(None, None)),
        ({"inputs": {"age_years": "of an older version"}}, Who(None, None)),
    ],
)
def test_who_was_told_is_who_is_judged(tmp_path: Path, told: dict[str, Any], who: Who) -> None:
    said = {"session": SESSION, "code": "p-17", "version": "2026-05", "by": "badge"}
    with Outbox.open(
        tmp_path / "outbox.db",
        site="north", station="hall-1", limit_bytes=10_000_000, at_limit="refuse",
    ) as outbox, SqliteStore(tmp_path / "collector.db") as store:  # fmt: skip
        seq = outbox.accept_event("consent", said | told)
        outbox.accept(assessment(1, session=SESSION), Consent(seq, "2026-05"))
        store.ingest(
            [examine(Incoming(f"ps/v2/north/hall-1/{m.channel}", m.payload))
             for m in outbox.pending(9)]
        )  # fmt: skip
        found = visit_at(store, ("north", "hall-1", SESSION))
    assert found.consent == "2026-05"
    assert found.who == who

"""`posture-collector report`: from stored results to a page, as a user meets it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from posture_tools.collector.__main__ import main
from posture_tools.collector.intake import Incoming, examine
from posture_tools.collector.report import results
from posture_tools.collector.sqlite.store import SqliteStore
from posture_tools.collector.stored_visit import stored_visit
from simulators.screened import PERSON, scores, screening

from edge.errors import SettingsInvalid
from edge.records import Assessment, ModelIdentity
from edge.results.outbox import Outbox

MODEL = ModelIdentity("bottom_up", "3.1", "ab" * 32)


def visit(session: str, person: Any = PERSON) -> list[Assessment]:
    """Four views and the movements, as the station hands them to its outbox."""
    views = [
        Assessment("posture", session, seen.view, "test", 1, seen.measures, 74, 75, 0.6, (MODEL,),
                   figure=seen.figure, scale_by="stickers")
        for seen in screening(person).views
    ]  # fmt: skip
    return [*views, Assessment("fms", session, "unknown", "sheet", 1, scores(), 0, 0, 0.0)]


@pytest.fixture
def stored(tmp_path: Path) -> tuple[Path, list[str]]:
    """A store with two visits, and the ids of all results in their order."""
    path = tmp_path / "collector.db"
    with Outbox.open(
        tmp_path / "outbox.db",
        site="desk", station="hall-1", limit_bytes=10_000_000, at_limit="refuse",
    ) as outbox, SqliteStore(path) as store:  # fmt: skip
        for session, tilt in (("spring", 0.0), ("autumn", 7.0)):
            for assessment in visit(session, replace(PERSON, shoulder_tilt_deg=tilt)):
                outbox.accept(assessment)
        store.ingest(
            [examine(Incoming(f"ps/v2/desk/hall-1/{m.channel}", m.payload))
             for m in outbox.pending(99)]
        )  # fmt: skip
        return path, [each.result.id for each in results(store)]


def test_any_result_of_a_visit_gives_its_whole_page(stored: Any, tmp_path: Path) -> None:
    path, ids = stored
    for result_id in (ids[5], ids[9]):
        out = tmp_path / "page.html"
        words = ["report", result_id, "-o", str(out), "--store", str(path), "--lang", "ko"]
        assert main([*words, "--before", ids[0]]) == 0
        html = out.read_text(encoding="utf-8")
        assert html.count('class="plumb"') == 4
        assert "autumn" in html
        assert "합계 14/21" in html
        assert 'class="trend"' in html
        assert "bottom_up 3.1" in html


def test_the_figures_alone_are_an_svg(stored: Any, tmp_path: Path) -> None:
    path, ids = stored
    out = tmp_path / "figures.svg"
    assert main(["report", ids[0], "-o", str(out), "--store", str(path)]) == 0
    assert out.read_text(encoding="utf-8").startswith("<svg ")


def test_measures_and_figures_survive_the_wire(stored: Any) -> None:
    path, ids = stored
    sent = screening(replace(PERSON, shoulder_tilt_deg=7.0))
    with SqliteStore(path) as store:
        came = stored_visit(store, ids[5])
    for before, after in zip(sent.views, came.views, strict=True):
        assert after.figure == before.figure
        assert after.scale_by == "stickers"
        for measured, read in zip(before.measures, after.measures, strict=True):
            assert (read.code, read.why, read.view) == (measured.code, measured.why, measured.view)
            assert read.value == pytest.approx(measured.value, abs=1e-4)


@pytest.mark.parametrize("wrong", ["nonsense", "hall-1:abc:1", "", "hall-1::x"])
def test_an_unknown_result_is_refused_with_a_remedy(stored: Any, wrong: str) -> None:
    with SqliteStore(stored[0]) as store, pytest.raises(SettingsInvalid) as refusal:
        stored_visit(store, wrong)
    assert "list --json" in refusal.value.remedy

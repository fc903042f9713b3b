"""Events of updates, kept until the uplink's outbox has them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from edge.update.report import Spool


def test_all_that_waits_is_handed_over_once_and_counted(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "events")
    for reason in ("ok", "disk_full", "ok"):
        spool.report({"step": "download", "reason": reason})
    (tmp_path / "events" / "00000002.json").write_bytes(b"\0" * 20)  # a failing disk
    taken: list[dict[str, Any]] = []
    assert spool.drain(taken.append) == 3
    assert [(event["n"], event["reason"]) for event in taken] == [(1, "ok"), (3, "ok")]
    assert spool.drain(taken.append) == 0


def test_what_another_process_took_away_meanwhile_is_no_failure(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "events")
    spool.report({"step": "download", "reason": "ok"})

    def accept(_event: Any) -> None:
        (tmp_path / "events" / "00000001.json").unlink()

    assert spool.drain(accept) == 1


@pytest.mark.parametrize("damage", [b"", b"\0" * 4, b"9" * 5000, b"\xff"])
def test_a_damaged_counter_stops_nobody(tmp_path: Path, damage: bytes) -> None:
    """Neither the updater nor the engine, which tells its roll-backs here."""
    spool = Spool(tmp_path / "events")
    for _ in range(3):
        spool.report({"step": "download", "reason": "ok"})
    taken: list[dict[str, Any]] = []
    (tmp_path / "events" / "counter").write_bytes(damage)
    spool.report({"step": "canary", "reason": "ok"})
    spool.drain(taken.append)
    assert [event["n"] for event in taken] == [1, 2, 3, 4]
    (tmp_path / "events" / "counter").write_bytes(damage)
    spool.report({"step": "confirm", "reason": "ok"})  # nothing waits that could tell
    spool.drain(taken.append)
    assert taken[4] == {"n": 1, "step": "confirm", "reason": "ok"}


def test_files_of_others_are_no_events(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "events")
    spool.report({"step": "download", "reason": "ok"})
    copy = tmp_path / "events" / "00000001 copy.json"
    copy.write_text("{}")
    taken: list[dict[str, Any]] = []
    assert spool.drain(taken.append) == 1
    assert copy.exists()

"""Events of updates, kept until the uplink's outbox has them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

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

"""A trouble that lasts is logged when it begins, and not with every turn of the loop."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.results.outbox import Outbox
from edge.settings import Settings
from edge.uplink.uplink import Uplink


def test_a_trouble_is_logged_when_it_begins(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with Outbox.open(
        tmp_path / "outbox.db",
        site="north", station="hall-1", limit_bytes=10_000_000, at_limit="refuse",
    ) as outbox:  # fmt: skip
        uplink = Uplink(
            Settings(site="north", station="hall-1"), outbox, on_problem=lambda _problem: None
        )
        for problem in ("it hangs up", "it hangs up", "", "it refuses", "it refuses", ""):
            uplink._trouble(problem)
    assert [record.getMessage() for record in caplog.records] == ["it hangs up", "it refuses"]

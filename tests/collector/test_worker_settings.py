"""What a worker does that nobody has told anything."""

from __future__ import annotations

import msgspec
from posture_tools.collector.worker_settings import WorkerSettings


def test_nothing_is_archived_unless_somebody_asks_for_it() -> None:
    settings = msgspec.convert({"site": "north", "store": "a.db", "broker": [{}]}, WorkerSettings)
    assert settings.keep_months == 0
    assert settings.home_assistant is False
    assert (settings.keys, settings.metrics) == ("", "")

"""What a worker does that nobody has told anything."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from posture_tools.collector.worker_settings import WorkerSettings, load_worker_settings

from edge.errors import SettingsInvalid


def test_nothing_is_archived_unless_somebody_asks_for_it() -> None:
    settings = msgspec.convert({"site": "north", "store": "a.db", "broker": [{}]}, WorkerSettings)
    assert settings.keep_months == 0
    assert settings.home_assistant is False
    assert (settings.keys, settings.metrics) == ("", "")


@pytest.mark.parametrize(
    ("store", "is_taken"),
    [
        ("postgresql://worker:word@base.example/posture", False),
        ("postgresql://worker@base.example:5433/posture", True),
        ("postgresql://base.example:5433/posture", True),
        ("results.db", True),
    ],
)
def test_no_password_stands_in_the_address_of_the_store(
    tmp_path: Path, store: str, is_taken: bool
) -> None:
    path = tmp_path / "collector.toml"
    path.write_text(f'site = "north"\nstore = "{store}"\n[[broker]]\n')
    if is_taken:
        assert load_worker_settings(path).store == store
    else:
        with pytest.raises(SettingsInvalid, match="holds a password"):
            load_worker_settings(path)

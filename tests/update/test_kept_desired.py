"""What a site desires is kept, also by a station that has never had an update."""

from __future__ import annotations

from pathlib import Path

from edge.update.desired import keep_desired, load_desired
from edge.wire.clock import read_clock
from edge.wire.codec import encode
from edge.wire.commands import Desired


def test_the_first_message_makes_the_folder(tmp_path: Path) -> None:
    path = tmp_path / "models" / "desired.json"
    wanted = Desired(version=5, hold=True)
    assert keep_desired(path, encode(wanted), read_clock()) == wanted
    assert load_desired(path) == wanted
    assert keep_desired(path, encode(wanted), read_clock()) is None

"""What `desire` says once brokers hold the wish."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from posture_tools.collector.__main__ import main
from simulators.mosquitto import Mosquitto

pytestmark = pytest.mark.broker


def test_the_wish_is_said_without_a_word_of_answers(
    tmp_path: Path, mosquitto: str, capsys: Any
) -> None:
    with Mosquitto(mosquitto, tmp_path / "broker") as broker:
        where = ("--broker", f"127.0.0.1:{broker.port}", "--site", "north")
        assert main(["desire", "hall-1", "hall-2", "--hold", *where]) == 0
    said = capsys.readouterr().out
    assert said.endswith("for hall-1, hall-2: hold\n")

"""A short run of the fuzzer; `python tests/budgets/fuzz.py` sends 20 000 messages."""

from __future__ import annotations

from pathlib import Path

import pytest
from simulators.fuzzing import GROUP, fuzz

pytestmark = [pytest.mark.broker, pytest.mark.timeout(400)]


def test_poison_stops_neither_end(tmp_path: Path, mosquitto: str) -> None:
    assert fuzz(tmp_path, mosquitto, 300) == 300 // GROUP

"""Faults, damage and a thief at once: `python tests/budgets/malice.py` does it for ten minutes."""

from __future__ import annotations

from pathlib import Path

import pytest
from simulators.malice import Malice

pytestmark = [pytest.mark.broker, pytest.mark.timeout(600)]


@pytest.mark.parametrize(("seed", "with_acl"), [(1, True), (2, False), (3, True)])
def test_every_accepted_result_is_stored_once_or_named(
    seed: int, with_acl: bool, tmp_path: Path, mosquitto: str
) -> None:
    told = Malice(tmp_path, mosquitto, seed, with_acl=with_acl).run(60.0)
    assert len(told.faults) == 7, f"not all faults had their turn: {told.faults}"
    assert told.accepted > 100
    assert told.flips > 0
    assert (told.refusals > 0) == with_acl, "the broker's log names what its rules refused"

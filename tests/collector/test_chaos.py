"""Each part of a large site killed -9, the database last: none lost, none doubled, chains whole."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import missing, program
from simulators.chaos import Chaos
from simulators.postgres import find_postgres


@pytest.mark.broker
@pytest.mark.timeout(600)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_part_dies_and_every_result_stands_once(
    tmp_path: Path, mosquitto: str, seed: int
) -> None:
    """A few seconds of it; `python tests/budgets/chaos.py` goes on for ten minutes."""
    haproxy, postgres = program("haproxy", "haproxy"), find_postgres()
    if postgres is None:
        missing("the program initdb (Debian package postgresql)")
    assert postgres is not None
    told = Chaos(tmp_path, mosquitto, haproxy, postgres, seed).run(4.0)
    print(f"seed {seed}: {told}")
    assert set(told.faults) == {"worker_dies", "broker_dies", "balancer_dies", "database_dies"}
    assert told.stored >= told.accepted > 50

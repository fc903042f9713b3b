"""A command acts once: what is known of those before decides."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest
from conftest import ROOT

from edge.errors import MessageRefused
from edge.results.commanded import begin, end


@pytest.fixture
def db() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:")) as opened:
        opened.executescript((ROOT / "edge/results/outbox.sql").read_text())
        yield opened


def test_a_command_older_than_all_that_are_kept_is_refused(db: sqlite3.Connection) -> None:
    """Nobody knows any more whether it acted."""
    for number in range(1000, 1300):
        assert begin(db, number, "ab") is None
        end(db, number, b"done")
    with pytest.raises(MessageRefused, match="command 1000 is older"):
        begin(db, 1000, "ab")
    assert begin(db, 1299, "ab") == b"done"


def test_a_late_command_among_few_is_carried_out(db: sqlite3.Connection) -> None:
    assert begin(db, 1000, "ab") is None
    assert begin(db, 7, "cd") is None

"""A batch is committed in parts, and what becomes of it is told once all of them have ended."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from posture_tools.collector.committer import Batch, Committer
from posture_tools.collector.intake import Bad, Good
from posture_tools.collector.store import Outcome
from simulators.arrived import messages

from edge.errors import StoreFailed


class TwoAtOnce:
    """Stands for a store where one part of a batch fails at once; the other takes a while."""

    at_once = 2

    def __init__(self) -> None:
        self.ended: list[str] = []
        self._first = threading.Lock()

    def ingest(self, items: Sequence[Good | Bad]) -> Outcome:
        if self._first.acquire(blocking=False):
            raise StoreFailed("The disk is full.", "Make room.")
        time.sleep(0.3)
        self.ended.append(items[0].address.station)
        return Outcome(duplicates=len(items))


def test_nobody_goes_on_while_a_part_is_still_being_committed(tmp_path: Path) -> None:
    [item] = messages(tmp_path, 1)
    assert isinstance(item, Good)
    names = [f"hall-{n}" for n in range(50)]
    other = next(n for n in names if hash(n) % 2 != hash(item.address.station) % 2)
    elsewhere = replace(item, address=replace(item.address, station=other))
    store: Any = TwoAtOnce()
    committer = Committer(store)
    assert committer.is_free
    committer.begin(Batch(came=2, items=[item, elsewhere]))
    assert not committer.is_free
    with pytest.raises(StoreFailed):
        committer.wait()
    assert len(store.ended) == 1
    assert committer.is_free
    assert committer.wait() is None
    committer.begin(Batch(came=1, items=[item]))
    batch = committer.wait()
    assert batch is not None
    assert batch.outcome.duplicates == 1
    committer.close()

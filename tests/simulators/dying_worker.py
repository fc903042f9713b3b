"""A worker that is killed -9 where it hurts: one batch is committed and nobody was told, and
another is under way. `python dying_worker.py FILE WORDS...`: FILE is written just before."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from posture_tools.collector import worker
from posture_tools.collector.__main__ import main
from posture_tools.collector.committer import Batch, Committer
from posture_tools.collector.ingest import Collector
from posture_tools.collector.intake import Bad, Good
from posture_tools.collector.store import Outcome

from edge.mqtt.connection import Connection

_SLOW_S = 0.5  # a disk on which more comes while a batch is committed
_IN_FLIGHT = 60  # and batches smaller than what the stations have under way
_begun: list[Batch] = []
_real_begin, _real_commit = Committer.begin, Committer._commit


def _commit(committer: Committer, items: Sequence[Good | Bad]) -> Outcome:
    time.sleep(_SLOW_S)
    return _real_commit(committer, items)


def _begin(committer: Committer, batch: Batch) -> None:
    _begun.append(batch)
    _real_begin(committer, batch)


def _die(_collector: Collector, _connection: Connection, batch: Batch) -> None:
    if _begun[-1] is not batch:
        told = f"{len(batch.outcome.stored)} {len(_begun[-1].items)}"
        Path(sys.argv[1]).write_text(told)
        os.kill(os.getpid(), signal.SIGKILL)
    _real_settle(_collector, _connection, batch)


_real_settle = Collector._settle
if __name__ == "__main__":
    worker.IN_FLIGHT = _IN_FLIGHT
    Committer.begin = _begin  # type: ignore[method-assign]
    Committer._commit = _commit  # type: ignore[method-assign]
    Collector._settle = _die  # type: ignore[method-assign]
    sys.exit(main(sys.argv[2:]))

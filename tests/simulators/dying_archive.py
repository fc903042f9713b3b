"""A program that archives months, and dies by SIGKILL at its n-th step: an operation on a file of
the archive, or the begin or the end of a transaction of the store."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from posture_tools.collector.archive.archiving import archive_months
from posture_tools.collector.archive.reopening import reopen
from posture_tools.collector.postgres.store import PostgresStore
from posture_tools.collector.sqlite.store import SqliteStore
from posture_tools.collector.store import Store
from simulators.dying import Steps


def open_at(where: tuple[str, Path]) -> Store:
    """where : address or '', and the file of the store or of its list of erasures."""
    address, path = where
    return PostgresStore(address, path) if address else SqliteStore(path)


def live(where: tuple[str, Path], what: str, today: datetime, die_at: int, count: Path) -> None:
    """archive, clean, or reopen NAME. Writes how many steps it took."""
    steps = Steps(die_at)
    with open_at(where) as store:
        steps.follow(store.archive.path)
        _follow_transactions(store, steps.step)
        if what == "archive":
            list(archive_months(store, 1, today))
        elif what == "clean":
            store.traces(("a word",))
        else:
            reopen(store, what)
    count.write_text(str(steps.taken))


def _follow_transactions(store: Any, step: Callable[[], None]) -> None:
    of_store = store.transaction

    @contextmanager
    def transaction() -> Iterator[Any]:
        step()
        with of_store() as db:
            yield db
        step()

    store.transaction = transaction

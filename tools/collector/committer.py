"""Commits a batch in a thread of its own: what the database computes and waits for is the reader's
time too."""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

from posture_tools.collector.intake import Bad, Good
from posture_tools.collector.store import Outcome, Store


@dataclass(slots=True)
class Batch:
    """came : so many messages. mids : the numbers of those that the broker wants acknowledged.
    items : those that go into the store, as it judged them. outcome : once it is committed."""

    came: int = 0
    mids: list[int] = field(default_factory=list)
    items: list[Good | Bad] = field(default_factory=list)
    outcome: Outcome = field(default_factory=Outcome)


class Committer:
    """One batch at a time, each in one transaction."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="commit")
        self._under_way: tuple[Batch, Future[Outcome]] | None = None

    @property
    def is_free(self) -> bool:
        """Whether `wait` would return at once."""
        return self._under_way is None or self._under_way[1].done()

    def begin(self, batch: Batch) -> None:
        """Commit it. The one before was waited for."""
        assert self._under_way is None  # noqa: S101 - one at a time
        self._under_way = batch, self._thread.submit(self._commit, batch.items)

    def wait(self) -> Batch | None:
        """The batch that was begun last, with its outcome; None if it was waited for already.

        Raises
        ------
        StoreFailed : nothing of it was changed.
        """
        if self._under_way is None:
            return None
        (batch, commit), self._under_way = self._under_way, None
        batch.outcome = commit.result()
        return batch

    def close(self) -> None:
        """What is under way ends first; nobody is told of it, so its stations send again."""
        self._thread.shutdown()

    def _commit(self, items: Sequence[Good | Bad]) -> Outcome:
        began_s = time.monotonic()
        outcome = self._store.ingest(items)
        outcome.took_s = time.monotonic() - began_s
        return outcome

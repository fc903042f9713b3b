"""Commits a batch in threads of its own: what the database computes and waits for is the reader's
time too."""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
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
    """One batch at a time, in as many transactions as the store makes at once. Those of one batch
    share no station, so none waits for another."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._threads = ThreadPoolExecutor(store.at_once, thread_name_prefix="commit")
        self._under_way: tuple[Batch, list[Future[Outcome]]] | None = None

    @property
    def is_free(self) -> bool:
        """Whether `wait` would return at once."""
        return self._under_way is None or all(part.done() for part in self._under_way[1])

    def begin(self, batch: Batch) -> None:
        """Commit it. The one before was waited for."""
        assert self._under_way is None  # noqa: S101 - one at a time
        parts: list[list[Good | Bad]] = [[] for _ in range(self._store.at_once)]
        for item in batch.items:
            parts[hash(item.address.station) % len(parts)].append(item)
        commits = [self._threads.submit(self._commit, part) for part in parts if part]
        self._under_way = batch, commits

    def wait(self) -> Batch | None:
        """The batch that was begun last, with its outcome; None if it was waited for already.

        Raises
        ------
        StoreFailed : a part of it was not committed; nobody may be told of any.
        """
        if self._under_way is None:
            return None
        (batch, commits), self._under_way = self._under_way, None
        wait(commits)
        for commit in commits:
            batch.outcome.add(commit.result())
        return batch

    def close(self) -> None:
        """What is under way ends first; nobody is told of it, so its stations send again."""
        self._threads.shutdown()

    def _commit(self, items: Sequence[Good | Bad]) -> Outcome:
        began_s = time.monotonic()
        outcome = self._store.ingest(items)
        outcome.took_s = time.monotonic() - began_s
        return outcome

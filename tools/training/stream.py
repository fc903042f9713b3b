"""An endless stream of batches, drawn ahead in a process of its own.

Batch k depends on the seed and k alone: a run that stopped goes on with the very batch that would
have come, however many processes draw.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from itertools import count
from typing import Protocol

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import DataLoader, IterableDataset, get_worker_info

Batch = dict[str, Tensor]

_NICENESS = 5
_AHEAD = 4


class Source(Protocol):
    """Draws a batch of arrays from a generator."""

    def census(self) -> dict[str, int]:
        """Return how many people of each set there are."""
        ...

    def batch(self, size: int, rng: np.random.Generator) -> dict[str, NDArray[np.generic]]:
        """Return a batch of `size` samples."""
        ...


class _Stream(IterableDataset[Batch]):
    def __init__(self, source: Source, size: int, seed: int, first: int, every: int) -> None:
        self._source, self._size, self._seed = source, size, seed
        self._first, self._every = first, every

    def __iter__(self) -> Iterator[Batch]:
        worker = get_worker_info()
        if worker is not None:
            torch.set_num_threads(1)
            os.nice(_NICENESS)
            # A stop is for the run, which ends its workers once its checkpoint is written.
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
        own, workers = (worker.id, worker.num_workers) if worker is not None else (0, 1)
        for index in count(self._first + own * self._every, workers * self._every):
            rng = np.random.default_rng([self._seed, index])
            arrays = self._source.batch(self._size, rng)
            yield {name: torch.from_numpy(array) for name, array in arrays.items()}


def batches(
    source: Source,
    size: int,
    *,
    seed: int,
    first: int,
    workers: int,
    place: tuple[int, int] = (0, 1),
) -> Iterator[Batch]:
    """Yield batch `first` and those behind it for ever; tensors come through shared memory.

    workers: processes that draw; 0 draws in this one. place: (r, n) yields each n-th batch only,
    from the r-th of these on, for one of n processes that train together.
    """
    rank, every = place
    stream = _Stream(source, size, seed, first + rank, every)
    if not workers:
        return iter(DataLoader(stream, batch_size=None))
    # Before the fork, which copies OpenCV's locks but none of the threads that hold them. Forked
    # they must be: the packs are mapped once, and would be copied to a process started afresh.
    cv2.setNumThreads(1)
    return iter(
        DataLoader(
            stream,
            batch_size=None,
            num_workers=workers,
            prefetch_factor=_AHEAD,
            multiprocessing_context="fork",
        )
    )

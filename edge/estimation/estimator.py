"""What every way of finding poses looks like from outside, and how their stages are timed."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Protocol

from edge.records import Frame, ModelIdentity, Pose


class Estimator(Protocol):
    """Finds the people of a frame. One thread at a time."""

    @property
    def models(self) -> tuple[ModelIdentity, ...]:
        """The files that answer, in the order in which they are asked."""

    @property
    def timings(self) -> Mapping[str, float]:
        """Milliseconds that each stage of the last call took."""

    def estimate(self, frame: Frame) -> list[Pose]:
        """Poses in pixels of `frame.image`, best first; empty where nobody is seen."""


class StageClock:
    """Adds up the milliseconds of each stage of one call."""

    def __init__(self) -> None:
        self.ms: dict[str, float] = {}

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        began = time.perf_counter()
        try:
            yield
        finally:
            self.ms[name] = self.ms.get(name, 0.0) + (time.perf_counter() - began) * 1e3

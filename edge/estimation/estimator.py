"""What every way of finding poses looks like from outside, and how their stages are timed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import NamedTuple, Protocol, runtime_checkable

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


class Seen(NamedTuple):
    """A frame, and one person of it as the fast pass found them."""

    frame: Frame
    pose: Pose


@runtime_checkable
class Measurer(Protocol):
    """Looks at one person again, as closely as it takes to measure."""

    def measure(
        self,
        seen: Sequence[Seen],
        about: Pose,
        *,
        budget_s: float | None = None,
        progress: Callable[[int, int], None] = lambda _done, _all: None,
    ) -> Pose:
        """The person of one or more frames, best first, placed where `about` is.

        about : the pose that the answer takes the place of, over the same keypoints: the median of
            a hold, or the pose of a photograph.
        budget_s : fewer looks are taken where they would take longer; None takes all.
        progress : called after each look with how many are done, and how many there are at most.
        """


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

"""A single-person network on the whole picture: for a picture that holds one person and no more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from edge.estimation.cascade import person_locator
from edge.estimation.estimator import StageClock
from edge.inference.network import Network
from edge.records import Frame, ModelIdentity, Pose


class Single:
    """One network, or a cascade of it and its later stages: one pose or none."""

    def __init__(
        self, network: Network, later: Sequence[Network] = (), *, flip: bool = False
    ) -> None:
        self.models: tuple[ModelIdentity, ...] = tuple(n.identity for n in (network, *later))
        self.timings: Mapping[str, float] = {}
        self._person = person_locator(network, later, flip=flip)

    def estimate(self, frame: Frame) -> list[Pose]:
        clock = StageClock()
        self.timings = clock.ms
        pose = self._person.locate(frame, None, clock)
        return [pose] if (pose.keypoints[:, 2] > 0).any() else []

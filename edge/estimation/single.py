"""A single-person network on the whole picture: for a picture that holds one person and no more."""

from __future__ import annotations

from collections.abc import Mapping

from edge.estimation.estimator import StageClock
from edge.estimation.person import PersonNetwork
from edge.inference.network import Network
from edge.records import Frame, ModelIdentity, Pose


class Single:
    """One network, one pose or none."""

    def __init__(self, network: Network, *, flip: bool = False) -> None:
        self.models: tuple[ModelIdentity, ...] = (network.identity,)
        self.timings: Mapping[str, float] = {}
        self._person = PersonNetwork(network, flip=flip)

    def estimate(self, frame: Frame) -> list[Pose]:
        clock = StageClock()
        self.timings = clock.ms
        pose = self._person.locate(frame.image, None, clock)
        return [pose] if (pose.keypoints[:, 2] > 0).any() else []

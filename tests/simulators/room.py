"""A station's engine by itself: a clock, and people who come and go before its models."""

from __future__ import annotations

from typing import Any

import numpy as np
from simulators.model_world import SimulatedStation
from simulators.networks import dots_picture

from edge.estimation.single import Single
from edge.inference.network import Network
from edge.records import Assessment, Frame, Measure, Pose, Quality
from edge.update.live import BETWEEN_NS, LiveEstimator
from edge.update.serving import ModelStore

PERSON = dots_picture(
    128, 96, {"left_shoulder": (60, 50), "right_shoulder": (30, 50), "nose": (45, 25)}, 6.0
)
EMPTY = np.zeros((128, 96, 3), np.uint8)
STEP_NS = 100_000_000
APART = BETWEEN_NS // STEP_NS + 2  # frames of an empty room between two visits
CHANGE = APART + 50  # and so many, until files have changed


class Room:
    """See the module. options : of the LiveEstimator."""

    def __init__(self, station: SimulatedStation, **options: Any) -> None:
        self.now_s = 0.0
        self.frames = 0
        self.store = ModelStore(station.folder, {"whole": station.shipped}, station.events.append)
        self.estimator = LiveEstimator(
            self.store, self._build, clock_s=lambda: self.now_s, **options
        )

    @staticmethod
    def _build(files: Any) -> Single:
        file = files["whole"]
        return Single(Network.load(file.path, sha256=file.sha256, threads=1))

    def poses(self, picture: np.ndarray, *, still: bool = False) -> list[Pose]:
        """Of one frame."""
        self.frames += 1
        self.now_s += STEP_NS / 1e9
        return self.estimator.estimate(
            Frame(picture.copy(), self.frames, self.frames * STEP_NS, still)
        )

    def see(self, picture: np.ndarray, count: int = 1, *, still: bool = False) -> list[int]:
        """People found in each of so many frames."""
        return [len(self.poses(picture, still=still)) for _ in range(count)]

    def screened(self, usable: bool = True) -> None:
        measure = (
            Measure("tilt", 1.0, "deg", None, 1, Quality.OK)
            if usable
            else Measure("tilt", None, "deg", None, 1, Quality.REFUSED, ("view:back",))
        )
        self.estimator.saw_result(
            Assessment("posture", "s", "front", "test", 0, (measure,), 1, 1, 0.5)
        )

    @property
    def version(self) -> str:
        return self.estimator.models[0].version

"""What a comparison compares: a network on labelled people's boxes, or an estimator.

How they are called on a command line: `named`.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import msgspec
import numpy as np
from posture_tools.evaluate.box_change import AS_IT_IS, BoxChange, MovedFinder
from posture_tools.evaluate.labelled import Box, Detection, Person, detection
from posture_tools.evaluate.scores import Sight, assign

from edge.errors import ModelRefused
from edge.estimation.estimator import Estimator, Measurer, Seen, StageClock
from edge.estimation.nearness import body_distance
from edge.estimation.person import PersonNetwork
from edge.inference.network import Network
from edge.records import Frame, ModelIdentity, Pose

# Median distance of the keypoints of a label and of who was found, in body extents, up to which
# they are one person. Left and right exchanged make no other person: that is to be seen.
_SAME_PERSON = 0.2


@dataclass(frozen=True, slots=True)
class CropOptions:
    """How single-person networks are asked.

    margin : the labelled box times this about its centre; None for each model's own.
    flip : average over the mirrored crop; all heatmap networks or none.
    """

    margin: float | None = 1.25
    flip: bool = False


class Contender(Protocol):
    """One line of the table.

    crops : it looks at a person's box, a labelled or a found one, and not at whole pictures alone.
    """

    name: str
    models: tuple[ModelIdentity, ...]
    size_bytes: int
    crops: bool

    def see(self, frame: Frame, people: Sequence[Person]) -> Sight:
        """Find the people of a photograph."""

    def locate(self, frame: Frame, person: Person, change: BoxChange = AS_IT_IS) -> Pose | None:
        """All that it says of one labelled person; None where it does not find them.

        change : of the box that it crops; one that does not crop is not asked for any.
        """


class Crops:
    """A single-person network on the labelled boxes of a photograph."""

    def __init__(self, name: str, network: Network, size_bytes: int, options: CropOptions) -> None:
        spec = network.description.input
        if spec.letterbox != "crop":
            raise ModelRefused(
                f"{name} takes no person's box: its description says {spec.letterbox}.",
                "Describe it with the letterbox rule crop.",
            )
        # COCO scores the best guess at every keypoint, however unsure; a threshold hides some.
        thresholds = msgspec.structs.replace(network.description.thresholds, keypoint=0.0)
        network.description = msgspec.structs.replace(network.description, thresholds=thresholds)
        self.name = name
        self.models: tuple[ModelIdentity, ...] = (network.identity,)
        self.size_bytes = size_bytes
        self.crops = True
        self._person = PersonNetwork(network, flip=options.flip)
        self._grow = 1.0 if options.margin is None else options.margin / spec.box_margin

    def see(self, frame: Frame, people: Sequence[Person]) -> Sight:
        detections: list[Detection] = []
        given: list[int] = []
        elapsed_ms: list[float] = []
        for person in people:
            if not person.wanted:
                given.append(-1)
                continue
            began = time.perf_counter()
            pose = self.locate(frame, person)
            elapsed_ms.append((time.perf_counter() - began) * 1e3)
            given.append(len(detections))
            detections.append(detection(pose))
        return Sight(tuple(people), tuple(detections), tuple(given), tuple(elapsed_ms))

    def locate(self, frame: Frame, person: Person, change: BoxChange = AS_IT_IS) -> Pose:
        box_px = change.of(_grown(person.box_px, self._grow))
        return self._person.locate(frame.image, box_px, StageClock())


class WholePictures:
    """An estimator that finds the people itself.

    estimator : as a station has it. finder : the part of it that says where to crop, if any.
    """

    def __init__(
        self, name: str, estimator: Estimator, size_bytes: int, finder: MovedFinder | None = None
    ) -> None:
        self.name = name
        self.models = estimator.models
        self.size_bytes = size_bytes
        self.crops = finder is not None
        self.estimator = estimator
        self._finder = finder

    def see(self, frame: Frame, people: Sequence[Person]) -> Sight:
        own = replace(frame)  # without the halves that an earlier contender made
        began = time.perf_counter()
        poses = self.find(own)
        elapsed_ms = (time.perf_counter() - began) * 1e3
        detections = tuple(detection(pose) for pose in poses)
        return Sight(tuple(people), detections, assign(people, detections), (elapsed_ms,))

    def locate(self, frame: Frame, person: Person, change: BoxChange = AS_IT_IS) -> Pose | None:
        label = np.where(person.keypoints[:, 2:] > 0, person.keypoints[:, :2], np.nan)
        apart = [
            (body_distance(label, detection(pose).keypoints), i, pose)
            for i, pose in enumerate(self._estimate(frame, change))
        ]
        distance, _, nearest = min(apart, default=(np.inf, 0, None))
        if nearest is None or distance > _SAME_PERSON:
            return None
        if isinstance(self.estimator, Measurer):
            return self.estimator.measure([Seen(frame, nearest)], nearest)
        return nearest

    def find(self, frame: Frame) -> list[Pose]:
        """Everybody in a picture, labelled or not, best first."""
        return self._estimate(frame, AS_IT_IS)

    def _estimate(self, frame: Frame, change: BoxChange) -> list[Pose]:
        if self._finder is not None:
            self._finder.change = change
        return self.estimator.estimate(frame)


def _grown(box_px: Box, factor: float) -> Box:
    x, y, width, height = box_px
    return (
        x - width * (factor - 1) / 2,
        y - height * (factor - 1) / 2,
        width * factor,
        height * factor,
    )

"""What a comparison compares: one model file on labelled people, or an estimator on whole pictures.

MODEL.onnx            a single-person network gets each labelled person's box; a PAF network gets
                      the whole picture
FINDER.onnx+REFINER.onnx   refined estimation on the whole picture
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

import msgspec
from posture_tools.evaluate.labelled import Box, Detection, Person, detection
from posture_tools.evaluate.scores import Sight, assign

from edge.errors import ModelRefused, SettingsInvalid
from edge.estimation.bottom_up import BottomUp
from edge.estimation.estimator import Estimator, StageClock
from edge.estimation.person import PersonNetwork
from edge.estimation.refined import Refined
from edge.inference.network import Network
from edge.records import Frame, ModelIdentity, Pose


@dataclass(frozen=True, slots=True)
class CropOptions:
    """How single-person networks are asked.

    margin : the labelled box times this about its centre; None for each model's own.
    flip : average over the mirrored crop; all heatmap networks or none.
    """

    margin: float | None = 1.25
    flip: bool = False


class Contender(Protocol):
    """One line of the table."""

    name: str
    models: tuple[ModelIdentity, ...]
    size_bytes: int

    def see(self, frame: Frame, people: Sequence[Person]) -> Sight:
        """Find the people of a photograph."""

    def poses(self, frame: Frame, people: Sequence[Person]) -> list[Pose]:
        """The same, with all that the estimator says of them; best, or first labelled, first."""


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
            pose = self._locate(frame, person)
            elapsed_ms.append((time.perf_counter() - began) * 1e3)
            given.append(len(detections))
            detections.append(detection(pose))
        return Sight(tuple(people), tuple(detections), tuple(given), tuple(elapsed_ms))

    def poses(self, frame: Frame, people: Sequence[Person]) -> list[Pose]:
        return [self._locate(frame, person) for person in people if person.wanted]

    def _locate(self, frame: Frame, person: Person) -> Pose:
        box_px = _grown(person.box_px, self._grow)
        return self._person.locate(frame.image, box_px, StageClock())


class WholePictures:
    """An estimator that finds the people itself."""

    def __init__(self, name: str, estimator: Estimator, size_bytes: int) -> None:
        self.name = name
        self.models = estimator.models
        self.size_bytes = size_bytes
        self._estimator = estimator

    def see(self, frame: Frame, people: Sequence[Person]) -> Sight:
        own = replace(frame)  # without the halves that an earlier contender made
        began = time.perf_counter()
        poses = self._estimator.estimate(own)
        elapsed_ms = (time.perf_counter() - began) * 1e3
        detections = tuple(detection(pose) for pose in poses)
        return Sight(tuple(people), detections, assign(people, detections), (elapsed_ms,))

    def poses(self, frame: Frame, people: Sequence[Person]) -> list[Pose]:
        return self._estimator.estimate(frame)


def contenders(specs: Sequence[str], options: CropOptions, threads: int) -> list[Contender]:
    """One contender for each MODEL or FINDER+REFINER, named by its files.

    Raises
    ------
    ModelRefused : a file that does not serve, or not in that place.
    SettingsInvalid : two contenders of one name, or a `+` between more than two files.
    """
    found: list[Contender] = [_contender(spec, options, threads) for spec in specs]
    names = [contender.name for contender in found]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise SettingsInvalid(
            f"two models are called {', '.join(twice)}.", "Rename one file: tables go by its name."
        )
    return found


def _contender(spec: str, options: CropOptions, threads: int) -> Contender:
    paths = [Path(part) for part in spec.split("+")]
    if len(paths) > 2:
        raise SettingsInvalid(f"{spec} names {len(paths)} files.", "Name FINDER+REFINER.")
    networks = [Network.load(path, threads=threads) for path in paths]
    name = "+".join(path.stem for path in paths)
    size_bytes = sum(path.stat().st_size for path in paths)
    if len(networks) == 2:
        finder, refiner = networks
        estimator = Refined(BottomUp(finder), refiner, everyone=True)
        return WholePictures(name, estimator, size_bytes)
    return contender_of(name, networks[0], size_bytes, options)


def contender_of(name: str, network: Network, size_bytes: int, options: CropOptions) -> Contender:
    """What one network can be compared as: on labelled boxes, or on whole pictures."""
    if network.description.task == "paf":
        return WholePictures(name, BottomUp(network), size_bytes)
    return Crops(name, network, size_bytes, options)


def _grown(box_px: Box, factor: float) -> Box:
    x, y, width, height = box_px
    return (
        x - width * (factor - 1) / 2,
        y - height * (factor - 1) / 2,
        width * factor,
        height * factor,
    )

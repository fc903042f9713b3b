"""Every model file in one table: how well it does on the photographs, how fast it is, how large.

Networks are compared by the twelve joints that all of them know, shoulders to wrists and hips to
ankles. A single-person network gets each labelled person's box with the margin that it was made
for, a PAF network the whole picture, a detector the whole picture and is scored by its boxes.
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import numpy as np
from posture_tools.cli import tracked
from posture_tools.evaluate.contenders import CropOptions
from posture_tools.evaluate.labelled import Person
from posture_tools.evaluate.named import contender_of
from posture_tools.evaluate.oks import COCO_SIGMAS, similarity
from posture_tools.evaluate.photos import Photo
from posture_tools.evaluate.scores import Sight, person_oks
from rich.table import Table

from edge.decode.nms import Array, box_iou
from edge.estimation.estimator import StageClock
from edge.estimation.top_down import PersonDetector
from edge.inference.network import Network
from edge.records import Frame
from edge.skeletons import COCO_17

_FACE = ("nose", "left_eye", "right_eye", "left_ear", "right_ear")
_BODY = [i for i, name in enumerate(COCO_17.keypoints) if name not in _FACE]
_FOUND_IOU = 0.5


@dataclass(frozen=True, slots=True)
class Line:
    """One model file.

    asked : what it was shown; only lines asked alike may be laid side by side.
    body_oks : mean OKS over the twelve joints of the body; who was not found counts as 0.
    oks : over all 17 of COCO, where the network knows them.
    recall : part of the people whose box was found, of a detector.
    of_set : the same figure over the people of each set.
    on_card : the figure that the model's card states for the same thing, from a dozen people.
    ms : median processor time of one call, from picture to poses or boxes: on one thread what an
        idle machine's clock shows, and hardly more on a busy one's.
    """

    model: str
    asked: str
    people: int
    body_oks: float
    oks: float
    recall: float
    of_set: dict[str, float]
    on_card: float
    ms: float
    size_bytes: int
    path: str = ""

    @property
    def figure(self) -> float:
        """What this line is ranked by."""
        return self.recall if math.isnan(self.body_oks) else self.body_oks


def measure(
    trials: Sequence[PoseTrial | DetectorTrial], photos: Sequence[Photo], *, quiet: bool
) -> list[Line]:
    """A line for each file: asked alike together, best first.

    Every photograph is shown to all of them in turn: they meet the same load of the machine.

    Raises
    ------
    ImageUnreadable, LabelsInvalid : a photograph that is damaged or is not the labelled one.
    """
    labelled = [photo for photo in photos if photo.people]
    for photo in tracked(labelled, "every model", quiet=quiet):
        frame = photo.read()
        for trial in trials:
            trial.see(photo, frame)
    return sorted((trial.line() for trial in trials), key=lambda line: (line.asked, -line.figure))


def trial_of(path: Path, threads: int) -> PoseTrial | DetectorTrial:
    """A file before its first photograph; ModelRefused where it does not serve."""
    network = Network.load(path, threads=threads)
    kind = DetectorTrial if network.description.task == "detector" else PoseTrial
    return kind(path, network)


class _Trial:
    """A model file and its figures so far: one list of numbers a set."""

    def __init__(self, path: Path, network: Network) -> None:
        self.path = path
        self.description = network.description
        self.figures: dict[str, list[float]] = {}
        self.times_ms: list[float] = []

    def mean(self) -> float:
        return float(np.mean([value for of_set in self.figures.values() for value in of_set]))

    def line_as(self, asked: str, *, body_oks: float, oks: float, recall: float) -> Line:
        return Line(
            model=self.path.stem,
            asked=asked,
            people=sum(len(of_set) for of_set in self.figures.values()),
            body_oks=body_oks,
            oks=oks,
            recall=recall,
            of_set={name: float(np.mean(v)) for name, v in self.figures.items() if v},
            on_card=_on_card(self.description.measured),
            ms=float(np.median(self.times_ms)),
            size_bytes=self.path.stat().st_size,
            path=str(self.path),
        )


class PoseTrial(_Trial):
    def __init__(self, path: Path, network: Network) -> None:
        super().__init__(path, network)
        self._contender = contender_of(
            path.stem, network, path.stat().st_size, CropOptions(margin=None)
        )
        self._whole: list[float] = []

    def see(self, photo: Photo, frame: Frame) -> None:
        began = time.process_time()
        sight = self._contender.see(frame, photo.people)
        calls = len(sight.elapsed_ms)
        self.times_ms += [(time.process_time() - began) * 1e3 / calls] * calls if calls else []
        pairs = _pairs(sight)
        self.figures.setdefault(photo.set_name, []).extend(body for body, _ in pairs)
        self._whole += [whole for _, whole in pairs]

    def line(self) -> Line:
        all_17 = set(COCO_17.keypoints) <= set(self.description.keypoints)
        return self.line_as(
            "whole picture" if self.description.task == "paf" else "labelled box",
            body_oks=self.mean(),
            oks=float(np.mean(self._whole)) if all_17 else math.nan,
            recall=math.nan,
        )


class DetectorTrial(_Trial):
    def __init__(self, path: Path, network: Network) -> None:
        super().__init__(path, network)
        self._detector = PersonDetector(network)

    def see(self, photo: Photo, frame: Frame) -> None:
        began = time.process_time()
        found = [box for box, _ in self._detector.find(frame.image, StageClock())]
        self.times_ms.append((time.process_time() - began) * 1e3)
        boxes = _corners(np.array(found, np.float64).reshape(-1, 4))
        hits = [_hit(person, boxes) for person in photo.people if person.wanted]
        self.figures.setdefault(photo.set_name, []).extend(hits)

    def line(self) -> Line:
        asked = "whole picture, for boxes"
        return self.line_as(asked, body_oks=math.nan, oks=math.nan, recall=self.mean())


def _pairs(sight: Sight) -> list[tuple[float, float]]:
    """OKS over the body and over everything labelled, of each person with a labelled body."""
    found = []
    for person, k in zip(sight.people, sight.given, strict=True):
        if not person.wanted or not (person.keypoints[_BODY, 2] > 0).any():
            continue
        detection = sight.detections[k] if k >= 0 else None
        whole = person_oks(person, detection)
        body = 0.0
        if detection is not None:
            body = float(
                similarity(
                    detection.keypoints[_BODY],
                    person.keypoints[_BODY],
                    person.area_px2,
                    person.box_px,
                    COCO_SIGMAS[_BODY],
                )
            )
        found.append((body, whole))
    return found


def _hit(person: Person, boxes: Array) -> bool:
    wanted = _corners(np.array(person.box_px, np.float64))
    return bool((box_iou(wanted, boxes) >= _FOUND_IOU).any())


def _corners(
    boxes: Array,
) -> Array:
    """x, y, width, height (..., 4) as x1, y1, x2, y2."""
    return np.concatenate([boxes[..., :2], boxes[..., :2] + boxes[..., 2:]], axis=-1)


def _on_card(measured: dict[str, float | str]) -> float:
    """Body OKS at the best margin, OKS of everybody, or recall as `11/12`; NaN for none."""
    if "best_pad" in measured:
        return float(measured[f"body_oks.{measured['best_pad']}"])
    if "recall50" in measured:
        hits, people = str(measured["recall50"]).split("/")
        return int(hits) / int(people)
    return float(measured.get("oks_all12", math.nan))


def inversions(lines: Sequence[Line]) -> list[str]:
    """Every pair of models, asked alike, whose order here is not that of their cards."""
    return [
        f"{a.model} {a.figure:.3f} and {b.model} {b.figure:.3f} here, "
        f"{a.on_card:.3f} and {b.on_card:.3f} on their cards"
        for a, b in combinations(lines, 2)
        if a.asked == b.asked and (a.figure - b.figure) * (a.on_card - b.on_card) < 0
    ]


def table(lines: Sequence[Line]) -> Table:
    """The lines for people."""
    found = Table("model", "asked", title="every model", title_justify="left")
    sets = list(dict.fromkeys(name for line in lines for name in line.of_set))
    for heading in ("people", "body OKS", "OKS", "recall", "on card", *sets, "ms\nprocessor", "MB"):
        found.add_column(heading, justify="right")
    for line in lines:
        of_set = (line.of_set.get(name, math.nan) for name in sets)
        shares = (line.body_oks, line.oks, line.recall, line.on_card, *of_set)
        found.add_row(
            *(line.model, line.asked, str(line.people)),
            *("-" if math.isnan(share) else f"{share:.3f}" for share in shares),
            *(f"{line.ms:.1f}", f"{line.size_bytes / 1e6:.1f}"),
        )
    return found

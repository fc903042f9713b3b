"""COCO keypoint files: labels (`annotations.json`) and results (what a model found)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from posture_tools.evaluate.labelled import Box, Detection, Float64, Person

from edge.errors import NOT_JSON, LabelsInvalid
from edge.skeletons import COCO_17

NUMBERS = 3 * len(COCO_17.keypoints)


class _Image(msgspec.Struct):
    id: int
    file_name: str
    width: int
    height: int


class _Annotation(msgspec.Struct):
    image_id: int
    keypoints: list[float]
    area: float
    bbox: Box
    iscrowd: int = 0
    view: str = "unknown"
    upright: bool = False
    head_bbox: Box | None = None


class _Labels(msgspec.Struct):
    images: list[_Image]
    annotations: list[_Annotation]


class _Result(msgspec.Struct):
    image_id: int
    keypoints: list[float]
    score: float


@dataclass(frozen=True, slots=True, eq=False)
class LabelledImage:
    """One photograph's labels; `file_name` is relative to the folder of pictures."""

    image_id: int
    file_name: str
    size_px: tuple[int, int]  # width, height of the picture that the labels were drawn on
    people: tuple[Person, ...]


def read_labels(path: Path) -> list[LabelledImage]:
    """All labelled photographs of a file, in the order of their ids (COCO's own).

    Raises
    ------
    LabelsInvalid : not COCO keypoint labels; names the file and the place in it.
    """
    labels = _decode(path, _Labels, "labels in COCO's keypoint format")
    people: dict[int, list[Person]] = {image.id: [] for image in labels.images}
    for i, a in enumerate(labels.annotations):
        if a.image_id not in people:
            raise LabelsInvalid(
                f"{path}: annotation {i} is for image {a.image_id}, which the file does not list.",
                "Use images and annotations of the same data set.",
            )
        people[a.image_id].append(
            Person(
                keypoints=_keypoints(a.keypoints, path, f"annotation {i}"),
                area_px2=a.area,
                box_px=a.bbox,
                crowd=bool(a.iscrowd),
                view=a.view,
                upright=a.upright,
                head_box_px=a.head_bbox,
            )
        )
    images = sorted(labels.images, key=lambda image: image.id)
    return [
        LabelledImage(i.id, i.file_name, (i.width, i.height), tuple(people[i.id])) for i in images
    ]


def read_results(path: Path, labels: Sequence[LabelledImage]) -> dict[int, list[Detection]]:
    """Detections by image id, in the order of the file.

    Raises
    ------
    LabelsInvalid : not COCO keypoint results, or a result for an image that is not labelled.
    """
    detections: dict[int, list[Detection]] = {image.image_id: [] for image in labels}
    results = _decode(path, list[_Result], "results in COCO's keypoint format")
    for i, r in enumerate(results):
        if r.image_id not in detections:
            raise LabelsInvalid(
                f"{path}: result {i} is for image {r.image_id}, which is not labelled.",
                "Score results against the labels of the same images.",
            )
        keypoints = _keypoints(r.keypoints, path, f"result {i}")
        detections[r.image_id].append(Detection(keypoints[:, :2], r.score))
    return detections


def _keypoints(numbers: list[float], path: Path, where: str) -> Float64:
    if len(numbers) != NUMBERS:
        raise LabelsInvalid(
            f"{path}: {where} has {len(numbers)} keypoint numbers, not {NUMBERS}.",
            "Only COCO's 17 keypoints (x, y, v) can be compared.",
        )
    return np.array(numbers).reshape(-1, 3)


def _decode(path: Path, kind: Any, what: str) -> Any:
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except OSError as error:
        raise LabelsInvalid(f"cannot read {path}: {error}.", "Check path and rights.") from error
    except NOT_JSON as error:  # of which ValidationError is one
        raise LabelsInvalid(f"{path} holds no {what}: {error}.", "Mend the file.") from error

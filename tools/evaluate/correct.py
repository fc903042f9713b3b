"""PCK, PDJ and PCKh of a results file: what share of the labelled keypoints was found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from posture_tools.evaluate.coco import LabelledImage
from posture_tools.evaluate.labelled import Box, Detection, Float64, Person
from posture_tools.evaluate.pck import Correct, pck, pckh, pdj, torso_px
from posture_tools.evaluate.scores import assign

from edge.skeletons import COCO_17

PCK_AT, PDJ_AT, PCKH_AT = (0.1, 0.2), (0.05, 0.2), 0.5


@dataclass(frozen=True, slots=True)
class MetricLine:
    """One metric at one threshold. length : what the threshold is a share of."""

    metric: str
    length: str
    threshold: float
    correct: Correct


def correct_keypoints(
    images: Sequence[LabelledImage], found: Mapping[int, Sequence[Detection]]
) -> list[MetricLine]:
    """All three metrics over the people of a file; each gets the detection that fits best.

    PCKh counts the people whose labels have a box of the head (`head_bbox`); with none its share
    is NaN.
    """
    pairs: list[tuple[Person, Detection | None]] = []
    for image in images:
        detections = found[image.image_id]
        given = assign(image.people, detections)
        pairs += [
            (person, detections[k] if k >= 0 else None)
            for person, k in zip(image.people, given, strict=True)
            if person.wanted
        ]
    count = len(COCO_17.keypoints)
    nobody = np.full((count, 2), np.nan)
    labels = np.array([person.keypoints for person, _ in pairs]).reshape(-1, count, 3)
    placed = np.array([nobody if d is None else d.keypoints for _, d in pairs])
    placed = placed.reshape(-1, count, 2)
    heads = np.array([_corners(person.head_box_px) for person, _ in pairs]).reshape(-1, 4)
    torso = torso_px(labels)
    return [
        *(MetricLine("PCK", "torso", t, pck(placed, labels, torso, t)) for t in PCK_AT),
        *(MetricLine("PDJ", "torso", t, pdj(placed, labels, t)) for t in PDJ_AT),
        MetricLine("PCKh", "head", PCKH_AT, pckh(placed, labels, heads, COCO_17, PCKH_AT)),
    ]


def _corners(box: Box | None) -> Float64:
    if box is None:
        return np.full(4, np.nan)
    x, y, width, height = box
    return np.array([x, y, x + width, y + height])

"""OpenPose's JSON, a file a picture."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import msgspec
import numpy as np

from edge.conversion import convert, derived
from edge.exports.base import Export, Exported, Moment, Place
from edge.output import MARK, write_output
from edge.records import Pose
from edge.skeletons import COCO_18


@contextmanager
def openpose_export(place: Place) -> Iterator[Export]:
    """`NAME_keypoints.json` for each picture, as OpenPose's own `--write_json` makes it.

    Keypoints are COCO-18's with their scores; missing ones are 0, 0, 0, derived ones (a neck from
    shoulders) are declared. `person_id` is -1 where nobody is followed, as in OpenPose.
    """
    yield _OpenPose(place)


class _OpenPose:
    def __init__(self, place: Place) -> None:
        self._place = place

    def add(self, moment: Moment, people: Mapping[int, Exported]) -> None:
        content = {
            "version": 1.3,
            "generator": MARK,
            "people": [
                _person(-1 if moment.still else number, person.pose)
                for number, person in people.items()
            ],
        }
        number = None if moment.still else moment.number
        write_output(self._place(moment.source, 1, number), msgspec.json.encode(content))


def _person(person_id: int, pose: Pose) -> dict[str, Any]:
    keypoints = np.nan_to_num(convert(pose, COCO_18).keypoints)
    return {
        "person_id": [person_id],
        "pose_keypoints_2d": [round(float(v), 3) for v in keypoints.ravel()],
        "derived_keypoints": derived(pose.skeleton, COCO_18),
    }

"""OpenPose's JSON, a file a picture, and Chainer's array of the same keypoints."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import msgspec
import numpy as np

from edge.conversion import convert, derived
from edge.exports.base import Export, Exported, Moment, Place
from edge.output import MARK, write_output
from edge.records import Float32, Pose
from edge.skeletons import COCO_18

_FOUND_BY_CHAINER = 2


def to_openpose18(poses: Sequence[Pose]) -> Float32:
    """Poses as Chainer's OpenPose gives them: (N, 18, 3), x px, y px, 2; missing keypoints 0, 0, 0.

    `pose_detector.py` of DeNA/Chainer_Realtime_Multi-Person_Pose_Estimation; order of COCO-18.
    """
    rows = np.zeros((len(poses), len(COCO_18.keypoints), 3), np.float32)
    for row, pose in zip(rows, poses, strict=True):
        keypoints = convert(pose, COCO_18).keypoints
        found = keypoints[:, 2] > 0
        row[found, :2] = keypoints[found, :2]
        row[found, 2] = _FOUND_BY_CHAINER
    return rows


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

"""Poses in the formats of others: OpenPose, COCO results, CSV.

Each format has what it calls a missing keypoint; none of them is a place in the picture. Keypoints
that a format asks for and that are derived (a neck from shoulders) are declared where it has room.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol, Self, TextIO

import msgspec
import numpy as np

from edge.conversion import convert, derived
from edge.errors import SettingsInvalid
from edge.records import Frame, Pose
from edge.skeletons import COCO_17, COCO_18


class Export(Protocol):
    """Takes the people of one picture after the other; complete when its `with` block ends."""

    def add(self, frame: Frame, people: Mapping[int, Pose]) -> None:
        """people : number of a person, the same in all frames of a video -> pose."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *reason: object) -> None: ...


class OpenPoseExport:
    """A folder of one `NAME_keypoints.json` a picture, as OpenPose's own `--write_json` makes it.

    Keypoints are COCO-18's with their scores; missing ones are 0, 0, 0. `person_id` is -1 where
    nobody is followed, as in OpenPose.
    """

    def __init__(self, folder: Path) -> None:
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise _unwritable(folder, error) from error
        self._folder = folder
        self._written: dict[str, str] = {}

    def add(self, frame: Frame, people: Mapping[int, Pose]) -> None:
        stem = Path(frame.name).stem
        name = stem if frame.still else f"{stem}_{frame.frame_id:012d}"
        if other := self._written.get(name):
            raise SettingsInvalid(
                f"{frame.name} and {other} would both be {name}_keypoints.json.",
                "Export them to different folders.",
            )
        self._written[name] = frame.name
        content = {
            "version": 1.3,
            "people": [
                _openpose_person(-1 if frame.still else number, pose)
                for number, pose in people.items()
            ],
        }
        path = self._folder / f"{name}_keypoints.json"
        try:
            path.write_bytes(msgspec.json.encode(content))
        except OSError as error:
            raise _unwritable(path, error) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *reason: object) -> None:
        pass


def _openpose_person(person_id: int, pose: Pose) -> dict[str, Any]:
    keypoints = np.nan_to_num(convert(pose, COCO_18).keypoints)
    return {
        "person_id": [person_id],
        "pose_keypoints_2d": [round(float(v), 3) for v in keypoints.ravel()],
        "derived_keypoints": derived(pose.skeleton, COCO_18),
    }


class _File:
    """A file that stands under its name once it is whole; what was broken off stays `.part`."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._part = path.with_name(path.name + ".part")
        try:
            self._file: TextIO = self._part.open("w", encoding="utf-8", newline="")
        except OSError as error:
            raise _unwritable(path, error) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *reason: object) -> None:
        self._file.close()
        if reason[0] is None:
            self._part.replace(self._path)


class CocoExport(_File):
    """One COCO keypoint results file (cocodataset.org/#format-results).

    Pictures that are named by their COCO numbers keep them as `image_id`; others count from 1, and
    `file_name` says which is which. Missing keypoints are 0, 0, 0, found ones x, y, 1.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._pictures: list[str] = []
        self._results: list[dict[str, Any]] = []

    def add(self, frame: Frame, people: Mapping[int, Pose]) -> None:
        self._pictures.append(Path(frame.name).stem if frame.still else "")
        for pose in people.values():
            keypoints = convert(pose, COCO_17).keypoints
            found = keypoints[:, 2] > 0
            rows = np.column_stack([np.nan_to_num(keypoints[:, :2]), found])
            entry = {
                "image_id": len(self._pictures),
                "category_id": 1,
                "keypoints": [round(float(v), 3) for v in rows.ravel()],
                "score": float(pose.score),
                "file_name": frame.name,
            }
            self._results.append(entry if frame.still else entry | {"frame": frame.frame_id})

    def __exit__(self, *reason: object) -> None:
        numbered = [int(name) for name in self._pictures if name.isdecimal()]
        if len(set(numbered)) == len(self._pictures):
            for result in self._results:
                result["image_id"] = numbered[result["image_id"] - 1]
        self._file.write(msgspec.json.encode(self._results).decode())
        super().__exit__(*reason)


class CsvExport(_File):
    """One CSV file, a row a keypoint of the skeleton that the estimator speaks.

    Missing keypoints have no x_px and y_px; photographs have no time_s.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._rows = csv.writer(self._file)
        self._rows.writerow(
            ("picture", "frame", "time_s", "person", "person_score", "skeleton", "keypoint",
             "x_px", "y_px", "score")
        )  # fmt: skip

    def add(self, frame: Frame, people: Mapping[int, Pose]) -> None:
        time_s = "" if frame.still else f"{frame.captured_ns / 1e9:.3f}"
        for number, pose in people.items():
            whose = (frame.name, frame.frame_id, time_s, number, f"{pose.score:.4f}")
            for name, (x, y, score) in zip(pose.skeleton.keypoints, pose.keypoints, strict=True):
                place = (f"{x:.3f}", f"{y:.3f}") if score > 0 else ("", "")
                self._rows.writerow((*whose, pose.skeleton.name, name, *place, f"{score:.4f}"))


FORMATS: dict[str, type[OpenPoseExport] | type[CocoExport] | type[CsvExport]] = {
    "openpose": OpenPoseExport,
    "coco": CocoExport,
    "csv": CsvExport,
}


def open_export(name: str, path: Path) -> Export:
    """An export by the name of its format, ready to write.

    Raises
    ------
    SettingsInvalid : no such format, or the path cannot be written.
    """
    if name not in FORMATS:
        raise SettingsInvalid(f"no export is called {name!r}.", f"Name {', '.join(FORMATS)}.")
    return FORMATS[name](path)


def _unwritable(path: Path, error: OSError) -> SettingsInvalid:
    return SettingsInvalid(f"{path} cannot be written: {error.strerror}.", "Name another place.")

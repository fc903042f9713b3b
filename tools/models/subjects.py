"""The people whom a network is tried on: photographs in a folder, labelled or not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from posture_tools.evaluate.coco import read_labels
from posture_tools.evaluate.labelled import Detection, Person, detection

from edge.camera.folder import look_into
from edge.camera.photos import read_photo
from edge.errors import LabelsInvalid, SourceInvalid
from edge.estimation.bottom_up import BottomUp
from edge.estimation.refined import person_box
from edge.inference.network import Network
from edge.inference.shipped import FINDER, shipped_model
from edge.records import Frame


@dataclass(frozen=True, slots=True, eq=False)
class Subject:
    """One photograph and who is in it."""

    frame: Frame
    people: tuple[Person, ...]


def photographs(folder: Path) -> list[Path]:
    """The photographs of a folder in the order of their names; at least two.

    Raises
    ------
    SourceInvalid : no folder, or fewer in it.
    """
    if not folder.is_dir():
        raise SourceInvalid(f"there is no folder {folder}.", "Check the path.")
    found = list(look_into(folder, recursive=False).photos)
    if len(found) < 2:
        raise SourceInvalid(
            f"{folder} holds {len(found) or 'no'} photograph{'s' * (not found)}.",
            "Give at least two of people, better fifty: one half calibrates, the other measures.",
        )
    return found


def labelled(photos: list[Path], labels: Path) -> Iterator[Subject]:
    """The photographs that a COCO file labels, with the people it labels in them.

    Raises
    ------
    LabelsInvalid : not COCO keypoint labels.
    ImageUnreadable : a photograph is damaged.
    """
    people = {Path(image.file_name).name: image.people for image in read_labels(labels)}
    for path in photos:
        if wanted := tuple(p for p in people.get(path.name, ()) if p.wanted):
            yield Subject(_frame(path), wanted)


def found(photos: list[Path]) -> Iterator[Subject]:
    """The photographs with the people whom the shipped finder sees in them.

    Raises
    ------
    ImageUnreadable : a photograph is damaged.
    """
    finder = BottomUp(Network.load(shipped_model(FINDER), threads=1))
    for path in photos:
        frame = _frame(path)
        poses = finder.estimate(frame)
        people = tuple(
            as_label(detection(pose), person_box(pose, frame.image.shape[:2])) for pose in poses
        )
        yield Subject(frame, tuple(person for person in people if person.wanted))


def as_label(seen: Detection, box_px: tuple[float, float, float, float]) -> Person:
    """What a network found, as something another answer can be compared with.

    The person's area is that of the box around the keypoints: OKS is a little stricter than with
    COCO's outlines.
    """
    there = ~np.isnan(seen.keypoints).any(-1)
    keypoints = np.column_stack([np.nan_to_num(seen.keypoints), 2.0 * there])
    return Person(keypoints, seen.area_px2, box_px)


def some_people(subjects: list[Subject], what: str) -> list[Subject]:
    """The subjects, if there is anybody among them.

    Raises
    ------
    LabelsInvalid : nobody.
    """
    if not any(subject.people for subject in subjects):
        raise LabelsInvalid(f"{what} shows nobody.", "Give photographs with people in them.")
    return subjects


def _frame(path: Path) -> Frame:
    return Frame(read_photo(path), 0, 0, still=True, name=str(path))

"""The lines of a standing person that an examination turns, and on whom it can.

Where a line lies is told by the labels, or for all contenders alike by one network that is none of
them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from posture_tools.evaluate.contenders import Contender, WholePictures
from posture_tools.evaluate.labelled import AREA_SHARE, Float64, Person, detection
from posture_tools.evaluate.photos import Picture

from edge.errors import SettingsInvalid
from edge.estimation.refined import person_box
from edge.posture.angles import tilt_deg
from edge.posture.views import view_of
from edge.records import Frame, Pose
from edge.skeletons import COCO_17

# A line counts where it is as wide as this part of the body's height: it is then seen from front or
# back, and a pixel does not make many degrees.
LEAST_WIDTH = {"shoulder": 0.08, "hip": 0.05, "knee": 0.04, "ankle": 0.04, "eye": 0.02}
_STEEPEST_DEG = 30.0
_WHOLE = ("shoulder", "hip", "knee", "ankle")


@dataclass(frozen=True, slots=True, eq=False)
class Subject:
    """Somebody who stands or walks, seen from front or back, from shoulders to ankles.

    points_px : (17, 2) in COCO order; NaN where the reference does not know a keypoint.
    body_px : height of the person's box.
    """

    person: Person
    points_px: Float64
    body_px: float

    def ends_px(self, part: str) -> Float64:
        """Right and left end of a line, (2, 2)."""
        return self.points_px[[COCO_17.index[f"{side}_{part}"] for side in ("right", "left")]]

    def has(self, part: str) -> bool:
        """Whether the line can be turned: found, wide enough, not crossed, not too steep."""
        right, left = self.ends_px(part)
        width_px = left[0] - right[0]
        across = np.diff(self.ends_px("shoulder")[:, 0])[0]
        return bool(
            np.isfinite([*right, *left]).all()
            and abs(width_px) >= LEAST_WIDTH[part] * self.body_px
            and width_px * across > 0.0
            and abs(tilt_deg(right, left)) <= _STEEPEST_DEG
        )


def subjects(picture: Picture, frame: Frame, reference: Contender | None) -> Iterator[Subject]:
    """Those people of a picture whose lines can be examined.

    reference : tells where their keypoints are, and who is there where nobody is labelled; without
        one the labels tell.

    Raises
    ------
    SettingsInvalid : nobody is labelled, and no reference finds people.
    """
    if picture.labelled:
        seen = [(p, _labels_px(p)) for p in picture.people if p.wanted]
        if reference is not None:
            poses = [(person, reference.locate(frame, person)) for person, _ in seen]
            seen = [(person, detection(pose).keypoints) for person, pose in poses if pose]
    elif isinstance(reference, WholePictures):
        people = [_person(pose, frame) for pose in reference.find(frame)]
        seen = [(person, _labels_px(person)) for person in people]
    else:
        raise SettingsInvalid(
            f"nobody is labelled in {picture.name}.",
            "Say who finds the people in it: --lines-by, with a network for whole pictures.",
        )
    for person, points_px in seen:
        subject = Subject(person, points_px, person.box_px[3])
        whole = [subject.ends_px(part) for part in _WHOLE]
        if person.view in ("front", "back") and np.isfinite(whole).all():
            yield subject


def _labels_px(person: Person) -> Float64:
    return np.where(person.keypoints[:, 2:] > 0, person.keypoints[:, :2], np.nan)


def _person(pose: Pose, frame: Frame) -> Person:
    """Somebody whom nobody labelled, as the reference sees them."""
    found = detection(pose).keypoints
    known = np.isfinite(found).all(axis=1)
    keypoints = np.column_stack([np.nan_to_num(found), np.where(known, 2.0, 0.0)])
    box_px = person_box(pose, (frame.height_px, frame.width_px))
    view = view_of(pose).view
    return Person(keypoints, AREA_SHARE * box_px[2] * box_px[3], box_px, view=view)

"""Changed boxes: what does not care for them does not move, what does moves by what is known."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from posture_tools.evaluate.box_change import AS_IT_IS, BoxChange, MovedFinder
from posture_tools.evaluate.boxes import CHANGES, Row, examine, tables
from posture_tools.evaluate.labelled import Person
from rich.console import Console
from simulators.dotted_person import DotReader, DottedPicture, pose_at, standing

from edge.errors import LabelsInvalid, ModelRefused
from edge.estimation.refined import person_box
from edge.records import Frame, ModelIdentity, Pose
from edge.skeletons import COCO_17

PICTURES = [DottedPicture(standing()), DottedPicture(standing(tilt_px=-2.0))]


class BoxReader(DotReader):
    """Sees the left shoulder lower by the width of the shoulders for a whole box to the right."""

    def locate(self, frame: Frame, person: Person, change: BoxChange = AS_IT_IS) -> Pose | None:
        pose = super().locate(frame, person)
        assert pose is not None
        keypoints = pose.keypoints.copy()
        left, right = (COCO_17.index[f"{side}_shoulder"] for side in ("left", "right"))
        width_px = abs(keypoints[left, 0] - keypoints[right, 0])
        keypoints[left, 1] += change.right * width_px
        if change.scale < 1.0:
            keypoints[COCO_17.index["left_knee"]] = (np.nan, np.nan, 0.0)
        return replace(pose, keypoints=keypoints)


def measured(reader: DotReader) -> dict[str, Row]:
    found = examine([reader], PICTURES, quiet=True)
    assert {row.view for row in found} == {"front"}
    return {row.measure: row for row in found}


def test_every_combination_of_size_and_place_is_tried_once() -> None:
    assert len(set(CHANGES)) == len(CHANGES) == 26
    assert AS_IT_IS not in CHANGES


def test_what_does_not_look_at_the_box_does_not_move() -> None:
    for row in measured(DotReader("calm")).values():
        assert (row.moved_p95, row.refused, row.people) == (0, 0, 2), row.measure


def test_what_follows_the_box_moves_by_as_much() -> None:
    """18 of the 26 changes move the box sideways by 5 %: tan of the tilt changes by .05."""
    found = measured(BoxReader("restless"))
    tilt = found["shoulder_tilt"]
    assert tilt.moved_p95 == pytest.approx(math.degrees(math.atan(0.05)), abs=0.02)
    assert found["pelvis_tilt"].moved_p95 == 0
    assert found["knee_line"].refused == pytest.approx(9 / 26)
    assert found["knee_line"].people == 2


def test_a_table_shows_each_measure() -> None:
    console = Console(width=200)
    with console.capture() as captured:
        for table in tables(examine([BoxReader("restless")], PICTURES, quiet=True)):
            console.print(table)
    assert "seen from front" in captured.get()
    assert "shoulder_tilt" in captured.get()


def test_who_crops_nothing_is_refused() -> None:
    whole = DotReader("whole pictures")
    whole.crops = False
    with pytest.raises(ModelRefused, match="no box changes"):
        examine([whole], PICTURES, quiet=True)


def test_nobody_whose_view_is_known_is_said() -> None:
    with pytest.raises(LabelsInvalid, match="view is known"):
        examine([DotReader("calm")], [DottedPicture(standing("unknown"))], quiet=True)


def test_a_box_grows_about_its_centre_and_moves_by_its_height() -> None:
    assert BoxChange(1.1, 0.05, -0.05).of((100.0, 200.0, 40.0, 200.0)) == pytest.approx(
        (108.0, 180.0, 44.0, 220.0)
    )
    assert AS_IT_IS.of((1.0, 2.0, 3.0, 4.0)) == (1.0, 2.0, 3.0, 4.0)


class OneFinder:
    """Finds one person, and counts how often it is asked."""

    models: tuple[ModelIdentity, ...] = ()
    timings: dict[str, float] = {}  # noqa: RUF012 -- as the protocol has it

    def __init__(self, pose: Pose) -> None:
        self.pose = pose
        self.asked = 0

    def estimate(self, frame: Frame) -> list[Pose]:
        self.asked += 1
        return [self.pose]


@pytest.mark.parametrize(
    "change", [AS_IT_IS, BoxChange(0.9, 0.05, 0.0), BoxChange(1.1, 0.0, -0.05)]
)
def test_a_moved_finder_leads_to_the_changed_box(change: BoxChange) -> None:
    person = standing()
    known = person.keypoints[:, 2:] > 0
    pose = pose_at(np.where(known, person.keypoints[:, :2] + 300.0, np.nan))
    finder = OneFinder(pose)
    moved = MovedFinder(finder)
    frame = Frame(np.zeros((1200, 900, 3), np.uint8), 0, 0)
    moved.change = change
    for _ in range(2):
        (found,) = moved.estimate(frame)
    expected = change.of(person_box(pose, (1200, 900)))
    assert person_box(found, (1200, 900)) == pytest.approx(expected, abs=1e-3)
    assert finder.asked == 1  # a picture is searched once, however often the box changes
    moved.estimate(replace(frame))
    assert finder.asked == 2

"""Views: right ones on the diagonal, exchanged sides, the unknown and the missed beside it."""

from __future__ import annotations

import numpy as np
import pytest
from posture_tools.evaluate.box_change import AS_IT_IS, BoxChange
from posture_tools.evaluate.labelled import Float64, Person
from posture_tools.evaluate.views import CALLED, Confusion, examine, tables
from rich.console import Console
from simulators.dotted_person import DotReader, DottedPicture, exchanged, standing

from edge.errors import LabelsInvalid
from edge.records import Frame, Pose
from edge.skeletons import COCO_17

PICTURES = [
    DottedPicture(standing("front")),
    DottedPicture(standing("front")),
    DottedPicture(standing("back")),
    DottedPicture(standing("unknown")),
]


class Blind(DotReader):
    """Finds nobody."""

    def locate(self, frame: Frame, person: Person, change: BoxChange = AS_IT_IS) -> Pose | None:
        return None


def with_face(points: Float64) -> Float64:
    """The nose between the eyes that are seen; from behind there is neither."""
    seen = points.copy()
    left, right = (points[COCO_17.index[f"{side}_eye"]] for side in ("left", "right"))
    if left[0] > right[0]:
        seen[COCO_17.index["nose"]] = (left + right) / 2
    else:
        seen[[COCO_17.index["left_eye"], COCO_17.index["right_eye"]]] = np.nan
    return seen


def told(reader: DotReader) -> dict[str, Confusion]:
    found = examine([reader], PICTURES, quiet=True)
    assert {line.contender for line in found} == {reader.name}
    return {line.view: line for line in found}


def test_a_perfect_predictor_is_right_and_who_is_unclear_is_not_asked_for() -> None:
    found = told(DotReader("perfect", with_face))
    assert {view: line.people for view, line in found.items()} == {"front": 2, "back": 1}
    assert all(line.right == 1 for line in found.values())


def test_backs_called_front_are_counted_where_they_fall() -> None:
    """A predictor that never sees a back gives everybody a face, and left and right to fit it."""

    def always_front(points: Float64) -> Float64:
        left, right = (points[COCO_17.index[f"{side}_shoulder"], 0] for side in ("left", "right"))
        return with_face(points if left > right else exchanged(points))

    found = told(DotReader("always front", always_front))
    assert found["back"].called == dict.fromkeys(CALLED, 0) | {"front": 1}
    assert (found["front"].right, found["back"].right) == (1, 0)


def test_who_is_not_found_is_missed_not_left_out() -> None:
    assert told(Blind("blind"))["front"].called == dict.fromkeys(CALLED, 0) | {"missed": 2}


def test_a_contradiction_is_unknown() -> None:
    """Left and right exchanged, the face seen: nobody looks like that."""

    def mirrored(points: Float64) -> Float64:
        return exchanged(with_face(points))

    assert told(DotReader("mirrored", mirrored))["front"].called["unknown"] == 2


def test_each_set_has_its_table() -> None:
    pictures = [*PICTURES, DottedPicture(standing("back"), set_name="others")]
    found = examine([DotReader("perfect", with_face)], pictures, quiet=True)
    console = Console(width=200)
    with console.capture() as captured:
        for table in tables(found):
            console.print(table)
    assert "views, dots" in captured.get()
    assert "views, others" in captured.get()


def test_nobody_whose_view_is_known_is_said() -> None:
    with pytest.raises(LabelsInvalid, match="from which side"):
        examine([DotReader("perfect")], [DottedPicture(standing("unknown"))], quiet=True)

"""What is announced is what comes: no result holds a code or a unit that the birth did not name."""

from __future__ import annotations

from typing import get_args

import pytest

from edge.posture.assess import refuse
from edge.posture.measurable import measurable
from edge.records import View
from edge.skeletons import COCO_17, COCO_18, SPINE_5


@pytest.mark.parametrize("view", get_args(View))
def test_every_measure_of_every_view_is_announced(view: View) -> None:
    units = measurable([COCO_17, SPINE_5])
    measures = [
        m for skeleton in (COCO_17, COCO_18, SPINE_5) for m in refuse(skeleton, view, ("nobody",))
    ]
    assert measures
    assert {(m.code, m.unit) for m in measures} <= units.items()


def test_what_no_model_sees_is_not_announced() -> None:
    assert "shoulder_tilt" not in measurable([SPINE_5])
    assert measurable([]) == {}


def test_lengths_are_in_mm() -> None:
    units = measurable([COCO_17])
    assert units["sway_hips_velocity"] == "mm/s"
    assert units["ear_ahead_of_ankle"] == "mm"
    assert units["shoulder_tilt"] == "deg"

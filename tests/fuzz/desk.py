"""What comes back to a desk: score sheets, points set by hand, an earlier visit."""

from __future__ import annotations

import functools
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from simulators.read_well import read_well
from simulators.standing_person import seen

from edge.desk.photographed import photographed
from edge.errors import PostureError
from edge.fms.recording import read_sequence, read_sheet
from edge.fms.rules import shipped_rules
from edge.fms.sheet import add_up
from edge.norms import shipped_norms
from edge.posture.calibration import LEVEL
from edge.posture.hand_set import extended, over
from edge.records import Frame, Pose
from edge.report.page import page
from edge.report.reported_visit import ReportedVisit
from edge.report.visit_file import as_entry, read_visit
from edge.report.words import words
from edge.sightings.person import Person, Told, measured
from edge.sightings.points_file import read_points
from fuzz.kind import JSON, Files, Kind, is_json

_PHOTOGRAPH = "studio/one.jpg"


def _sheets() -> Files:
    trial = {"movement": "deep_squat", "side": "", "variation": "flat", "pain": False, "score": 2}
    sided = {"movement": "hurdle_step", "side": "left", "variation": "standard", "score": 3}
    sheet = {
        "session": "abc", "rules": shipped_rules().version, "tries": [trial, sided],
        "clearings": [{"test": "shoulder", "pain": True}],
    }  # fmt: skip
    point = [[100.5 + i, 50.0 + i, 0.9] for i in range(17)]
    sequence = {
        "skeleton": "COCO-17", "view": "right",
        "times_s": [0.04 * i for i in range(6)], "keypoints": [point] * 6,
    }  # fmt: skip
    return [(".json", json.dumps(each).encode()) for each in (sheet, sequence)]


def _score(path: Path) -> None:
    try:
        sheet = read_sheet(path)
    except PostureError:
        read_sequence(path)
        return
    add_up(sheet, shipped_rules())


@functools.cache
def _frame() -> Frame:
    return Frame(np.full((1920, 1080, 3), 130, np.uint8), 0, 0, still=True, name=_PHOTOGRAPH)


@functools.cache
def _pose() -> Pose:
    return read_well(seen("front", sigma_px=2.0), sd=1.0, sd_change=0.5)


@functools.cache
def _person() -> Person:
    return measured(1, _pose(), None, _frame(), Told(stature_mm=1720.0))


def _points() -> Files:
    """The file as `--json` writes it, with a point moved, one added and one taken away."""
    person: dict[str, Any] = _person().as_json(editable=True)
    x, y = person["points"]["left_shoulder"]
    person["points"] |= {"left_shoulder": [x + 7.0, y - 3.0], "nose": None, "C7": [540.0, 600.0]}
    person["points_by"], person["points_on"] = "op-7", "2026-11-27"
    entry = {"path": _PHOTOGRAPH, "person_count": 1, "people": [person]}
    return [(".json", json.dumps(each).encode()) for each in (entry, [entry])]


def _set_by_hand(path: Path) -> None:
    points = read_points(path)
    pose = over(_pose(), extended(_pose().skeleton, points.names))
    frame = _frame()
    hands = points.of(frame.name, [pose], (frame.width_px, frame.height_px))
    person = measured(1, pose, hands[0], frame, Told(points=points, stature_mm=1720.0))
    person.as_json(editable=True)


def _visit() -> ReportedVisit:
    view = photographed(_person(), LEVEL)
    return ReportedVisit("p-17", "2026-03-04T09:00:00", "", "", (), (view,))


def _visits() -> Files:
    return [(".json", json.dumps([as_entry(_visit())]).encode())]


def _before(path: Path) -> None:
    """Read, and compared with today on a whole page."""
    before = read_visit(path)
    page(replace(_visit(), before=(before,)), shipped_norms(), words("en"))


DESK = {
    "sheets": Kind(1500, _sheets, JSON, _score, is_json),
    "points": Kind(1500, _points, JSON, _set_by_hand, is_json),
    "visits": Kind(1000, _visits, JSON, _before, is_json),
}

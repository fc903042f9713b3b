"""How wide a station's intervals will be, foreseen on a person of average build, and why."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from edge.accuracy import Accuracy
from edge.posture.assess import assess
from edge.posture.average_body import average_pose
from edge.posture.calibration import Calibration
from edge.posture.clothing import Dress
from edge.posture.fitness import needed
from edge.records import Measure, View

# What a screening is mostly about, in the view that shows it.
_SHOWN: tuple[tuple[View, str], ...] = (
    ("front", "shoulder_tilt"), ("front", "pelvis_tilt"), ("front", "trunk_lean"),
    ("front", "head_lean"), ("right", "trunk_inclination"), ("right", "head_forward_angle"),
    ("right", "knee_sagittal"),
)  # fmt: skip
_STATURE_MM = 1700.0
_FILLS = 0.8  # of the picture's height
# What a technician can do about a cause.
_REMEDIES = {
    "lens": "Calibrate the lens",
    "roll": "Hang plumb lines and calibrate the roll",
    "network": "Take a network that reads it better, or printed stickers",
    "yaw": "Put foot marks on the floor",
    "head_turn": "Hang a mark at eye height to look at",
}


def foreseen(
    calibration: Calibration, picture_px: tuple[int, int], accuracy: Accuracy | None
) -> Iterator[Measure]:
    """The measures of somebody in tight clothes who stands square in the middle.

    picture_px : width and height, where the calibration does not say.
    """
    width, height = calibration.picture_px or picture_px
    stature_px = _FILLS * height
    if calibration.mm_per_px is not None:
        stature_px = _STATURE_MM / calibration.mm_per_px
    feet_px = (width / 2.0, (1.0 + _FILLS) / 2.0 * height)
    for view, code in _SHOWN:
        pose = replace(average_pose(view, stature_px, feet_px), accuracy=accuracy)
        dressed = assess(pose, view, calibration, dress=Dress("tight", "tight"))
        yield from (measure for measure in dressed if measure.code == code)


def too_wide(measures: Sequence[Measure]) -> list[Measure]:
    """The measures that are refused or whose interval is wider than is needed."""
    return [
        m for m in measures if m.u95 is None or m.u95 > (needed(m.code, m.unit) or float("inf"))
    ]


def told(measure: Measure) -> str:
    """Half width, what is needed, and the largest causes."""
    if measure.u95 is None:
        return f"{measure.code} refused ({', '.join(measure.why)})"
    causes = ", ".join(f"{cause.name} {cause.u95:.1f}" for cause in measure.causes)
    least = needed(measure.code, measure.unit)
    return f"{measure.code} ±{measure.u95:.1f} of {least:g} {measure.unit} ({causes})"


def remedies(wide: Sequence[Measure]) -> str:
    """For each cause that something can be done about, what doing it would gain."""
    said: dict[str, str] = {}
    for measure in wide:
        for cause in measure.causes:
            if measure.u95 is not None and cause.name in _REMEDIES:
                gain = f"{measure.code} {measure.u95:.1f} -> {cause.without:.1f} {measure.unit}"
                said.setdefault(cause.name, f"{_REMEDIES[cause.name]}: {gain}.")
    return " ".join(said.values())

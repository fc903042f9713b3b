"""What keeps this station's intervals wide, told on a person of average build."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from edge.accuracy import Accuracy
from edge.app import serves_last
from edge.commands.checks import Check, State
from edge.inference.network import read_description
from edge.posture.assess import assess
from edge.posture.average_body import average_pose
from edge.posture.calibration import Calibration
from edge.posture.clothing import Dress
from edge.posture.fitness import needed
from edge.records import Measure, View
from edge.screening.stored import load_calibration
from edge.settings import Settings

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
    "yaw": "Put foot marks on the floor, and stickers where 2 deg count",
    "head_turn": "Hang a mark at eye height to look at",
}


def intervals(settings: Settings) -> Check:
    """Half widths against what is needed, with the causes that are worth mending."""
    accuracy = _accuracy(settings)
    calibration = load_calibration(settings.state_path).calibration
    measures = list(_measures(settings, calibration, accuracy))
    found = "; ".join(map(_told, measures))
    if accuracy is None:
        return Check(
            "intervals",
            State.WARN,
            f"{found}; the networks do not say how well they read, so every value is low",
            "Take networks whose description tells their accuracy, or wear printed stickers.",
        )
    wide = [m for m in measures if (m.u95 or 0.0) > (needed(m.code, m.unit) or 0.0)]
    return Check("intervals", State.WARN if wide else State.OK, found, _remedy(wide))


def _accuracy(settings: Settings) -> Accuracy | None:
    path = Path(serves_last(settings))
    return read_description(path.read_bytes(), str(path)).accuracy


def _measures(
    settings: Settings, calibration: Calibration, accuracy: Accuracy | None
) -> Iterator[Measure]:
    width, height = calibration.picture_px or (settings.camera.width_px, settings.camera.height_px)
    stature_px = _FILLS * height
    if calibration.mm_per_px is not None:
        stature_px = _STATURE_MM / calibration.mm_per_px
    feet_px = (width / 2.0, (1.0 + _FILLS) / 2.0 * height)
    for view, code in _SHOWN:
        pose = replace(average_pose(view, stature_px, feet_px), accuracy=accuracy)
        dressed = assess(pose, view, calibration, dress=Dress("tight", "tight"))
        yield from (measure for measure in dressed if measure.code == code)


def _told(measure: Measure) -> str:
    if measure.u95 is None:
        return f"{measure.code} refused ({', '.join(measure.why)})"
    causes = ", ".join(f"{cause.name} {cause.u95:.1f}" for cause in measure.causes)
    least = needed(measure.code, measure.unit)
    return f"{measure.code} ±{measure.u95:.1f} of {least:g} {measure.unit} ({causes})"


def _remedy(wide: list[Measure]) -> str:
    """For each cause that something can be done about, what that would do to the widest of all."""
    said: dict[str, str] = {}
    for measure in wide:
        for cause in measure.causes:
            if measure.u95 is not None and cause.name in _REMEDIES:
                gain = f"{measure.code} {measure.u95:.1f} -> {cause.without:.1f} {measure.unit}"
                said.setdefault(cause.name, f"{_REMEDIES[cause.name]}: {gain}.")
    return " ".join(said.values())

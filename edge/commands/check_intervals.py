"""`doctor` on this station's intervals: against what is needed, with the causes worth mending."""

from __future__ import annotations

from pathlib import Path

from edge.app import serves_last
from edge.commands.checks import Check, State
from edge.inference.network import read_description
from edge.screening.foreseen import foreseen, remedies, told, too_wide
from edge.screening.stored import load_calibration
from edge.settings import Settings


def intervals(settings: Settings) -> Check:
    path = Path(serves_last(settings))
    accuracy = read_description(path.read_bytes(), str(path)).accuracy
    calibration = load_calibration(settings.state_path).calibration
    size_px = (settings.camera.width_px, settings.camera.height_px)
    measures = list(foreseen(calibration, size_px, accuracy))
    found = "; ".join(map(told, measures))
    if accuracy is None:
        return Check(
            "intervals",
            State.WARN,
            f"{found}; the networks do not say how well they read, so every value is low",
            "Take networks whose description tells their accuracy, or wear printed stickers.",
        )
    wide = too_wide(measures)
    return Check("intervals", State.WARN if wide else State.OK, found, remedies(wide))

"""The model files that ship with the device: the factory models, and the last resort."""

from __future__ import annotations

import sys
from pathlib import Path

from edge.errors import ModelRefused

FINDER = "bottom_up.onnx"
REFINER = "single_person.onnx"
SPINE = "spine.onnx"


def shipped_model(name: str) -> Path:
    """A model file that ships with the device: from the checkout, else from the installation.

    Raises
    ------
    ModelRefused : it is in neither place.
    """
    checkout = Path(__file__).resolve().parents[2] / "models_onnx"
    installed = Path(sys.prefix) / "share" / "posture-station" / "models_onnx"
    for folder in (checkout, installed):
        if (folder / name).is_file():
            return folder / name
    raise ModelRefused(
        f"the shipped model {name} is neither in {checkout} nor in {installed}.",
        "Install the package again, or name a model file.",
    )


def optional_model(given: str, name: str) -> Path | None:
    """None where nothing is given, the shipped file for "shipped", else the file that is named."""
    if not given:
        return None
    return shipped_model(name) if given == "shipped" else Path(given)

"""The model files that ship with the device: the factory models, and the last resort."""

from __future__ import annotations

import sys
from pathlib import Path

from edge.errors import ModelRefused

FINDER = "finder.onnx"
WHOLE = "whole.onnx"
CLOSE = "close.onnx"
NONE = "none"  # in place of a file: nothing serves there


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
    """The file that is given, else the shipped one; None for "none".

    Raises
    ------
    ModelRefused : the shipped one is not there.
    """
    if given == NONE:
        return None
    return Path(given) if given else shipped_model(name)

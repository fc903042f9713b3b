"""Cards that `posture_tools.training` writes beside the networks it exports."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from edge.accuracy import Accuracy
from edge.inference.description import (
    InputSpec,
    LimbChannels,
    ModelDescription,
    Provenance,
    Task,
    Thresholds,
)
from edge.skeletons import SPINE_5

# Evidence a keypoint below which a found person is none. Of the upright people of the training
# pack's val split it keeps 98.0 %, and of the empty pictures 9 % have a ghost
# (`python -m posture_tools.training.operating_point finder.onnx --pack PACK`).
_PERSON = 0.8

_HALF_PIXEL = "image = (map + 0.5) * stride - 0.5"


def trained(card: dict[str, Any]) -> ModelDescription:
    """The description that a training run's card states.

    Raises
    ------
    KeyError, ValueError : the card lacks a fact, or states one that no such network has.
    """
    if card["pixel_centres"] != _HALF_PIXEL:
        raise ValueError(f"pixel centres are '{card['pixel_centres']}', not '{_HALF_PIXEL}'")
    fed = card["input"]
    if fed["layout"] != "NCHW float32, RGB 0..255; the normalisation is inside the graph":
        raise ValueError(f"the input layout '{fed['layout']}' cannot be read")
    height, width = fed["shape"][2:]
    margin = re.search(r"person box x ([0-9.]+)", fed["framing"])
    training = card["training"]
    crops = ", ".join(f"{name} {count}" for name, count in training["crops"].items())
    return ModelDescription(
        name=card["name"],
        version=str(card.get("version", "1")),
        licence="Apache-2.0",
        provenance=Provenance(
            source="posture_tools.training",
            notes=f"{training['initialised']}. People: {crops}. {card['command']}",
        ),
        task=_task(card),
        input=InputSpec(
            fed["name"],
            height,
            width,
            letterbox="crop" if margin else "contain",
            box_margin=float(margin[1]) if margin else 1.0,
        ),
        outputs={role: role for role in card["outputs"]},
        skeleton=card["skeleton"],
        keypoints=tuple(card["keypoints"]),
        limbs=tuple(
            LimbChannels(limb["from"], limb["to"], *limb["paf_channels"]) for limb in card["limbs"]
        ),
        stride=card["stride"],
        thresholds=msgspec.convert({"person": _PERSON} | card.get("thresholds", {}), Thresholds),
        measured=card.get("measured", {}),
        accuracy=msgspec.convert(card.get("accuracy"), Accuracy | None),
    )


def _task(card: dict[str, Any]) -> Task:
    if "pafs" in card["outputs"]:
        return "paf"
    return "spine" if card["skeleton"] == SPINE_5.name else "heatmap"

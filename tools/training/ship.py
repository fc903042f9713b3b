"""Writes what ships of a run: the ONNX file and its card, the facts of its training."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from posture_tools.models.tracing import OPSET
from posture_tools.training.checkpoint import load_weights
from posture_tools.training.export import CropAnswers, FrameAnswers, export_onnx
from posture_tools.training.frames import LIMB_HALF_WIDTH, FrameMix
from posture_tools.training.frames import SIGMA as FRAME_SIGMA
from posture_tools.training.framing import BOX_MARGIN, CLOSE_HEIGHTS
from posture_tools.training.losses import SIGMA
from posture_tools.training.network import (
    STRIDE,
    YAW,
    count_macs,
    count_parameters,
    load_matching,
)
from posture_tools.training.objectives import HEATMAPS, PAFS
from posture_tools.training.recipe import RECIPES

from edge.skeletons import BODY_55, COCO_17, COCO_18, Skeleton


@dataclass(frozen=True)
class Shipped:
    """A file that ships, named as its run."""

    name: str
    skeleton: Skeleton
    framing: str


SHIPPED = {
    shipped.name: shipped
    for shipped in (
        Shipped("finder", COCO_18, "the whole frame, letterboxed"),
        Shipped(
            "whole", COCO_17, f"person box x {BOX_MARGIN} brought to 3:4, black beyond the picture"
        ),
        Shipped(
            "close",
            BODY_55,
            "person box x 1.0 where the box is a part of the body, {} to {} body heights high, "
            "brought to 3:4, black beyond the picture".format(*CLOSE_HEIGHTS),
        ),
    )
}


def ship(shipped: Shipped, folder: Path, out: Path, joints: str) -> None:
    """Export the averaged weights of a run, with a JSON of facts beside the file.

    folder: of the run, named as its recipe: the network's own, or the joint one, which sees both
    whole bodies and close crops.
    """
    out.mkdir(parents=True, exist_ok=True)
    recipe = RECIPES[folder.name]
    weights, images = load_weights(folder / "weights.pt")
    network = recipe.network()
    load_matching(network, weights)
    network.eval()
    names = [HEATMAPS, PAFS] if shipped.skeleton is COCO_18 else [HEATMAPS, YAW]
    landmarks = shipped.skeleton is BODY_55
    answers = (
        FrameAnswers(network)
        if PAFS in names
        else CropAnswers(network, joints, landmarks=landmarks)
    )
    size_hw, path = recipe.mix.size_hw, out / f"{shipped.name}.onnx"
    difference = export_onnx(answers, names, size_hw, path)
    facts = _description(shipped, size_hw) | {
        "parameters": count_parameters(network),
        "gmac": round(count_macs(network, size_hw) / 1e9, 4),
        "file_bytes": path.stat().st_size,
        "file_against_network_max_difference": difference,
        "training": _training_facts(folder, images),
        "command": f"python -m posture_tools.training export {shipped.name} --run {folder.name} "
        "--runs RUNS --out OUT",
    }
    if shipped.skeleton is not COCO_18:
        facts["joints"] = joints
        facts["command"] += f" --joints {joints}"
    fresh = out / f"{shipped.name}.json.new"
    fresh.write_text(json.dumps(facts, indent=1) + "\n")
    fresh.replace(out / f"{shipped.name}.json")


def _description(shipped: Shipped, size_hw: tuple[int, int]) -> dict[str, Any]:
    skeleton, (height, width) = shipped.skeleton, size_hw
    maps = [height // STRIDE, width // STRIDE]
    people = skeleton is COCO_18
    outputs: dict[str, list[int]] = {HEATMAPS: [1, len(skeleton.keypoints), *maps]}
    outputs |= {PAFS: [1, 2 * len(skeleton.limbs), *maps]} if people else {YAW: [1, 2]}
    limbs = [
        {
            "from": skeleton.keypoints[a],
            "to": skeleton.keypoints[b],
            "keypoints": [a, b],
            "paf_channels": [2 * k, 2 * k + 1],
        }
        for k, (a, b) in enumerate(skeleton.limbs)
    ]
    return {
        "name": shipped.name,
        "input": {
            "name": "image",
            "shape": [1, 3, height, width],
            "layout": "NCHW float32, RGB 0..255; the normalisation is inside the graph",
            "framing": shipped.framing,
        },
        "outputs": outputs,
        "skeleton": skeleton.name,
        "keypoints": list(skeleton.keypoints),
        "limbs": limbs if people else [],
        "stride": STRIDE,
        "pixel_centres": "image = (map + 0.5) * stride - 0.5",
        "sigma_cells": FRAME_SIGMA if people else SIGMA,
        "limb_half_width_cells": LIMB_HALF_WIDTH if people else None,
        "opset": OPSET,
        "weights": "float16 with Cast; biases and arithmetic float32",
    }


def _training_facts(folder: Path, images: int) -> dict[str, Any]:
    """What is known of the run: its data, recipe, length, and scores along the way."""
    rows = [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]
    data = json.loads((folder / "data.json").read_text())
    recipe = RECIPES[folder.name]
    kept = {f.name: getattr(recipe, f.name) for f in dataclasses.fields(recipe)}
    kept |= {"mix": dataclasses.asdict(recipe.mix), "objective": recipe.objective.__name__}
    kept["kind"] = "frames" if isinstance(recipe.mix, FrameMix) else "crops"
    return {
        "initialised": data["initialised"],
        "crops": data["people"],
        "images": images,
        "recipe": kept,
        "log": [row for row in rows if any(name.startswith(("pck_", "found_")) for name in row)],
    }

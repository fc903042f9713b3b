"""Writes what a finished stage ships: the ONNX file, half-precision weights and the facts."""

from __future__ import annotations

import dataclasses
import json
from collections import Counter
from pathlib import Path
from typing import Any

import torch
from posture_tools.models.tracing import OPSET
from posture_tools.training.checkpoint import averaged_weights
from posture_tools.training.crop_scene import CROP_MARGIN
from posture_tools.training.examples import STRIDE
from posture_tools.training.export import export_onnx
from posture_tools.training.network import (
    PoseNetwork,
    count_macs,
    count_parameters,
    load_matching,
)
from posture_tools.training.pack import People
from posture_tools.training.recipe import STAGES, Shipped
from posture_tools.training.rendered_spine import SpineMix

from edge.skeletons import COCO_17, COCO_18, SPINE_5


def ship(shipped: Shipped, runs: Path, out: Path, people: People, command: str) -> None:
    """Export one network from its stage's averaged weights, with a JSON of facts beside it."""
    out.mkdir(parents=True, exist_ok=True)
    checkpoint = runs / shipped.stage / "checkpoint.pt"
    heads = STAGES[shipped.stage].heads
    network = PoseNetwork(heads)
    load_matching(network, averaged_weights(checkpoint))
    path = out / f"{shipped.name}.onnx"
    difference = export_onnx(network, heads, shipped.size_hw, path)
    half = {
        name: value.half() if value.is_floating_point() else value
        for name, value in network.state_dict().items()
    }
    torch.save(half, out / f"{shipped.name}.pt")
    facts = _description(shipped) | {
        "parameters": count_parameters(network),
        "gmac": round(count_macs(network, shipped.size_hw) / 1e9, 4),
        "file_bytes": path.stat().st_size,
        "file_against_network_max_difference": difference,
        "training": _training_facts(shipped.stage, runs, people),
        "command": command,
    }
    fresh = out / f"{shipped.name}.json.new"
    fresh.write_text(json.dumps(facts, indent=1) + "\n")
    fresh.replace(out / f"{shipped.name}.json")


def _description(shipped: Shipped) -> dict[str, Any]:
    stage = STAGES[shipped.stage]
    people = "pafs" in stage.heads
    mix = stage.mix
    height, width = shipped.size_hw
    maps = [height // STRIDE, width // STRIDE]
    skeleton = COCO_18 if people else SPINE_5 if "spine" in stage.heads else COCO_17
    outputs = {"heatmaps": [1, len(skeleton.keypoints), *maps]}
    limbs = []
    if people:
        outputs["pafs"] = [1, 2 * len(COCO_18.limbs), *maps]
        limbs = [
            {
                "from": COCO_18.keypoints[a],
                "to": COCO_18.keypoints[b],
                "keypoints": [a, b],
                "paf_channels": [2 * k, 2 * k + 1],
            }
            for k, (a, b) in enumerate(COCO_18.limbs)
        ]
    return {
        "name": shipped.name,
        "input": {
            "name": "image",
            "shape": [1, 3, height, width],
            "layout": "NCHW float32, RGB 0..255; the normalisation is inside the graph",
            "framing": "the whole frame, letterboxed"
            if people
            else f"person box x {CROP_MARGIN} brought to 3:4, black beyond the picture",
        },
        "outputs": outputs,
        "skeleton": skeleton.name,
        "keypoints": list(skeleton.keypoints),
        "limbs": limbs,
        "stride": STRIDE,
        "pixel_centres": "image = (map + 0.5) * stride - 0.5",
        "sigma_cells": mix.sigma if isinstance(mix, SpineMix) else mix.target.sigma,
        "limb_half_width_cells": None if isinstance(mix, SpineMix) else mix.target.limb_half_width,
        "opset": OPSET,
        "weights": "float16 with Cast; biases and arithmetic float32",
    }


def _training_facts(last: str, runs: Path, people: People) -> dict[str, Any]:
    chain = stages_of(last)
    facts = {}
    for name in chain:
        stored = torch.load(runs / name / "checkpoint.pt", weights_only=True)
        recipe = dataclasses.asdict(STAGES[name])
        facts[name] = {
            "images": stored["images"],
            "planned_images": STAGES[name].images,
            "recipe": recipe,
            "log": stored["log"],
        }
    return {
        "crops": dict(Counter(crop.set_name for crop in people.crops)),
        "backgrounds": len(people.backgrounds),
        "initialised": "MobileNetV2 1.0, ImageNet; stem and first block kept",
        "stages": facts,
    }


def stages_of(last: str) -> list[str]:
    """Return the stages that led to this one, first one first."""
    chain = [last]
    while (start := STAGES[chain[0]].start) is not None:
        chain.insert(0, start)
    return chain

"""Model cards: descriptions, cards of our own training, and published ones, read here once.

A published card names its source, `keypoint_order` and outputs, and tells layout, size and
normalisation in a sentence. What cannot be read out of it for certain is refused: such a card is
rewritten as a description (see `posture-models inspect --json` of any described file).
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Literal, cast

import msgspec
from posture_tools.models.trained_cards import trained

from edge.errors import NOT_JSON, ModelRefused
from edge.inference.description import (
    BACKGROUND,
    UNUSED,
    InputSpec,
    LimbChannels,
    ModelDescription,
    Provenance,
    Task,
)
from edge.skeletons import SKELETONS

_REWRITE = "Write the card as a description instead, in the fields that `inspect --json` prints."

_OTHER_NAMES = {
    "mouth_l": "left_mouth",
    "mouth_r": "right_mouth",
    "l_foot_index": "left_big_toe",
    "r_foot_index": "right_big_toe",
    BACKGROUND: BACKGROUND,
}
_OTHER_ROLES = {"pose_flag": "presence"}

# Trained with unit-aligned targets (UDP, Huang et al., CVPR 2020): cell m lies at stride * m.
_CORNER_FAMILIES = ("pp_tinypose",)

# Where cards are silent or vague: 95 % of the heights over keypoints that lie on the label, of 50
# people in fashion_freepik and lspe_upright.
_PEAKS = {"efficientpose_rt": 0.67, "hourglass_mv2_ai14": 0.5}


def read_card(path: Path) -> ModelDescription:
    """The description that a card states, without golden vectors.

    Raises
    ------
    ModelRefused : unreadable, not JSON, or lacking something that a description needs; says what.
    """
    try:
        raw = msgspec.json.decode(path.read_bytes())
    except OSError as error:
        raise ModelRefused(f"cannot read {path}: {error.strerror}.", "Check the path.") from error
    except NOT_JSON as error:
        raise ModelRefused(f"{path} is not JSON: {error}.", "Mend it.") from error
    try:
        if isinstance(raw, dict) and "source_repo" in raw:
            return _published(raw)
        if isinstance(raw, dict) and "pixel_centres" in raw:
            return trained(raw)
        return msgspec.convert(raw, ModelDescription)
    except (msgspec.ValidationError, ValueError) as error:
        raise ModelRefused(f"{path}: {error}.", _REWRITE) from error
    except KeyError as error:
        raise ModelRefused(f"{path} says nothing of {error}.", _REWRITE) from error


def _published(card: dict[str, Any]) -> ModelDescription:
    keypoints = tuple(_keypoint(name) for name in card.get("keypoint_order") or ())
    task = _task(card)
    return ModelDescription(
        name=card["name"],
        version=card["commit"][:12],
        licence=card["licence"],
        provenance=Provenance(card["source_repo"], card["commit"], card.get("notes", "")),
        task=task,
        input=_input(card),
        outputs=_outputs(card, task),
        skeleton=_skeleton(keypoints) if keypoints else "",
        keypoints=keypoints,
        limbs=_limbs(card, keypoints) if task == "paf" else (),
        stride=card.get("stride", 1.0),
        map_convention=_map_convention(card),
        peak=_PEAKS.get(card["name"], 1.0),
        measured=_measured(card.get("measured", {})),
    )


def _task(card: dict[str, Any]) -> Task:
    outputs, prose = set(card["outputs"]), card["task"]
    if {"heatmaps", "pafs"} <= outputs and "single-person" not in prose:
        return "paf"
    if "landmarks" in outputs:
        return "regression"
    if "keypoints" in outputs:
        return "keypoints"
    if "heatmaps" in outputs:
        return "heatmap"
    if "detection" in prose:
        return "detector"
    raise ValueError(f"task '{prose}' is none that finds people or keypoints")


def _outputs(card: dict[str, Any], task: Task) -> dict[str, str]:
    names = list(card["outputs"])
    if task == "detector" and len(names) == 1:
        return {"grid": names[0]}
    if task == "heatmap" and "heatmaps_lowres" in names:
        # Enlarged maps hold nothing that the maps they were enlarged from do not.
        return {
            name.replace("_lowres", ""): name for name in names if name.startswith("heatmaps_low")
        }
    wanted = {
        "paf": ("heatmaps", "pafs"),
        "heatmap": ("heatmaps",),
        "regression": ("landmarks", "pose_flag"),
        "keypoints": ("keypoints",),
        "detector": ("boxes", "scores"),
    }[task]
    return {_OTHER_ROLES.get(name, name): name for name in wanted if name in names}


def _input(card: dict[str, Any]) -> InputSpec:
    spec, prose = card["input"], card["normalisation"]
    words = spec["layout"]
    layout = _one_of(words, "NCHW", "NHWC")
    sides = spec["shape"][2:] if layout == "NCHW" else spec["shape"][1:3]
    height, width, multiple = _size(card, sides)
    mean, std = _normalisation(prose)
    letterbox = "crop" if "crop" in words else "stretch" if "plain resize" in words else "contain"
    margin = re.search(r"box x([0-9.]+)", words)
    return InputSpec(
        name=spec["name"],
        height_px=height,
        width_px=width,
        multiple=multiple,
        layout=cast(Literal["NCHW", "NHWC"], layout),
        colour=cast(Literal["RGB", "BGR"], _one_of(prose, "RGB", "BGR")),
        dtype=cast(Literal["float32", "uint8"], _one_of(words, "float32", "uint8")),
        mean=mean,
        std=std,
        letterbox=cast(Literal["contain", "stretch", "crop"], letterbox),
        box_margin=card.get("measured", {}).get("best_pad", float(margin[1]) if margin else 1.0),
    )


def _size(card: dict[str, Any], shape: list[int | str]) -> tuple[int, int, int]:
    """Height, width and, where any multiple of a step will do, that step."""
    if all(isinstance(size, int) for size in shape):
        return int(shape[0]), int(shape[1]), 0
    prose = card["input"]["size"]
    if only := re.search(r"USE (\d+)x(\d+)", prose):
        return int(only[1]), int(only[2]), 0
    step = re.search(r"multiples? of (\d+)", prose)
    if not step:
        raise ValueError(f"no input size can be read from '{prose}'")
    height, width = card["measured"]["hw"]
    return height, width, int(step[1])


def _normalisation(
    prose: str,
) -> tuple[tuple[float, float, float], tuple[float, float, float]]:
    """Mean and std on 0..255 from `none`, `/255` or `(x/255-mean)/std with mean=[] std=[]`."""

    def triple(name: str) -> tuple[float, float, float]:
        found = re.search(name + r"=\[([^\]]+)\]", prose)
        if not found:
            raise ValueError(f"normalisation '{prose}' states no {name}")
        a, b, c = (round(float(part) * 255, 6) for part in found[1].split(","))
        return a, b, c

    if "(x/255-mean)/std" in prose:
        return triple("mean"), triple("std")
    if prose.endswith("/255"):
        return (0.0, 0.0, 0.0), (255.0, 255.0, 255.0)
    if prose.startswith("none") or "0..255" in prose:
        return (0.0, 0.0, 0.0), (1.0, 1.0, 1.0)
    raise ValueError(f"normalisation '{prose}' cannot be read")


def _map_convention(card: dict[str, Any]) -> Literal["half-pixel", "corner"]:
    corner = any(card["name"].startswith(family) for family in _CORNER_FAMILIES)
    return "corner" if corner else "half-pixel"


def _one_of(prose: str, *words: str) -> str:
    found = [word for word in words if re.search(rf"\b{word}\b", prose)]
    if len(found) != 1:
        raise ValueError(f"'{prose}' must name one of {', '.join(words)}")
    return found[0]


def _keypoint(name: str) -> str:
    if name.startswith("aux"):
        return UNUSED
    side = {"l": "left", "r": "right"}
    first, _, rest = name.partition("_")
    plain = f"{side[first]}_{rest}" if first in side else name
    return _OTHER_NAMES.get(name, plain)


def _skeleton(keypoints: tuple[str, ...]) -> str:
    named = {name for name in keypoints if name not in (BACKGROUND, UNUSED)}
    for skeleton in SKELETONS.values():
        if set(skeleton.keypoints) == named:
            return skeleton.name
    raise ValueError(f"no known skeleton has the keypoints {', '.join(sorted(named))}")


def _limbs(card: dict[str, Any], keypoints: tuple[str, ...]) -> tuple[LimbChannels, ...]:
    return tuple(
        LimbChannels(
            keypoints[pair["joint_a"]], keypoints[pair["joint_b"]], pair["paf_x"], pair["paf_y"]
        )
        for pair in card["paf_pairs"]
    )


def _measured(figures: dict[str, Any], prefix: str = "") -> dict[str, float | str]:
    """Nested figures under dotted names."""
    flat: dict[str, float | str] = {}
    for name, value in figures.items():
        if isinstance(value, dict):
            flat |= _measured(value, f"{prefix}{name}.")
        else:
            flat[prefix + name] = value if isinstance(value, int | float | str) else str(value)
    return flat

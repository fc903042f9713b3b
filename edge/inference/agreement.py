"""Whether a description and the graph beside it speak of the same network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from edge.inference.description import STAGE, ModelDescription

# None is a size that the graph leaves open.
Shape = tuple[int | None, ...]

_DTYPES = {"float32": "tensor(float)", "uint8": "tensor(uint8)"}


@dataclass(frozen=True)
class Tensor:
    """Shape and element type of a graph's input or output, as onnxruntime names them."""

    shape: Shape
    dtype: str


def disagreements(
    description: ModelDescription, inputs: Mapping[str, Tensor], outputs: Mapping[str, Tensor]
) -> list[str]:
    """Every point where description and graph differ, as sentences; empty when they agree."""
    return [*_input(description, inputs), *_outputs(description, outputs)]


def _input(description: ModelDescription, inputs: Mapping[str, Tensor]) -> list[str]:
    spec = description.input
    if set(inputs) != {spec.name}:
        return [f"the graph's inputs are {sorted(inputs)}, the description's is '{spec.name}'"]
    tensor = inputs[spec.name]
    size = (spec.height_px, spec.width_px)
    wanted: Shape = (1, 3, *size) if spec.layout == "NCHW" else (1, *size, 3)
    found = []
    if tensor.dtype != _DTYPES[spec.dtype]:
        found.append(f"input '{spec.name}' is {tensor.dtype}, described as {spec.dtype}")
    if not _fits(tensor.shape, wanted):
        found.append(f"input '{spec.name}' is {_text(tensor.shape)}, described as {_text(wanted)}")
    elif spec.multiple and None not in tensor.shape:
        found.append(f"input '{spec.name}' has one size, described as any of {spec.multiple}")
    return found


def _outputs(description: ModelDescription, outputs: Mapping[str, Tensor]) -> list[str]:
    found = []
    for role, name in description.outputs.items():
        if name not in outputs:
            found.append(f"the graph has no output '{name}' for {role}; it has {sorted(outputs)}")
            continue
        wanted = _wanted(description, role)
        shape = outputs[name].shape
        if not _fits(shape, wanted):
            found.append(
                f"{role} ('{name}') is {_text(shape)}, the description needs {_text(wanted)}"
            )
    for limb in description.limbs if description.task == "paf" else ():
        channels = getattr(outputs.get(description.outputs["pafs"]), "shape", (1, None))[1]
        if channels is not None and max(limb.x, limb.y) >= channels:
            found.append(f"limb {limb.a}-{limb.b} names a PAF channel beyond the {channels}")
    return found


def _wanted(description: ModelDescription, role: str) -> Shape:
    count = len(description.keypoints)
    rows = int(description.input.height_px / description.stride + 0.5)
    columns = int(description.input.width_px / description.stride + 0.5)
    if description.input.multiple:
        rows = columns = 0
    maps: Shape = (rows or None, columns or None)
    if STAGE.fullmatch(role):
        return (1, count, None, None)
    match (description.task, role):
        case ("paf" | "heatmap" | "spine", "heatmaps"):
            return (1, count, *maps)
        case ("paf", "pafs"):
            return (1, 2 * len(description.limbs), *maps)
        case ("heatmap", "yaw"):
            return (1, 2)
        case ("keypoints", "keypoints") if len(description.outputs) == 1:
            return (1, 1, count, 3)
        case ("keypoints", "keypoints"):
            return (None, count, 3)
        case ("keypoints", "boxes"):
            return (None, 4)
        case ("keypoints", _):
            return (None,)
        case ("regression", "coordinates"):
            return (1, 2 * count)
        case ("regression", "landmarks"):
            return (1, 5 * count)
        case ("regression", _):
            return (1, 1)
        case ("detector", "boxes"):
            return (1, None, 4)
        case ("detector", "scores"):
            return (1, None, None)
        case _:
            return (1, None, None, None)


def _fits(shape: Shape, wanted: Shape) -> bool:
    return len(shape) == len(wanted) and all(
        a is None or b is None or a == b for a, b in zip(shape, wanted, strict=True)
    )


def _text(shape: Shape) -> str:
    return "x".join("?" if size is None else str(size) for size in shape)

"""What a model file says of itself, what its graph says, and whether the two agree."""

from __future__ import annotations

import hashlib
from pathlib import Path

import msgspec

from edge.errors import ModelRefused
from edge.inference.agreement import Tensor, disagreements
from edge.inference.description import METADATA_KEY, ModelDescription
from edge.inference.network import ORT_ERRORS, graph_of, open_session, read_description
from edge.inference.onnx_file import metadata


class Inspection(msgspec.Struct, frozen=True):
    """All that can be said of a file without running it; `faults` is empty for a sound one."""

    path: str
    bytes: int
    sha256: str
    description: ModelDescription | None
    inputs: dict[str, str]
    outputs: dict[str, str]
    metadata: dict[str, str]
    faults: list[str]


def inspect(path: Path) -> Inspection:
    """Look at a file, described or not.

    Raises
    ------
    ModelRefused : the file cannot be read.
    """
    data = read(path)
    faults: list[str] = []
    description: ModelDescription | None = None
    inputs: dict[str, Tensor] = {}
    outputs: dict[str, Tensor] = {}
    others: dict[str, str] = {}
    try:
        others = {key: text for key, text in metadata(data).items() if key != METADATA_KEY}
        description = read_description(data, path.name)
    except (ModelRefused, ValueError) as error:
        faults.append(str(error))
    try:
        inputs, outputs = graph_of(open_session(data, 1, "float32"))
    except ORT_ERRORS as error:
        faults.append(f"onnxruntime cannot load the graph: {error}")
    else:
        if description is not None:
            faults += disagreements(description, inputs, outputs)
    return Inspection(
        path=str(path),
        bytes=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
        description=description,
        inputs=_texts(inputs),
        outputs=_texts(outputs),
        metadata=others,
        faults=faults,
    )


def read(path: Path) -> bytes:
    """A model file's bytes.

    Raises
    ------
    ModelRefused : it cannot be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise ModelRefused(f"cannot read {path}: {error.strerror}.", "Check the path.") from error


def rows(inspection: Inspection) -> list[tuple[str, str]]:
    """The inspection as name and value, for people."""
    found: list[tuple[str, str]] = [
        ("file", f"{inspection.path}, {inspection.bytes / 1e6:.1f} MB"),
        ("sha256", inspection.sha256),
    ]
    if inspection.description is not None:
        found += _described(inspection.description)
    found += [("graph input", f"{name} {shape}") for name, shape in inspection.inputs.items()]
    found += [("graph output", f"{name} {shape}") for name, shape in inspection.outputs.items()]
    found += [(f"metadata {key}", text[:200]) for key, text in inspection.metadata.items()]
    found += [("fault", fault) for fault in inspection.faults]
    return [*found, ("verdict", "at fault" if inspection.faults else "sound: file and graph agree")]


def _described(description: ModelDescription) -> list[tuple[str, str]]:
    fed = description.input
    size = f"{fed.height_px}x{fed.width_px}"
    size += f", or any multiple of {fed.multiple} in that area" if fed.multiple else ""
    found = [
        ("model", f"{description.name} {description.version}"),
        ("task", f"{description.task} {description.skeleton}".rstrip()),
        ("licence", description.licence),
        ("source", f"{description.provenance.source} {description.provenance.commit}".rstrip()),
        ("input", f"{fed.name}: {fed.colour} {fed.dtype} {fed.layout} {size}, {fed.letterbox}"),
        ("weights", description.weights),
    ]
    found += [(f"output {role}", name) for role, name in description.outputs.items()]
    if description.keypoints:
        found.append(("channels", ", ".join(description.keypoints)))
    if description.limbs:
        found.append(("limbs", ", ".join(f"{limb.a}-{limb.b}" for limb in description.limbs)))
    if "heatmaps" in description.outputs:
        found.append(("stride", f"{description.stride:g}, {description.map_convention} cells"))
    found += [(f"measured {name}", str(value)) for name, value in description.measured.items()]
    return found


def _texts(tensors: dict[str, Tensor]) -> dict[str, str]:
    return {
        name: f"{tensor.dtype} "
        + "x".join("?" if size is None else str(size) for size in tensor.shape)
        for name, tensor in tensors.items()
    }

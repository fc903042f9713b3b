"""Write a description into an ONNX file: weights looked at, golden vectors taken, sealed."""

from __future__ import annotations

import hashlib
from pathlib import Path

import msgspec
import onnx
from google.protobuf.message import DecodeError  # type: ignore[import-untyped]
from onnx import TensorProto

from edge.errors import ModelRefused
from edge.inference.agreement import disagreements
from edge.inference.description import METADATA_KEY, ModelDescription
from edge.inference.golden import golden_picture, take_golden
from edge.inference.network import ORT_ERRORS, Network, graph_of, open_session
from edge.records import ModelIdentity

_SEED = 20_240
_EMPTY_SEAL = "0" * 64
_WEIGHTS = {
    TensorProto.FLOAT: "float32",
    TensorProto.FLOAT16: "float16",
    TensorProto.INT8: "int8",
    TensorProto.UINT8: "int8",
}


def describe(model: bytes, card: ModelDescription) -> bytes:
    """The file with its description in it, replacing one that it had.

    Weights, golden vectors and seal are found out here, whatever the card says of them.

    Raises
    ------
    ModelRefused : not ONNX, does not run, or the card contradicts the graph; says where.
    """
    try:
        graph = onnx.load_model_from_string(model)
    except DecodeError as error:
        raise ModelRefused(f"{card.name} is no ONNX file: {error}.", "Give the ONNX.") from error
    if any(t.data_location == TensorProto.EXTERNAL for t in graph.graph.initializer):
        raise ModelRefused(
            f"{card.name} keeps weights in another file.", "Save it again as one file."
        )
    description = msgspec.structs.replace(
        card, weights=_weights(graph), golden=None, content_sha256=_EMPTY_SEAL
    )
    try:
        session = open_session(model, 1, description.weights)
        if differences := disagreements(description, *graph_of(session)):
            raise ModelRefused(
                f"{card.name}: card and graph disagree: {'; '.join(differences)}.", "Mend the card."
            )
        size = description.input.height_px, description.input.width_px
        identity = ModelIdentity(description.name, description.version, "")
        outputs = Network(session, description, identity).run(
            golden_picture(_SEED, *size), stages=True
        )
    except ORT_ERRORS as error:
        raise ModelRefused(f"{card.name} does not run: {error}.", "Export it again.") from error
    described = msgspec.structs.replace(description, golden=take_golden(_SEED, *size, outputs))
    return _sealed(graph, described)


def write(path: Path, data: bytes) -> None:
    """Replace a file in one step, so that no reader ever sees half of it."""
    beside = path.with_name(path.name + ".part")
    beside.write_bytes(data)
    beside.replace(path)


def _sealed(graph: onnx.ModelProto, description: ModelDescription) -> bytes:
    kept = [entry for entry in graph.metadata_props if entry.key != METADATA_KEY]
    del graph.metadata_props[:]
    graph.metadata_props.extend(kept)
    entry = graph.metadata_props.add(key=METADATA_KEY)
    entry.value = msgspec.json.encode(description).decode()
    blank = graph.SerializeToString()
    seal = hashlib.sha256(blank).hexdigest()
    return blank.replace(_EMPTY_SEAL.encode(), seal.encode())


def _weights(graph: onnx.ModelProto) -> str:
    """The element type that holds most weights, and whether activations are quantised too."""
    bytes_of: dict[str, int] = {}
    for tensor in graph.graph.initializer:
        if kind := _WEIGHTS.get(tensor.data_type):
            count = 1
            for size in tensor.dims:
                count *= size
            bytes_of[kind] = bytes_of.get(kind, 0) + count
    most = max(bytes_of, key=lambda kind: bytes_of[kind], default="float32")
    quantises = any(node.op_type == "QuantizeLinear" for node in graph.graph.node)
    return "int8-qdq" if most == "int8" and quantises else most

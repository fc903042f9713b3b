"""Write a description into an ONNX file: weights looked at, golden vectors taken, sealed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

import msgspec
import numpy as np
import onnx
import onnxruntime
from google.protobuf.message import DecodeError  # type: ignore[import-untyped]
from onnx import TensorProto

from edge.desk import outputs as places
from edge.errors import ModelRefused
from edge.inference.agreement import disagreements
from edge.inference.description import METADATA_KEY, Golden, ModelDescription
from edge.inference.golden import golden_picture, take_golden
from edge.inference.network import ORT_ERRORS, Network, Outputs, graph_of, open_session
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

    Examples
    --------
    A network that ships is described anew, by what its file says already:

    >>> from edge.inference.network import Network
    >>> from edge.inference.shipped import shipped_model
    >>> path = shipped_model("whole.onnx")
    >>> card = Network.load(path).description
    >>> card.task, card.skeleton
    ('heatmap', 'COCO-17')
    >>> METADATA_KEY.encode() in describe(path.read_bytes(), card)
    True
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
        picture = golden_picture(_SEED, *size)
        outputs = Network(session, description, identity).run(picture, stages=True)
        _check_finite(card.name, outputs)
        golden = take_golden(_SEED, *size, outputs)
        if description.weights == "int8-qdq":
            plain = Network(_plain_session(model), description, identity)
            golden = _loosened(golden, outputs, plain.run(picture, stages=True))
    except ORT_ERRORS as error:
        raise ModelRefused(f"{card.name} does not run: {error}.", "Export it again.") from error
    return _sealed(graph, msgspec.structs.replace(description, golden=golden))


def _check_finite(name: str, outputs: Outputs) -> None:
    """Golden vectors of a NaN would be refused at every load, with the advice to describe again."""
    for role, output in outputs.items():
        if not np.isfinite(output).all():
            raise ModelRefused(
                f"{name} answers NaN or Inf in {role}: it cannot serve.",
                "Export it again, and look for a division by zero or weights that overflow.",
            )


def claim(output: Path, inputs: Iterable[Path], *, overwrite: bool) -> Path:
    """A place for a described file; one that is described already is ours to replace.

    Raises
    ------
    OutputRefused : it is an input, somebody else's file, or cannot be written.
    """
    ours = overwrite or _is_described(output)
    return places.Outputs(inputs, overwrite=ours).claim(output)


def _is_described(path: Path) -> bool:
    try:
        return path.is_file() and METADATA_KEY.encode() in path.read_bytes()
    except OSError:
        return False


def _plain_session(model: bytes) -> onnxruntime.InferenceSession:
    """The graph as it is written, each quantised layer computed in float between two roundings."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def _loosened(golden: Golden, outputs: Outputs, plain: Outputs) -> Golden:
    """Golden vectors of a graph of 8-bit activations, which hold on every processor.

    A sum that falls between two steps of 8 bits is rounded by one kernel up and by the next down,
    and the layers behind carry it on. How far that leads is seen here, between integer kernels and
    the plain ones; another processor's may lead as far again.
    """
    samples = []
    for sample in golden.samples:
        stray = np.abs(outputs[sample.role].astype(np.float64) - plain[sample.role]).max()
        tolerance = max(sample.tolerance, float(f"{2 * stray:.2g}"))
        samples.append(msgspec.structs.replace(sample, tolerance=tolerance))
    return msgspec.structs.replace(golden, samples=tuple(samples))


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

"""8-bit weights and activations (static QDQ), calibrated on photographs.

Ranges are the middle 99.99 % of what an activation took: with its full range, PP-TinyPose lost
0.12 of mean OKS on studio photographs, so 0.02. Weights get 7 bits: processors without VNNI add
two products of 8 bits in 16, which overflows. The layers that give the outputs stay float: where a
peak lies between two cells stands in the last bits.
"""

from __future__ import annotations

import contextlib
import io
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import onnx
from numpy.typing import NDArray
from onnxruntime.quantization import (
    CalibrationDataReader,
    CalibrationMethod,
    QuantFormat,
    QuantType,
    quantize_static,
)
from onnxruntime.quantization.shape_inference import quant_pre_process
from posture_tools.models.cost import Cost, cost
from posture_tools.models.describe import describe
from posture_tools.models.subjects import Subject, found, labelled, photographs, some_people

from edge.errors import ModelRefused
from edge.inference.network import Network
from edge.output import write_output
from edge.records import Uint8

# More photographs than these make it slower and no better.
_MOST = 64
_PERCENTILE = 99.99


class Quantised(msgspec.Struct, frozen=True):
    """A file that was written, and what it gained and cost."""

    path: str
    calibrated_on: int
    float_bytes: int
    bytes: int
    cost: Cost


def quantise(model: Path, photos: Path, output: Path, labels: Path | None = None) -> Quantised:
    """Write an 8-bit copy of a described model.

    Every other photograph calibrates; the others measure what it costs.

    photos : a folder of at least two photographs of people.
    labels : COCO keypoint labels of photographs in it; without, people are found by the shipped
        finder, and there is no mean OKS.

    Raises
    ------
    ModelRefused : the model does not serve, finds no keypoints, or has 8 bits already.
    SourceInvalid, LabelsInvalid, ImageUnreadable : photographs or labels that cannot be used.
    OutputFailed : the output cannot be written.
    """
    network = Network.load(model, threads=1)
    description = network.description
    if description.task == "detector" or "boxes" in description.outputs:
        raise ModelRefused(
            f"{model} finds people in boxes; what that costs is not told by OKS.",
            "Quantise a paf, heatmap, keypoints or regression model.",
        )
    if description.weights.startswith("int8"):
        raise ModelRefused(f"{model} has 8-bit weights already.", "Quantise the float file.")
    paths = photographs(photos)
    read = found if labels is None else lambda some: labelled(some, labels)
    half = some_people(list(read(paths[::2][:_MOST])), f"the first half of {photos}")
    pictures = [picture for subject in half for picture in _pictures(network, subject)]
    graph = _quantised(model, network, pictures)
    card = msgspec.structs.replace(
        description,
        version=f"{description.version[:59]}-int8",
        provenance=msgspec.structs.replace(
            description.provenance,
            notes=f"{description.provenance.notes} Quantised after {len(pictures)} "
            f"calibration pictures from sha256 {network.identity.sha256}.".strip(),
        ),
        measured={},
    )
    others = some_people(list(read(paths[1::2][:_MOST])), f"the second half of {photos}")
    with tempfile.TemporaryDirectory() as folder:
        small = Path(folder) / output.name
        write_output(small, describe(graph, card))
        lost = cost(model, small, others, labelled=labels is not None)
    write_output(output, describe(graph, msgspec.structs.replace(card, measured=lost.measured())))
    return Quantised(
        path=str(output),
        calibrated_on=len(pictures),
        float_bytes=model.stat().st_size,
        bytes=output.stat().st_size,
        cost=lost,
    )


def _pictures(network: Network, subject: Subject) -> Iterator[Uint8]:
    """Input pictures as the network gets them: each person's crop, or the whole photograph."""
    if network.description.input.letterbox == "crop":
        for person in subject.people:
            yield network.lay(subject.frame.image, person.box_px)[0]
    else:
        yield network.lay(subject.frame.image)[0]


class _Pictures(CalibrationDataReader):
    """Hands out tensors one range at a time: histograms of all at once would not fit in memory."""

    def __init__(self, network: Network, pictures: list[Uint8]) -> None:
        self._network = network
        self._pictures = pictures
        self._left: Iterator[Uint8] = iter(pictures)

    def __len__(self) -> int:
        return len(self._pictures)

    def set_range(self, start_index: int, end_index: int) -> None:
        self._left = iter(self._pictures[start_index:end_index])

    def get_next(self) -> dict[str, NDArray[Any]] | None:
        picture = next(self._left, None)
        if picture is None:
            return None
        return {self._network.description.input.name: self._network.tensor(picture).copy()}


def _quantised(model: Path, network: Network, pictures: list[Uint8]) -> bytes:
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()):
        plain, small = Path(folder) / "plain.onnx", Path(folder) / "small.onnx"
        # Folds constants, half-precision weights among them, so that all weights are seen.
        quant_pre_process(str(model), str(plain), skip_symbolic_shape=True)
        graph = onnx.load(plain).graph
        given = {output.name for output in graph.output}
        quantize_static(
            plain,
            small,
            _Pictures(network, pictures),
            quant_format=QuantFormat.QDQ,
            per_channel=True,
            reduce_range=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            nodes_to_exclude=[node.name for node in graph.node if given & set(node.output)],
            calibrate_method=CalibrationMethod.Percentile,
            # The name is of another method, but it steps through the reader for all of them.
            extra_options={"CalibStridedMinMax": 1, "CalibPercentile": _PERCENTILE},
        )
        return small.read_bytes()

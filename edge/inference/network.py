"""One described ONNX file, verified, ready to run."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import onnxruntime
from numpy.typing import NDArray
from onnxruntime.capi import onnxruntime_pybind11_state as ort

from edge.errors import NOT_JSON, ModelRefused
from edge.field_maps import FieldMaps, Letterbox
from edge.inference.agreement import Tensor, disagreements
from edge.inference.description import METADATA_KEY, STAGE, InputSpec, ModelDescription
from edge.inference.golden import golden_faults, golden_picture
from edge.inference.halves import Picture, pixels
from edge.inference.letterbox import Box, Placement, contain, crop, stretch
from edge.inference.onnx_file import content_digest, metadata
from edge.inference.providers import CPU, Accelerator, Provider, choices
from edge.records import Float32, ModelIdentity, Uint8

Outputs = dict[str, NDArray[Any]]

# onnxruntime's exceptions have no common base of their own.
ORT_ERRORS = (
    ort.EPFail, ort.Fail, ort.InvalidArgument, ort.InvalidGraph, ort.InvalidProtobuf, ort.NoModel,
    ort.NotImplemented, ort.RuntimeException, RuntimeError, ValueError,
)  # fmt: skip

_REPLACE = "Replace the file by an undamaged copy."
_DESCRIBE = "Describe it first: posture-models describe MODEL CARD -o OUT."


def open_session(
    data: bytes, threads: int, weights: str, run_by: Sequence[Provider] = (CPU,)
) -> onnxruntime.InferenceSession:
    """An onnxruntime session with the options measured for small networks on small machines.

    Threads do not spin while they wait: that burns most of a core between frames. Arena and memory
    pattern are off, for at a fixed shape they keep memory and gain nothing. Weights of 8 bits in a
    file that computes in float are turned into floats once at load, not at every call.

    data : of the ONNX file. threads : that one call may use. weights : type of the weights, as its
    description says. run_by : see `edge.inference.providers`.

    Raises
    ------
    One of ORT_ERRORS : the graph is damaged or asks for operators that this runtime lacks.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    options.enable_cpu_mem_arena = False
    options.enable_mem_pattern = False
    options.log_severity_level = 4
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    if weights == "int8":
        options.add_session_config_entry("session.disable_quant_qdq", "1")
    return onnxruntime.InferenceSession(data, options, providers=list(run_by))


def graph_of(
    session: onnxruntime.InferenceSession,
) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """Inputs and outputs of a session's graph by name."""

    def tensors(nodes: Any) -> dict[str, Tensor]:
        return {
            node.name: Tensor(
                tuple(size if isinstance(size, int) else None for size in node.shape), node.type
            )
            for node in nodes
        }

    return tensors(session.get_inputs()), tensors(session.get_outputs())


def read_description(data: bytes, name: str) -> ModelDescription:
    """The description in a model file's bytes, once its seal fits; `name` is for the message.

    Raises
    ------
    ModelRefused : damaged, not described, or a description that is wrong in itself.
    """
    try:
        text = metadata(data).get(METADATA_KEY)
    except ValueError as error:
        raise ModelRefused(f"{name} is damaged: {error}.", _REPLACE) from error
    if text is None:
        raise ModelRefused(f"{name} carries no description ({METADATA_KEY}).", _DESCRIBE)
    try:
        description = msgspec.json.decode(text, type=ModelDescription)
    except NOT_JSON as error:
        raise ModelRefused(f"{name}: its description is wrong: {error}.", _DESCRIBE) from error
    if content_digest(data, description.content_sha256) != description.content_sha256:
        raise ModelRefused(f"{name} is damaged: its content digest does not fit.", _REPLACE)
    return description


class Network:
    """A model file that has proved itself. One thread at a time: it fills one input of its own."""

    def __init__(
        self,
        session: onnxruntime.InferenceSession,
        description: ModelDescription,
        identity: ModelIdentity,
    ) -> None:
        self.description = description
        self.identity = identity
        self._session = session
        spec = description.input
        self._input = _input_array(spec, spec.height_px, spec.width_px)
        self._order = _channel_order(description)
        self._fields = [channel for limb in description.limbs for channel in (limb.x, limb.y)]
        self._fields_in_order = self._fields == list(range(len(self._fields)))
        self._heatmaps_in_order = (
            self._order == list(range(len(self._order))) and description.peak == 1
        )

    @classmethod
    def load(
        cls,
        path: str | Path,
        *,
        sha256: str | None = None,
        threads: int = 2,
        accelerator: Accelerator = "cpu",
    ) -> Network:
        """Read, verify and try a model file.

        The bytes that are verified are the bytes that run. Damage is found before the runtime
        parses anything.

        Raises
        ------
        ModelRefused : unreadable, another sha256, damaged, not described, a description that
            contradicts its graph, or golden vectors that do not come out; says which.
        PartMissing : this machine lacks the accelerator that is asked for.
        """
        path = Path(path)
        try:
            data = path.read_bytes()
        except OSError as error:
            raise ModelRefused(f"cannot read {path}: {error.strerror}.", "Check it.") from error
        digest = hashlib.sha256(data).hexdigest()
        if sha256 is not None and digest != sha256.lower():
            raise ModelRefused(f"{path}: sha256 is {digest}, expected {sha256}.", _REPLACE)
        description = read_description(data, str(path))
        *others, last = choices(accelerator, digest)
        for run_by in (*others, last):
            try:
                session = open_session(data, threads, description.weights, run_by)
                break
            except ORT_ERRORS as error:
                if run_by is last:
                    raise ModelRefused(f"{path} cannot be loaded: {error}.", _REPLACE) from error
        if differences := disagreements(description, *graph_of(session)):
            raise ModelRefused(
                f"{path}: description and graph disagree: {'; '.join(differences)}.", _DESCRIBE
            )
        identity = ModelIdentity(description.name, description.version, digest, description.task)
        network = cls(session, description, identity)
        if faults := network.golden_faults():
            raise ModelRefused(f"{path}: {'; '.join(faults)}.", _REPLACE)
        return network

    @property
    def provider(self) -> str:
        """Which of onnxruntime's execution providers runs most of it."""
        return str(self._session.get_providers()[0])

    def golden_faults(self) -> list[str]:
        """Where the network strays from its golden vectors; empty when it does not."""
        golden = self.description.golden
        if golden is None:
            return ["the description has no golden vectors"]
        try:
            picture = golden_picture(golden.seed, golden.height_px, golden.width_px)
            return golden_faults(golden, self.run(picture, stages=True))
        except (ModelRefused, *ORT_ERRORS) as error:
            return [f"the graph does not run: {error}"]

    def place(self, image_hw: tuple[int, int], box_px: Box | None = None) -> Placement:
        """Where a picture, or a person's box in it, goes in the input."""
        spec = self.description.input
        input_hw = spec.size_for(*image_hw)
        if spec.letterbox == "crop":
            whole = (-0.5, -0.5, float(image_hw[1]), float(image_hw[0]))
            return crop(box_px or whole, input_hw, spec.box_margin if box_px else 1.0)
        return (contain if spec.letterbox == "contain" else stretch)(image_hw, input_hw)

    def lay(self, picture: Picture, box_px: Box | None = None) -> tuple[Uint8, Letterbox]:
        """The input picture of a BGR picture (or of a person's box in it), and its letterbox.

        Gives uint8 (H, W, 3) of the network's input size. box_px : x, y, width, height in the
        picture.
        """
        height_px, width_px, _ = pixels(picture).shape
        placement = self.place((height_px, width_px), box_px)
        return placement.lay(picture, self.description.input.pad), placement.letterbox

    def tensor(self, picture: Uint8) -> NDArray[Any]:
        """What the graph is fed for an input picture, uint8 (H, W, 3): (1, 3, H, W) or (1, H, W,
        3), in the type and range of its description. The next call writes over it.
        """
        if self._input.shape != (shape := _input_shape(self.description.input, *picture.shape[:2])):
            self._input = np.empty(shape, self._input.dtype)
        _fill(self._input, picture, self.description.input)
        return self._input

    def run(self, picture: Uint8, *, stages: bool = False) -> Outputs:
        """Outputs by role for a BGR input picture, uint8 (H, W, 3), H and W as `lay` gives.

        stages : the intermediate heatmaps too.

        Raises
        ------
        ModelRefused : the graph does not run through.
        """
        names = {
            role: name
            for role, name in self.description.outputs.items()
            if stages or not STAGE.fullmatch(role)
        }
        fed = {self.description.input.name: self.tensor(picture)}
        try:
            answer = self._session.run(list(names.values()), fed)
        except ORT_ERRORS as error:
            raise ModelRefused(
                f"{self.description.name} does not run: {error}.", _REPLACE
            ) from error
        return dict(zip(names, answer, strict=True))

    def field_maps(self, outputs: Mapping[str, NDArray[Any]], letterbox: Letterbox) -> FieldMaps:
        """The outputs of a paf, heatmap or spine network in the order of its skeleton.

        A keypoint that the network does not know has a map of zeros: it is never found. Maps of
        the corner convention lie half a cell less half a pixel off FieldMaps' rule, which the
        letterbox takes up.

        outputs : name -> array (1, C, H, W) as the graph gave them. letterbox : that the input was
        laid with.
        """
        description = self.description
        raw: Float32 = outputs["heatmaps"][0]
        if self._heatmaps_in_order:
            heatmaps = raw[: len(self._order)]  # most are: nothing is copied
        else:
            heatmaps = np.zeros((len(self._order), *raw.shape[1:]), np.float32)
            for row, channel in enumerate(self._order):
                if channel is not None:
                    np.multiply(raw[channel], 1 / description.peak, out=heatmaps[row])
        pafs = None
        if description.task == "paf":
            fields: Float32 = outputs["pafs"][0]
            if self._fields_in_order:
                pafs = fields[: len(self._fields)]
            else:
                pafs = np.ascontiguousarray(fields[self._fields])
        if description.map_convention == "corner":
            shift = (description.stride - 1) / 2
            letterbox = Letterbox(
                letterbox.scale_x,
                letterbox.scale_y,
                letterbox.offset_x_px + shift,
                letterbox.offset_y_px + shift,
                letterbox.input_width_px,
                letterbox.input_height_px,
            )
        return FieldMaps(heatmaps, pafs, description.stride, letterbox)


def _channel_order(description: ModelDescription) -> list[int | None]:
    if description.task == "detector":
        return []
    channel = {name: i for i, name in enumerate(description.keypoints)}
    return [channel.get(name) for name in description.topology.keypoints]


def _input_shape(spec: InputSpec, height_px: int, width_px: int) -> tuple[int, ...]:
    size = (height_px, width_px)
    return (1, 3, *size) if spec.layout == "NCHW" else (1, *size, 3)


def _input_array(spec: InputSpec, height_px: int, width_px: int) -> NDArray[Any]:
    return np.empty(_input_shape(spec, height_px, width_px), np.dtype(spec.dtype))


def _fill(tensor: NDArray[Any], picture: Uint8, spec: InputSpec) -> None:
    for channel in range(3):
        plane = picture[:, :, 2 - channel if spec.colour == "RGB" else channel]
        into = tensor[0, channel] if spec.layout == "NCHW" else tensor[0, :, :, channel]
        np.copyto(into, plane)
        if spec.dtype == "float32":
            if spec.mean[channel]:
                into -= spec.mean[channel]
            if spec.std[channel] != 1:
                into *= 1 / spec.std[channel]

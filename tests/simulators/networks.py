"""Small ONNX files with known answers, and their cards.

The colour network sees a keypoint as a colour: left shoulder red, right shoulder green, nose blue.
So a picture with three dots is a person whose keypoints are known to a fraction of a pixel.
"""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from posture_tools.models.describe import describe

from edge.inference.description import InputSpec, ModelDescription, Provenance, Thresholds

DOTS = ("left_shoulder", "right_shoulder", "nose")
_BGR = ((0, 0, 255), (0, 255, 0), (255, 0, 0))


def dots_picture(
    height_px: int, width_px: int, points: dict[str, tuple[float, float]], sigma_px: float
) -> np.ndarray:
    """BGR picture with a Gaussian dot for each keypoint."""
    y, x = np.mgrid[:height_px, :width_px]
    picture = np.zeros((height_px, width_px, 3))
    for name, (px, py) in points.items():
        dot = np.exp(-((x - px) ** 2 + (y - py) ** 2) / (2 * sigma_px**2))
        picture += dot[:, :, None] * _BGR[DOTS.index(name)]
    return picture.clip(0, 255).round().astype(np.uint8)


def colour_card(**changes: object) -> ModelDescription:
    """The card of `colour_network`."""
    card = ModelDescription(
        name="colour",
        version="1",
        licence="Apache-2.0",
        provenance=Provenance("tests"),
        task="heatmap",
        input=InputSpec("image", 128, 96, std=(255.0, 255.0, 255.0), letterbox="crop"),
        outputs={"heatmaps": "maps"},
        skeleton="COCO-17",
        keypoints=DOTS,
        stride=4.0,
    )
    return msgspec.structs.replace(card, **changes)


def colour_network(convention: str = "half-pixel", stage: bool = False) -> bytes:
    """Input 1x3x128x96 RGB, heatmaps 1x3x32x24: means of cells, or each cell's first pixel."""
    if convention == "half-pixel":
        node = helper.make_node(
            "AveragePool", ["image"], ["maps"], kernel_shape=[4, 4], strides=[4, 4]
        )
        weights = []
    else:
        node = helper.make_node("Conv", ["image", "eye"], ["maps"], strides=[4, 4])
        eye = np.eye(3, dtype=np.float32)[:, :, None, None]
        weights = [numpy_helper.from_array(eye, "eye")]
    nodes = [node]
    outputs = {"maps": [1, 3, 32, 24]}
    if stage:
        nodes.append(helper.make_node("Neg", ["maps"], ["early"]))
        outputs["early"] = [1, 3, 32, 24]
    return _file(nodes, weights, {"image": [1, 3, 128, 96]}, outputs)


def centroid_network(part: float, size_px: int = 64) -> bytes:
    """DeepPose's answer: where each colour's centroid lies, times `part`, from the input's centre.

    Input 1x3xSxS RGB, coordinates 1x6 = x, y of red, green, blue, as parts of the input's size.
    """
    along = (np.arange(size_px, dtype=np.float32) - (size_px - 1) / 2) / size_px * part
    x, y = np.meshgrid(along, along)
    weights = {"x": x[None, None], "y": y[None, None], "tiny": np.float32([1e-6])}
    nodes = [
        helper.make_node("ReduceSum", ["image", "sides"], ["mass"], keepdims=0),
        helper.make_node("Add", ["mass", "tiny"], ["total"]),
    ]
    for axis in ("x", "y"):
        nodes += [
            helper.make_node("Mul", ["image", axis], [f"weighted_{axis}"]),
            helper.make_node(
                "ReduceSum", [f"weighted_{axis}", "sides"], [f"sum_{axis}"], keepdims=0
            ),
            helper.make_node("Div", [f"sum_{axis}", "total"], [f"flat_{axis}"]),
            helper.make_node("Unsqueeze", [f"flat_{axis}", "last"], [f"column_{axis}"]),
        ]
    nodes += [
        helper.make_node("Concat", ["column_x", "column_y"], ["pairs"], axis=2),
        helper.make_node("Reshape", ["pairs", "shape"], ["coordinates"]),
    ]
    integers = {"sides": [2, 3], "last": [2], "shape": [1, 6]}
    stored = [numpy_helper.from_array(value, name) for name, value in weights.items()]
    stored += [numpy_helper.from_array(np.int64(v), name) for name, v in integers.items()]
    return _file(nodes, stored, {"image": [1, 3, size_px, size_px]}, {"coordinates": [1, 6]})


def constant_network(input_shape: list[int], outputs: dict[str, np.ndarray]) -> bytes:
    """A network that gives the same answer to every picture."""
    nodes = [helper.make_node("Identity", [f"{name}_value"], [name]) for name in outputs]
    weights = [numpy_helper.from_array(value, f"{name}_value") for name, value in outputs.items()]
    shapes = {name: list(value.shape) for name, value in outputs.items()}
    types = {name: value.dtype for name, value in outputs.items()}
    return _file(nodes, weights, {"image": input_shape}, shapes, types)


def detector_card(**changes: object) -> ModelDescription:
    """A detector of `constant_network([1, 3, 100, 100], boxes and scores)`."""
    card = ModelDescription(
        name="boxes",
        version="1",
        licence="Apache-2.0",
        provenance=Provenance("tests"),
        task="detector",
        input=InputSpec("image", 100, 100, letterbox="stretch"),
        outputs={"boxes": "boxes", "scores": "scores"},
        thresholds=Thresholds(person=0.4, iou=0.5),
    )
    return msgspec.structs.replace(card, **changes)


def described_file(path: Path, model: bytes, card: ModelDescription) -> Path:
    """The model with its description, written to a file."""
    path.write_bytes(describe(model, card))
    return path


def _file(
    nodes: list[onnx.NodeProto],
    weights: list[onnx.TensorProto],
    inputs: dict[str, list[int]],
    outputs: dict[str, list[int]],
    types: dict[str, np.dtype] | None = None,
) -> bytes:
    def infos(shapes: dict[str, list[int]]) -> list[onnx.ValueInfoProto]:
        kind = types or {}
        return [
            helper.make_tensor_value_info(
                name,
                helper.np_dtype_to_tensor_dtype(kind[name]) if name in kind else TensorProto.FLOAT,
                shape,
            )
            for name, shape in shapes.items()
        ]

    graph = helper.make_graph(nodes, "tiny", infos(inputs), infos(outputs), weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    return bytes(model.SerializeToString())

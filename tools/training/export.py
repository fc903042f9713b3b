"""From averaged weights to the file that ships: ONNX, fixed shapes, half-precision weights."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
import torch
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from posture_tools.models.tracing import trace
from posture_tools.training.network import YAW, PoseNetwork
from posture_tools.training.objectives import BODY, PHOTO
from posture_tools.training.points import COCO_POINTS
from torch import Tensor, nn

# The rounding of the weights to 11 bits may move a map by this much; its peaks are about 1 high.
TOLERANCE = 0.02

BLENDS = ("body", "photo", "mean")  # of COCO's joints: the rendered, the photographed convention


class CropAnswers(nn.Module):
    """A network of crops with the answers that ship: heatmaps and yaw.

    joints: which of the two heads gives COCO's 17 joints. landmarks: whether the 38 of the body
    head stand behind them.
    """

    def __init__(self, network: PoseNetwork, joints: str, *, landmarks: bool) -> None:
        super().__init__()
        if joints not in BLENDS:
            raise ValueError(f"joints are {', '.join(BLENDS)}, not {joints}")
        self.network, self.joints, self.landmarks = network, joints, landmarks

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor]:
        """Return heatmaps `(1, 17 or 55, H / 4, W / 4)`, and sine and cosine of the yaw."""
        answers = self.network(image)
        count = len(COCO_POINTS)
        joints = answers[BODY][:, :count]
        if self.joints == "photo":
            joints = answers[PHOTO]
        elif self.joints == "mean":
            joints = 0.5 * (joints + answers[PHOTO])
        if self.landmarks:
            joints = torch.cat([joints, answers[BODY][:, count:]], dim=1)
        return joints, answers[YAW]


class FrameAnswers(nn.Module):
    """A network of frames with its answers in the order of the file's outputs."""

    def __init__(self, network: PoseNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, image: Tensor) -> tuple[Tensor, ...]:
        """Return heatmaps and fields."""
        return tuple(self.network(image).values())


def export_onnx(
    answers: nn.Module, names: list[str], size_hw: tuple[int, int], path: Path
) -> float:
    """Write the network and return the largest difference between file and network.

    Input `image`: RGB 0..255, float32 (1, 3, H, W). names: of the outputs.
    A file that does not agree with the network within `TOLERANCE` is not written.
    """
    answers = answers.eval().float()
    model = onnx.load_from_string(trace(answers, size_hw, "image", names))
    store_weights_in_half(model)
    onnx.checker.check_model(model, full_check=True)
    difference = _largest_difference(answers, model.SerializeToString(), size_hw)
    if difference > TOLERANCE:
        raise ValueError(f"file and network differ by {difference:.4f}")
    fresh = path.with_suffix(".new")
    fresh.write_bytes(model.SerializeToString())
    fresh.replace(path)
    return difference


def store_weights_in_half(model: onnx.ModelProto) -> None:
    """Store float32 weights as float16 with a Cast behind; runtimes fold the Cast at load.

    The arithmetic stays float32. Biases and constants, small and sensitive, stay as they are.
    """
    graph = model.graph
    casts: list[onnx.NodeProto] = []
    for tensor in graph.initializer:
        if tensor.data_type != TensorProto.FLOAT or len(tensor.dims) != 4:
            continue
        name = tensor.name
        half = numpy_helper.to_array(tensor).astype(np.float16)
        tensor.CopyFrom(numpy_helper.from_array(half, f"{name}_half"))
        casts.append(helper.make_node("Cast", [f"{name}_half"], [name], to=TensorProto.FLOAT))
    for position, cast in enumerate(casts):
        graph.node.insert(position, cast)


@torch.inference_mode()
def _largest_difference(answers: nn.Module, model: bytes, size_hw: tuple[int, int]) -> float:
    image = _test_picture(size_hw)
    expected = answers(torch.from_numpy(image))
    session = ort.InferenceSession(model, providers=["CPUExecutionProvider"])
    found = session.run(None, {"image": image})
    pairs = zip(expected, found, strict=True)
    return float(max(np.abs(e.numpy() - f).max() for e, f in pairs))


def _test_picture(size_hw: tuple[int, int]) -> NDArray[np.float32]:
    """Return a picture of waves of many lengths: smooth, like photographs, and reproducible."""
    rng = np.random.default_rng(0)
    y, x = np.mgrid[: size_hw[0], : size_hw[1]].astype(np.float32)
    picture = np.zeros((3, *size_hw), np.float32)
    for _ in range(12):
        fy, fx, phase = rng.uniform(-0.2, 0.2), rng.uniform(-0.2, 0.2), rng.uniform(0, 6.28, 3)
        picture += np.cos(fy * y + fx * x + phase[:, None, None].astype(np.float32))
    return np.clip(128 + 25 * picture, 0, 255)[None].astype(np.float32)

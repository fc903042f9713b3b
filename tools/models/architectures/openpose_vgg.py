"""OpenPose's COCO body network: ten VGG-19 layers, six stages of two branches (Cao, CVPR 2017).

Layers are named as in the published Caffe model (`pose/coco/pose_deploy_linevec.prototxt`); the
PyTorch checkpoint `body_pose_model.pth` of `Hzzone/pytorch-openpose` carries the same names.
Branch L1 gives the PAFs, L2 the heatmaps, the background last.
"""

from __future__ import annotations

import torch
from posture_tools.models.architectures.answers import (
    OPENPOSE_HEATMAPS,
    OPENPOSE_PAFS,
    OPENPOSE_STRIDE_PX,
    of_people,
)
from posture_tools.models.architectures.architecture import Architecture, Weights
from torch import Tensor, nn
from torch.nn.functional import max_pool2d, relu

from edge.inference.description import ModelDescription

_SOURCE = "https://github.com/CMU-Perceptual-Computing-Lab/openpose"
_STAGES = 6
_FEATURES = 128
_CHANNELS = {"L1": OPENPOSE_PAFS, "L2": OPENPOSE_HEATMAPS}
_TRUNK = {
    "conv1_1": (3, 64), "conv1_2": (64, 64),
    "conv2_1": (64, 128), "conv2_2": (128, 128),
    "conv3_1": (128, 256), "conv3_2": (256, 256), "conv3_3": (256, 256), "conv3_4": (256, 256),
    "conv4_1": (256, 512), "conv4_2": (512, 512),
    "conv4_3_CPM": (512, 256), "conv4_4_CPM": (256, _FEATURES),
}  # fmt: skip
_POOLED = ("conv1_2", "conv2_2", "conv3_4")


class OpenPose(nn.Module):
    """Picture (N, 3, H, W) to heatmaps (N, 19, H / 8, W / 8) and PAFs (N, 38, H / 8, W / 8)."""

    def __init__(self) -> None:
        super().__init__()
        for name, (inputs, outputs) in _TRUNK.items():
            self.add_module(name, nn.Conv2d(inputs, outputs, 3, padding=1))
        for branch in _CHANNELS:
            for stage in range(1, _STAGES + 1):
                for name, layer in _stage(branch, stage).items():
                    self.add_module(name, layer)

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor]:
        x = image
        for name in _TRUNK:
            x = relu(self.get_submodule(name)(x))
            if name in _POOLED:
                x = max_pool2d(x, 2)
        y = x
        for stage in range(1, _STAGES + 1):
            pafs, heatmaps = (self._branch(branch, stage, y) for branch in _CHANNELS)
            y = torch.cat([pafs, heatmaps, x], dim=1)
        return heatmaps, pafs

    def _branch(self, branch: str, stage: int, x: Tensor) -> Tensor:
        *hidden, last = (self.get_submodule(name) for name in _stage_names(branch, stage))
        for layer in hidden:
            x = relu(layer(x))
        return last(x)


def _stage_names(branch: str, stage: int) -> list[str]:
    if stage == 1:
        return [f"conv5_{number}_CPM_{branch}" for number in range(1, 6)]
    return [f"Mconv{number}_stage{stage}_{branch}" for number in range(1, 8)]


def _stage(branch: str, stage: int) -> dict[str, nn.Conv2d]:
    """Layers of a branch: 3x3 at the first stage, 7x7 at the others, then two 1x1."""
    channels = _CHANNELS[branch]
    if stage == 1:
        layers = [nn.Conv2d(_FEATURES, _FEATURES, 3, padding=1) for _ in range(3)]
        layers += [nn.Conv2d(_FEATURES, 512, 1), nn.Conv2d(512, channels, 1)]
    else:
        inputs = [_FEATURES + sum(_CHANNELS.values()), *4 * [_FEATURES]]
        layers = [nn.Conv2d(n, _FEATURES, 7, padding=3) for n in inputs]
        layers += [nn.Conv2d(_FEATURES, _FEATURES, 1), nn.Conv2d(_FEATURES, channels, 1)]
    return dict(zip(_stage_names(branch, stage), layers, strict=True))


def _build(_: Weights) -> OpenPose:
    return OpenPose()


def _describe(_: OpenPose, size_hw: tuple[int, int]) -> ModelDescription:
    return of_people(_SOURCE, size_hw, pad=128)


PUBLISHED = Architecture(
    _build,
    _describe,
    default_hw=lambda network: (368, 656),
    step_px=OPENPOSE_STRIDE_PX,
    any_size=True,
)

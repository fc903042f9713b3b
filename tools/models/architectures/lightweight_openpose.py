"""Lightweight OpenPose: dilated MobileNet v1, an initial and refinement stages (Osokin, 2018).

Keys and preparation of `Daniil-Osokin/lightweight-human-pose-estimation.pytorch`
(`checkpoint_iter_370000.pth`: one refinement stage).
"""

from __future__ import annotations

import torch
from posture_tools.models.architectures.answers import (
    OPENPOSE_HEATMAPS,
    OPENPOSE_PAFS,
    OPENPOSE_STRIDE_PX,
    of_people,
)
from posture_tools.models.architectures.architecture import Architecture, Weights, count
from torch import Tensor, nn

from edge.inference.description import ModelDescription

_SOURCE = "https://github.com/Daniil-Osokin/lightweight-human-pose-estimation.pytorch"
_FEATURES = 128
# Outputs, stride and dilation of the depthwise blocks; stride 8 from the fourth on.
_TRUNK = (
    (64, 1, 1), (128, 2, 1), (128, 1, 1), (256, 2, 1), (256, 1, 1), (512, 1, 1),
    (512, 1, 2), (512, 1, 1), (512, 1, 1), (512, 1, 1), (512, 1, 1),
)  # fmt: skip


class LightweightOpenPose(nn.Module):
    """Picture (N, 3, H, W) to heatmaps (N, 19, H / 8, W / 8) and PAFs (N, 38, H / 8, W / 8)."""

    def __init__(self, refinements: int) -> None:
        super().__init__()
        layers = [_conv(3, 32, 3, stride=2, bias=False, normalised=True)]
        inputs = 32
        for outputs, stride, dilation in _TRUNK:
            layers.append(_depthwise(inputs, outputs, stride, dilation))
            inputs = outputs
        self.model = nn.Sequential(*layers)
        self.cpm = _Reduction(inputs)
        self.initial_stage = _InitialStage()
        self.refinement_stages = nn.ModuleList(_RefinementStage() for _ in range(refinements))

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor]:
        features = self.cpm(self.model(image))
        heatmaps, pafs = self.initial_stage(features)
        for stage in self.refinement_stages:
            heatmaps, pafs = stage(torch.cat([features, heatmaps, pafs], dim=1))
        return heatmaps, pafs


class _Reduction(nn.Module):
    def __init__(self, inputs: int) -> None:
        super().__init__()
        self.align = _conv(inputs, _FEATURES, 1)
        self.trunk = nn.Sequential(*(_depthwise_elu(_FEATURES) for _ in range(3)))
        self.conv = _conv(_FEATURES, _FEATURES, 3)

    def forward(self, x: Tensor) -> Tensor:
        x = self.align(x)
        return self.conv(x + self.trunk(x))


class _Stage(nn.Module):
    """Two branches on one trunk."""

    def __init__(self, trunk: nn.Sequential, hidden: int) -> None:
        super().__init__()
        self.trunk = trunk
        self.heatmaps = _branch(hidden, OPENPOSE_HEATMAPS)
        self.pafs = _branch(hidden, OPENPOSE_PAFS)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        x = self.trunk(x)
        return self.heatmaps(x), self.pafs(x)


class _InitialStage(_Stage):
    def __init__(self) -> None:
        super().__init__(nn.Sequential(*(_conv(_FEATURES, _FEATURES, 3) for _ in range(3))), 512)


class _RefinementStage(_Stage):
    def __init__(self) -> None:
        inputs = (_FEATURES + OPENPOSE_HEATMAPS + OPENPOSE_PAFS, *4 * (_FEATURES,))
        super().__init__(nn.Sequential(*(_RefinementBlock(n) for n in inputs)), _FEATURES)


class _RefinementBlock(nn.Module):
    def __init__(self, inputs: int) -> None:
        super().__init__()
        self.initial = _conv(inputs, _FEATURES, 1)
        self.trunk = nn.Sequential(
            _conv(_FEATURES, _FEATURES, 3, normalised=True),
            _conv(_FEATURES, _FEATURES, 3, dilation=2, normalised=True),
        )

    def forward(self, x: Tensor) -> Tensor:
        x = self.initial(x)
        return x + self.trunk(x)


def _branch(hidden: int, outputs: int) -> nn.Sequential:
    last = nn.Sequential(nn.Conv2d(hidden, outputs, 1))
    return nn.Sequential(_conv(_FEATURES, hidden, 1), last)


def _conv(
    inputs: int,
    outputs: int,
    kernel: int,
    *,
    stride: int = 1,
    dilation: int = 1,
    bias: bool = True,
    normalised: bool = False,
) -> nn.Sequential:
    padding = dilation * (kernel // 2)
    layers = [nn.Conv2d(inputs, outputs, kernel, stride, padding, dilation, bias=bias)]
    layers += [nn.BatchNorm2d(outputs)] if normalised else []
    return nn.Sequential(*layers, nn.ReLU())


def _depthwise(inputs: int, outputs: int, stride: int, dilation: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, inputs, 3, stride, dilation, dilation, groups=inputs, bias=False),
        nn.BatchNorm2d(inputs),
        nn.ReLU(),
        nn.Conv2d(inputs, outputs, 1, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(),
    )


def _depthwise_elu(width: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(width, width, 3, padding=1, groups=width, bias=False),
        nn.ELU(),
        nn.Conv2d(width, width, 1, bias=False),
        nn.ELU(),
    )


def _build(weights: Weights) -> LightweightOpenPose:
    return LightweightOpenPose(count(weights, r"refinement_stages\.(\d+)\."))


def _describe(_: LightweightOpenPose, size_hw: tuple[int, int]) -> ModelDescription:
    return of_people(_SOURCE, size_hw, pad=0)


PUBLISHED = Architecture(
    _build,
    _describe,
    default_hw=lambda network: (256, 456),
    step_px=OPENPOSE_STRIDE_PX,
    any_size=True,
)

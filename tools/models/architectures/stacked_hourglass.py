"""Stacked hourglass with intermediate supervision (Newell et al., ECCV 2016).

Keys and preparation of `anibali/pytorch-stacked-hourglass`, whose hg1, hg2 and hg8 were trained
by `bearpaw/pytorch-pose`: RGB less the data set's mean, not divided by its deviation.
"""

from __future__ import annotations

from posture_tools.models.architectures.answers import of_one_person
from posture_tools.models.architectures.architecture import Architecture, Weights, count, size
from torch import Tensor, nn
from torch.nn.functional import interpolate, max_pool2d, relu

from edge.inference.description import ModelDescription

_SOURCE = "https://github.com/anibali/pytorch-stacked-hourglass"
_MPII_MEAN = (112.302, 113.22, 110.3385)  # 255 times 0.4404, 0.4440, 0.4327
_WIDTH = 128
_FEATURES = 2 * _WIDTH
_DEPTH = 4


class Residual(nn.Module):
    """Pre-activated bottleneck: normalise and rectify before each convolution."""

    def __init__(self, inputs: int, width: int) -> None:
        super().__init__()
        self.bn1 = nn.BatchNorm2d(inputs)
        self.conv1 = nn.Conv2d(inputs, width, 1)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, padding=1)
        self.bn3 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, 2 * width, 1)
        self.downsample = (
            nn.Identity() if inputs == 2 * width else nn.Sequential(nn.Conv2d(inputs, 2 * width, 1))
        )

    def forward(self, x: Tensor) -> Tensor:
        y = self.conv1(relu(self.bn1(x)))
        y = self.conv2(relu(self.bn2(y)))
        return self.conv3(relu(self.bn3(y))) + self.downsample(x)


class Hourglass(nn.Module):
    """Four times down and up again, with a branch across at each size.

    hg[n] are the blocks at one size: across, before the smaller size, after it; the smallest size
    has a fourth, at the bottom.
    """

    def __init__(self, blocks: int) -> None:
        super().__init__()
        self.hg = nn.ModuleList(
            nn.ModuleList(_residuals(_FEATURES, _WIDTH, blocks) for _ in range(3 + (level == 0)))
            for level in range(_DEPTH)
        )

    def forward(self, x: Tensor, level: int = _DEPTH - 1) -> Tensor:
        branches = self.hg[level]
        low = branches[1](max_pool2d(x, 2))
        low = self(low, level - 1) if level else branches[3](low)
        return branches[0](x) + interpolate(branches[2](low), scale_factor=2.0)


class StackedHourglass(nn.Module):
    """Picture (N, 3, H, W) to heatmaps (N, J, H / 4, W / 4): the last stack's, then the earlier."""

    def __init__(self, joints: int, stacks: int, blocks: int) -> None:
        super().__init__()
        self.joints, self.stacks = joints, stacks
        self.conv1 = nn.Conv2d(3, 64, 7, 2, padding=3)
        self.bn1 = nn.BatchNorm2d(64)
        self.layer1 = _residuals(64, 64, 1)
        self.layer2 = _residuals(128, 64, 1)
        self.layer3 = _residuals(128, _WIDTH, 1)
        self.hg = nn.ModuleList(Hourglass(blocks) for _ in range(stacks))
        self.res = nn.ModuleList(_residuals(_FEATURES, _WIDTH, blocks) for _ in range(stacks))
        self.fc = nn.ModuleList(
            nn.Sequential(nn.Conv2d(_FEATURES, _FEATURES, 1), nn.BatchNorm2d(_FEATURES), nn.ReLU())
            for _ in range(stacks)
        )
        self.score = nn.ModuleList(nn.Conv2d(_FEATURES, joints, 1) for _ in range(stacks))
        self.fc_ = nn.ModuleList(nn.Conv2d(_FEATURES, _FEATURES, 1) for _ in range(stacks - 1))
        self.score_ = nn.ModuleList(nn.Conv2d(joints, _FEATURES, 1) for _ in range(stacks - 1))

    def forward(self, image: Tensor) -> tuple[Tensor, ...]:
        x = self.layer1(relu(self.bn1(self.conv1(image))))
        x = self.layer3(self.layer2(max_pool2d(x, 2)))
        heatmaps = []
        for stack in range(self.stacks):
            y = self.fc[stack](self.res[stack](self.hg[stack](x)))
            heatmaps.append(self.score[stack](y))
            if stack < self.stacks - 1:
                x = x + self.fc_[stack](y) + self.score_[stack](heatmaps[-1])
        return (heatmaps[-1], *heatmaps[:-1])


def _residuals(inputs: int, width: int, blocks: int) -> nn.Sequential:
    return nn.Sequential(
        Residual(inputs, width), *(Residual(2 * width, width) for _ in range(blocks - 1))
    )


def _build(weights: Weights) -> StackedHourglass:
    return StackedHourglass(
        size(weights, "score.0.weight", 16),
        stacks=count(weights, r"hg\.(\d+)\."),
        blocks=count(weights, r"res\.0\.(\d+)\."),
    )


def _describe(network: StackedHourglass, size_hw: tuple[int, int]) -> ModelDescription:
    stages = (f"heatmaps_stage{stack + 1}" for stack in range(network.stacks - 1))
    return of_one_person(
        _SOURCE,
        network.joints,
        size_hw,
        ("heatmaps", *stages),
        mean=_MPII_MEAN,
        std=(255.0, 255.0, 255.0),
    )


PUBLISHED = Architecture(
    _build,
    _describe,
    default_hw=lambda network: (256, 256),
    step_px=4 * 2**_DEPTH,
)

"""SimpleBaseline: ResNet, three deconvolutions, one 1x1 convolution (Xiao et al., ECCV 2018).

Keys and preparation of `microsoft/human-pose-estimation.pytorch`. It reads pictures with OpenCV
and never turns BGR into RGB, so its networks see BGR under ImageNet's means of RGB; its targets
are rounded to the cell at `pixel / 4`, which puts cell 0 on pixel 0.
"""

from __future__ import annotations

from posture_tools.models.architectures.answers import of_one_person
from posture_tools.models.architectures.architecture import Architecture, Weights, size
from posture_tools.models.architectures.resnet import CHANNELS, ResNet, blocks_of
from torch import Tensor, nn

from edge.inference.description import ModelDescription

_SOURCE = "https://github.com/microsoft/human-pose-estimation.pytorch"
_WIDTH = 256


class SimpleBaseline(ResNet):
    """Picture (N, 3, H, W) to heatmaps (N, J, H / 4, W / 4)."""

    def __init__(self, joints: int, blocks: tuple[int, ...]) -> None:
        super().__init__(blocks)
        self.joints = joints
        layers: list[nn.Module] = []
        for inputs in (CHANNELS, _WIDTH, _WIDTH):
            layers += [
                nn.ConvTranspose2d(inputs, _WIDTH, 4, 2, padding=1, bias=False),
                nn.BatchNorm2d(_WIDTH),
                nn.ReLU(),
            ]
        self.deconv_layers = nn.Sequential(*layers)
        self.final_layer = nn.Conv2d(_WIDTH, joints, 1)

    def forward(self, image: Tensor) -> tuple[Tensor]:
        return (self.final_layer(self.deconv_layers(super().forward(image))),)


def _build(weights: Weights) -> SimpleBaseline:
    return SimpleBaseline(size(weights, "final_layer.weight", 17), blocks_of(weights))


def _describe(network: SimpleBaseline, size_hw: tuple[int, int]) -> ModelDescription:
    return of_one_person(
        _SOURCE, network.joints, size_hw, ("heatmaps",), colour="BGR", map_convention="corner"
    )


PUBLISHED = Architecture(
    _build,
    _describe,
    # The paper's input: 256 x 192 on COCO, 256 x 256 on MPII.
    default_hw=lambda network: (256, 192 if network.joints == 17 else 256),
    step_px=32,
)

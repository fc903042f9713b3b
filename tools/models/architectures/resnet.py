"""ResNet-50, -101 and -152 up to their last maps, stride 32 (He et al., CVPR 2016).

The stride of a block stands in its 3x3 convolution, as in torchvision and the published PyTorch
checkpoints. Checkpoints of "caffe style" have the same keys and the stride one layer earlier:
nothing in them tells, so they are not for this network.
"""

from __future__ import annotations

from posture_tools.models.architectures.architecture import Weights, count
from torch import Tensor, nn
from torch.nn.functional import relu

_EXPANSION = 4
CHANNELS = 512 * _EXPANSION


class Bottleneck(nn.Module):
    def __init__(self, inputs: int, width: int, stride: int) -> None:
        super().__init__()
        outputs = width * _EXPANSION
        self.conv1 = nn.Conv2d(inputs, width, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, outputs, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(outputs)
        self.downsample = (
            nn.Identity()
            if stride == 1 and inputs == outputs
            else nn.Sequential(
                nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs)
            )
        )

    def forward(self, x: Tensor) -> Tensor:
        y = relu(self.bn1(self.conv1(x)))
        y = relu(self.bn2(self.conv2(y)))
        return relu(self.bn3(self.conv3(y)) + self.downsample(x))


class ResNet(nn.Module):
    """Picture (N, 3, H, W) to maps (N, 2048, H / 32, W / 32); `blocks` of each of four layers."""

    def __init__(self, blocks: tuple[int, ...]) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 7, 2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.maxpool = nn.MaxPool2d(3, 2, padding=1)
        self.layer1 = _layer(64, 64, blocks[0], 1)
        self.layer2 = _layer(256, 128, blocks[1], 2)
        self.layer3 = _layer(512, 256, blocks[2], 2)
        self.layer4 = _layer(1024, 512, blocks[3], 2)

    def forward(self, x: Tensor) -> Tensor:
        x = self.maxpool(relu(self.bn1(self.conv1(x))))
        return self.layer4(self.layer3(self.layer2(self.layer1(x))))


def blocks_of(weights: Weights, prefix: str = "") -> tuple[int, ...]:
    """How many blocks each layer of a checkpoint has."""
    return tuple(count(weights, rf"{prefix}layer{layer}\.(\d+)\.") for layer in (1, 2, 3, 4))


def _layer(inputs: int, width: int, blocks: int, stride: int) -> nn.Sequential:
    first = Bottleneck(inputs, width, stride)
    return nn.Sequential(
        first, *(Bottleneck(width * _EXPANSION, width, 1) for _ in range(blocks - 1))
    )

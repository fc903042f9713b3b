"""DeepPose: a trunk and one fully connected layer, x and y a keypoint (Toshev, CVPR 2014).

The paper's AlexNet was never published. The checkpoints that exist are mmpose's, with ResNet as
trunk (`deeppose_res50_coco_256x192` and its kin): keys and preparation are theirs. They give a
keypoint as x / width, y / height of the input, counted from pixel 0; the file gives the paper's
N(y; b) for the whole input, counted from its middle (equation 1).
"""

from __future__ import annotations

from posture_tools.models.architectures.answers import of_one_person
from posture_tools.models.architectures.architecture import Architecture, Weights, size
from posture_tools.models.architectures.resnet import CHANNELS, ResNet, blocks_of
from torch import Tensor, nn

from edge.inference.description import ModelDescription

_SOURCE = "https://github.com/open-mmlab/mmpose"


class _Head(nn.Module):
    def __init__(self, joints: int) -> None:
        super().__init__()
        self.fc = nn.Linear(CHANNELS, 2 * joints)


class DeepPose(nn.Module):
    """Picture (N, 3, H, W) to coordinates (N, 2J): x, y, x, y, ... as parts of the input."""

    def __init__(self, joints: int, blocks: tuple[int, ...]) -> None:
        super().__init__()
        self.joints = joints
        self.backbone = ResNet(blocks)
        self.head = _Head(joints)

    def forward(self, image: Tensor) -> tuple[Tensor]:
        height, width = (int(length) for length in image.shape[2:])
        middle = image.new_tensor([(width - 1) / 2 / width, (height - 1) / 2 / height])
        from_corner = self.head.fc(self.backbone(image).mean(dim=(2, 3)))
        return (from_corner - middle.repeat(self.joints),)


def _build(weights: Weights) -> DeepPose:
    joints = size(weights, "head.fc.weight", 2 * 17) // 2
    return DeepPose(joints, blocks_of(weights, r"backbone\."))


def _describe(network: DeepPose, size_hw: tuple[int, int]) -> ModelDescription:
    return of_one_person(_SOURCE, network.joints, size_hw, ("coordinates",))


PUBLISHED = Architecture(
    _build,
    _describe,
    default_hw=lambda network: (256, 192 if network.joints == 17 else 256),
    step_px=32,
    renamed={"keypoint_head.fc.": "head.fc."},  # mmpose before 1.0
)

"""The pose networks: MobileNetV2, a pyramid down to stride 4, one 1x1 convolution an output."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from posture_tools.training.mobilenet import TAP_CHANNELS, MobileNetV2, conv_bn
from torch import Tensor, nn
from torch.nn.functional import interpolate, relu6

SINGLE_HEADS = {"single": 17}
BOTTOM_UP_HEADS = {"heatmaps": 18, "pafs": 38}
JOINT_HEADS = {**SINGLE_HEADS, **BOTTOM_UP_HEADS}


class PoseNetwork(nn.Module):
    """RGB 0..255 `(N, 3, H, W)` to one map stack `(N, channels, H / 4, W / 4)` a head."""

    def __init__(self, heads: Mapping[str, int], width: int = 64) -> None:
        super().__init__()
        self.backbone = MobileNetV2()
        self.lateral = nn.ModuleDict(
            {tap: conv_bn(c, width, relu=False) for tap, c in TAP_CHANNELS.items()}
        )
        # Dense 3x3: as fast as a 5x5 depthwise pair on a CPU, at 10 times the weights.
        self.smooth = nn.ModuleDict(
            {
                "c4": conv_bn(width, width, 3),
                "c3": conv_bn(width, width, 3),
                "c2": nn.Sequential(conv_bn(width, width, 3), conv_bn(width, width, 3)),
            }
        )
        self.heads = nn.ModuleDict({name: nn.Conv2d(width, c, 1) for name, c in heads.items()})
        for head in self.heads.values():
            nn.init.normal_(head.weight, std=0.01)
            nn.init.zeros_(head.bias)

    def forward(self, image: Tensor) -> dict[str, Tensor]:
        """Map raw RGB to the heads' maps; the normalisation is the network's first step."""
        taps = self.backbone((image - 128.0) * (1.0 / 128.0))
        x = self.lateral["c5"](taps["c5"])
        for tap in ("c4", "c3", "c2"):
            skip = self.lateral[tap](taps[tap])
            x = _enlarge(x, skip)
            x = self.smooth[tap](relu6(skip + x))
        return {name: head(x) for name, head in self.heads.items()}


def _enlarge(x: Tensor, like: Tensor) -> Tensor:
    """Repeat cells up to the next map's size: twice, or less at 192 x 144, where 9 follows 5."""
    size = [int(length) for length in like.shape[2:]]
    if size == [2 * int(length) for length in x.shape[2:]]:
        # By factor, so that the exported graph holds a constant and no shape arithmetic.
        return interpolate(x, scale_factor=2.0, mode="nearest")
    return interpolate(x, size=size, mode="nearest")


def freeze_stem(network: PoseNetwork) -> None:
    """Keep the stem and the first block as ImageNet left them: edges and colours, half the cost."""
    for module in (network.backbone.stem, network.backbone.blocks[0]):
        module.eval()
        for parameter in module.parameters():
            parameter.requires_grad_(False)


def load_matching(network: PoseNetwork, state: Mapping[str, Tensor]) -> None:
    """Load another network's weights, leaving out the heads that this one does not have.

    A head that the other one lacks stays as it is.
    """
    own = network.state_dict()
    missing = sorted(set(own) - set(state))
    if any(not name.startswith("heads.") for name in missing):
        raise ValueError(f"the checkpoint lacks {missing[:3]}")
    network.load_state_dict({name: state.get(name, value) for name, value in own.items()})


def count_parameters(network: nn.Module) -> int:
    """Return the number of trained values."""
    return sum(parameter.numel() for parameter in network.parameters())


@torch.no_grad()
def count_macs(network: PoseNetwork, size_hw: tuple[int, int]) -> int:
    """Return the multiply-accumulates of all convolutions for one picture."""
    total = 0

    def add(module: nn.Module, _: tuple[Tensor, ...], output: Tensor) -> None:
        nonlocal total
        total += output[0].numel() * module.weight[0].numel()

    convolutions = [m for m in network.modules() if isinstance(m, nn.Conv2d)]
    hooks = [m.register_forward_hook(add) for m in convolutions]
    was_training = network.training
    network.eval()
    network(torch.zeros(1, 3, *size_hw))
    network.train(was_training)
    for hook in hooks:
        hook.remove()
    return total

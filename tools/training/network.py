"""The pose networks: plain 3x3 convolutions to stride 32, a pyramid back to stride 4, 1x1 heads.

Plain convolutions, because a processor with matrix units trains them 2.7 times as fast as
depthwise ones of the same cost.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

STRIDE = 4
YAW = "yaw"  # sine and cosine of the person's yaw

_STEM = 16
_WIDTHS = (32, 64, 128, 256)  # at strides 4, 8, 16, 32: a block costs the same at each of them
_BLOCKS = (1, 2, 4, 3)
_PYRAMID = 64
_YAW_HIDDEN = 64


def conv_relu(c_in: int, c_out: int, stride: int = 1) -> nn.Sequential:
    """Return a 3x3 convolution, batch normalisation and ReLU."""
    conv = nn.Conv2d(c_in, c_out, 3, stride, 1, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(c_out), nn.ReLU(inplace=True))


class Block(nn.Module):
    """Two 3x3 convolutions beside a shortcut (He et al., CVPR 2016)."""

    def __init__(self, c_in: int, c_out: int, stride: int) -> None:
        super().__init__()
        self.first = conv_relu(c_in, c_out, stride)
        conv = nn.Conv2d(c_out, c_out, 3, 1, 1, bias=False)
        self.second = nn.Sequential(conv, nn.BatchNorm2d(c_out))
        self.shortcut: nn.Module = nn.Identity()
        if stride > 1 or c_in != c_out:
            conv = nn.Conv2d(c_in, c_out, 1, stride, bias=False)
            self.shortcut = nn.Sequential(conv, nn.BatchNorm2d(c_out))
        self.relu = nn.ReLU(inplace=True)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.relu(self.second(self.first(x)) + self.shortcut(x))
        return y


class PoseNetwork(nn.Module):
    """RGB 0..255 `(N, 3, H, W)` to one map stack `(N, channels, H / 4, W / 4)` a head.

    maps: channels of each head that gives maps. yaw: whether there is a head "yaw" as well,
    `(N, 2)`: sine and cosine. refined: one more block at stride 4 before the heads, where what is
    fine meets what the whole crop says. H and W are multiples of 32.
    """

    def __init__(
        self,
        maps: Mapping[str, int],
        *,
        yaw: bool = False,
        refined: bool = False,
        width: float = 1.0,
    ) -> None:
        super().__init__()
        stem, *widths, pyramid = (max(8, round(c * width)) for c in (_STEM, *_WIDTHS, _PYRAMID))
        self.stem = nn.Sequential(conv_relu(3, stem, 2), conv_relu(stem, widths[0], 2))
        inputs = (widths[0], *widths[:-1])
        self.stages = nn.ModuleList(
            nn.Sequential(
                *(
                    Block(c_in if i == 0 else c_out, c_out, 2 if i == 0 and level > 0 else 1)
                    for i in range(count)
                )
            )
            for level, (c_in, c_out, count) in enumerate(zip(inputs, widths, _BLOCKS, strict=True))
        )
        self.lateral = nn.ModuleList(nn.Conv2d(c, pyramid, 1) for c in widths)
        self.smooth = nn.ModuleList(conv_relu(pyramid, pyramid) for _ in widths[:-1])
        self.enlarge = nn.Upsample(scale_factor=2, mode="nearest")
        self.refine: nn.Module = nn.Identity()
        if refined:
            block = Block(pyramid, pyramid, 1)
            nn.init.zeros_(block.second[1].weight)  # begins as if it were not there
            self.refine = block
        self.heads = nn.ModuleDict({name: nn.Conv2d(pyramid, c, 1) for name, c in maps.items()})
        for head in self.heads.values():
            nn.init.normal_(head.weight, std=0.01)
            nn.init.zeros_(head.bias)
        self.yaw = None
        if yaw:
            hidden = nn.Linear(widths[-1], _YAW_HIDDEN)
            self.yaw = nn.Sequential(hidden, nn.ReLU(inplace=True), nn.Linear(_YAW_HIDDEN, 2))

    def features(self, image: Tensor) -> tuple[Tensor, Tensor]:
        """Return the pyramid at stride 4, and the mean of the deepest stage `(N, C)`."""
        # Raw RGB comes in: the normalisation is the network's first step.
        x, seen = self.stem((image - 128.0) * (1.0 / 64.0)), []
        for stage in self.stages:
            x = stage(x)
            seen.append(x)
        y = self.lateral[-1](x)
        for level in reversed(range(len(self.smooth))):
            y = self.smooth[level](self.enlarge(y) + self.lateral[level](seen[level]))
        return self.refine(y), x.mean(dim=(2, 3))

    def forward(self, image: Tensor) -> dict[str, Tensor]:
        """Map raw RGB to every head's answer."""
        fine, deep = self.features(image)
        answers: dict[str, Tensor] = {name: head(fine) for name, head in self.heads.items()}
        if self.yaw is not None:
            answers[YAW] = self.yaw(deep)
        return answers


def load_matching(network: PoseNetwork, state: Mapping[str, Tensor]) -> None:
    """Load another network's weights; heads and a refining block that it lacks stay as they are.

    Of a head that has more maps there, the first ones are taken.
    """
    own = network.state_dict()
    missing = [name for name in own if name not in state]
    if any(not name.startswith(("heads.", "refine.", f"{YAW}.")) for name in missing):
        raise ValueError(f"the weights are another network's: they lack {missing[0]}")
    taken = {name: state.get(name, value) for name, value in own.items()}
    for name, value in own.items():
        if name.startswith("heads."):
            taken[name] = taken[name][: len(value)]
    network.load_state_dict(taken)


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

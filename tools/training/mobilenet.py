"""MobileNetV2 1.0 as a backbone with one feature map per stride, ready for fine-tuning."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from posture_tools.training.depthwise import StridedDepthwiseConv2d
from torch import Tensor, nn

# Sandler et al., "MobileNetV2", CVPR 2018, table 2: expansion, output channels, repeats, stride.
_STAGES = (
    (1, 16, 1, 1),
    (6, 24, 2, 2),
    (6, 32, 3, 2),
    (6, 64, 4, 2),
    (6, 96, 3, 1),
    (6, 160, 3, 2),
    (6, 320, 1, 1),
)
_STEM_CHANNELS = 32
_TAPS = {2: "c2", 5: "c3", 12: "c4", 16: "c5"}

TAP_CHANNELS = {"c2": 24, "c3": 32, "c4": 96, "c5": 320}


def conv_bn(
    c_in: int, c_out: int, kernel: int = 1, stride: int = 1, groups: int = 1, *, relu: bool = True
) -> nn.Sequential:
    """Return convolution, batch normalisation and, unless it is a linear layer, ReLU6."""
    conv: nn.Module
    if stride > 1 and groups == c_in == c_out:
        conv = StridedDepthwiseConv2d(c_in, kernel, stride)
    else:
        conv = nn.Conv2d(c_in, c_out, kernel, stride, kernel // 2, groups=groups, bias=False)
    layers: list[nn.Module] = [conv, nn.BatchNorm2d(c_out, momentum=0.01)]
    if relu:
        layers.append(nn.ReLU6(inplace=True))
    return nn.Sequential(*layers)


class InvertedResidual(nn.Module):
    """Expand, filter by depth, project; the shortcut joins the narrow ends."""

    def __init__(self, c_in: int, c_out: int, stride: int, expansion: int) -> None:
        super().__init__()
        wide = c_in * expansion
        layers = [] if expansion == 1 else [conv_bn(c_in, wide)]
        layers += [conv_bn(wide, wide, 3, stride, wide), conv_bn(wide, c_out, relu=False)]
        self.layers = nn.Sequential(*layers)
        self.shortcut = stride == 1 and c_in == c_out

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.layers(x)
        return x + y if self.shortcut else y


class MobileNetV2(nn.Module):
    """Feature maps c2..c5 at strides 4, 8, 16, 32 (channels `TAP_CHANNELS`)."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = conv_bn(3, _STEM_CHANNELS, 3, 2)
        blocks: list[nn.Module] = []
        c_in = _STEM_CHANNELS
        for expansion, c_out, repeats, first_stride in _STAGES:
            for repeat in range(repeats):
                stride = first_stride if repeat == 0 else 1
                blocks.append(InvertedResidual(c_in, c_out, stride, expansion))
                c_in = c_out
        self.blocks = nn.ModuleList(blocks)

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        """Map normalised RGB `(N, 3, H, W)`, i.e. (x - 128) / 128, to the four taps."""
        taps: dict[str, Tensor] = {}
        x = self.stem(x)
        for index, block in enumerate(self.blocks):
            x = block(x)
            if index in _TAPS:
                taps[_TAPS[index]] = x
        return taps


def load_folded_onnx(backbone: MobileNetV2, path: Path) -> None:
    """Copy the weights of an ONNX MobileNetV2 whose normalisation layers were folded away.

    A folded network trains badly, so batch normalisation stays in ours: the bias goes to its
    shift, and `calibrate` then gives it the statistics that leave the function unchanged.
    The file's stride-2 layers pad at the end, ours on both sides: that moves the sampling grid
    by one pixel and changes nothing else.
    """
    graph = onnx.load(str(path)).graph
    constants = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    for node in graph.node:
        if node.op_type == "DequantizeLinear":
            quantised, scale, zero = (constants[name] for name in node.input)
            constants[node.output[0]] = (quantised.astype(np.float32) - zero) * scale
    convolutions = [node for node in graph.node if node.op_type == "Conv"]
    pairs = list(_conv_bn_pairs(backbone))
    for (conv, norm), node in zip(pairs, convolutions, strict=False):
        weight, bias = constants[node.input[1]], constants[node.input[2]]
        if weight.shape != tuple(conv.weight.shape):
            raise ValueError(f"{node.name}: {weight.shape} does not fit {tuple(conv.weight.shape)}")
        with torch.no_grad():
            conv.weight.copy_(torch.from_numpy(weight.astype(np.float32)))
            norm.bias.copy_(torch.from_numpy(bias.astype(np.float32)))


@torch.no_grad()
def calibrate(backbone: MobileNetV2, images: Tensor) -> None:
    """Set every normalisation layer so that the folded function is kept on these images.

    With m, s the mean and deviation of a convolution's output: weight = s and shift = bias + m
    give `s * (x - m) / s + bias + m = x + bias`, now with statistics that training can update.
    """

    def set_statistics(norm: nn.BatchNorm2d, inputs: tuple[Tensor, ...]) -> None:
        var, mean = torch.var_mean(inputs[0].float(), dim=(0, 2, 3), correction=0)
        var = var.clamp_min(1e-4)
        norm.running_mean.copy_(mean)
        norm.running_var.copy_(var)
        norm.weight.copy_((var + norm.eps).sqrt())
        norm.bias.add_(mean)

    hooks = [n.register_forward_pre_hook(set_statistics) for _, n in _conv_bn_pairs(backbone)]
    was_training = backbone.training
    backbone.eval()
    backbone(images)
    backbone.train(was_training)
    for hook in hooks:
        hook.remove()


def _conv_bn_pairs(module: nn.Module) -> Iterable[tuple[nn.Conv2d, nn.BatchNorm2d]]:
    layers = [m for m in module.modules() if isinstance(m, nn.Conv2d | nn.BatchNorm2d)]
    yield from zip(layers[::2], layers[1::2], strict=True)

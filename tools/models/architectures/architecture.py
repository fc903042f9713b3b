"""What an architecture says of itself: how it is built for a checkpoint, and how described."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import cast

from posture_tools.models.architectures import MODULES
from torch import Tensor, nn

from edge.inference.description import ModelDescription

Weights = Mapping[str, Tensor]


@dataclass(frozen=True)
class Architecture:
    """A published network.

    build : the network as large as a checkpoint's tensors say; its `forward` takes a picture
        (N, 3, H, W) and returns a tuple of tensors.
    describe : what its answers mean, for the network and an input height and width. The keys of the
        description's outputs stand in the order of the tuple.
    step_px : what height and width of the input must be a multiple of.
    any_size : the file takes every multiple of `step_px`, not one size.
    renamed : prefixes of keys that other releases of the same network use -> the prefix here.
    """

    build: Callable[[Weights], nn.Module]
    describe: Callable[[nn.Module, tuple[int, int]], ModelDescription]
    default_hw: Callable[[nn.Module], tuple[int, int]]
    step_px: int
    any_size: bool = False
    renamed: Mapping[str, str] = field(default_factory=dict)


def architecture(name: str) -> Architecture:
    """The architecture that `posture-models export` calls so."""
    module = import_module(f"posture_tools.models.architectures.{MODULES[name]}")
    return cast(Architecture, module.PUBLISHED)


def size(weights: Weights, key: str, usual: int) -> int:
    """Length of a tensor's first axis; the usual one where the tensor is missing.

    That it is missing is found out with all other keys, once there is a network to compare with.
    """
    return int(weights[key].shape[0]) if key in weights else usual


def count(weights: Weights, pattern: str) -> int:
    """One more than the largest number that the pattern's group matches in a key; at least 1."""
    numbers = (int(found[1]) for key in weights if (found := re.match(pattern, key)))
    return max(numbers, default=0) + 1

"""The optimiser: Muon for the convolutions, AdamW for the rest.

Muon (Jordan et al. 2024, https://kellerjordan.github.io/posts/muon) takes the momentum of a matrix
and makes all its singular values about one, so that directions the gradient seldom shows are
learned as fast as the others. A convolution counts as the matrix (outputs, inputs x kernel). Scaled
by 0.2 sqrt(longer side) an update is as large as AdamW's, and one rate serves both
(Liu et al. 2025, arXiv 2502.16982).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, overload

import torch
from posture_tools.training.network import PoseNetwork
from torch import Tensor, nn

_MOMENTUM = 0.95
_UPDATE_RMS = 0.2
_ITERATIONS = 5
# Coefficients of the quintic of Jordan et al.: steep at zero, near one from 0.3 on.
_A, _B, _C = 3.4445, -4.7750, 2.0315


def make_optimisers(
    network: PoseNetwork, *, lr: float, weight_decay: float
) -> list[torch.optim.Optimizer]:
    """Return Muon for the trunk's convolutions, and AdamW for heads, normalisation and biases.

    Normalisation and biases are not drawn to zero. The heads keep AdamW: each of their rows is a
    map of its own, and those are not to be made square to each other.
    """
    convolutions: list[nn.Parameter] = []
    heads: list[nn.Parameter] = []
    rest: list[nn.Parameter] = []
    for name, parameter in network.named_parameters():
        if parameter.ndim <= 1:
            rest.append(parameter)
        else:
            (convolutions if parameter.ndim == 4 and "heads" not in name else heads).append(
                parameter
            )
    groups = [
        {"params": heads, "weight_decay": weight_decay},
        {"params": rest, "weight_decay": 0.0},
    ]
    return [
        Muon(convolutions, lr=lr, weight_decay=weight_decay),
        torch.optim.AdamW(groups, lr=lr, fused=True),
    ]


class Muon(torch.optim.Optimizer):
    """Momentum, made orthogonal, of convolutions `(C_out, C_in, kh, kw)`; decay as in AdamW."""

    def __init__(self, parameters: Iterable[nn.Parameter], *, lr: float, weight_decay: float):
        """lr: of every step, as AdamW's. weight_decay: drawn to zero by lr times this a step."""
        super().__init__(parameters, {"lr": lr, "weight_decay": weight_decay})

    @overload
    def step(self, closure: None = None) -> None: ...
    @overload
    def step(self, closure: Callable[[], float]) -> float: ...
    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> float | None:
        """Change every parameter that has a gradient."""
        loss = None if closure is None else closure()
        for group in self.param_groups:
            for parameter in group["params"]:
                if parameter.grad is not None:
                    self._change(parameter, group)
        return loss

    def _change(self, parameter: Tensor, group: dict[str, Any]) -> None:
        state = self.state[parameter]
        if not state:
            state["momentum"] = torch.zeros_like(parameter)
        momentum: Tensor = state["momentum"]
        momentum.lerp_(parameter.grad, 1 - _MOMENTUM)
        ahead = parameter.grad.lerp(momentum, _MOMENTUM)  # Nesterov's look ahead
        matrix = ahead.flatten(1)
        scale = _UPDATE_RMS * max(matrix.shape) ** 0.5
        update = orthogonal(matrix).view_as(ahead)
        parameter.mul_(1 - group["lr"] * group["weight_decay"])
        parameter.add_(update, alpha=-group["lr"] * scale)


def orthogonal(matrix: Tensor) -> Tensor:
    """Return the matrix with its singular values all between about 0.7 and 1.2, in bfloat16.

    Newton and Schulz's iteration: products only, no decomposition.
    """
    x = matrix.bfloat16()
    tall = x.shape[0] > x.shape[1]
    if tall:
        x = x.T
    x = x / (x.norm() + 1e-7)
    for _ in range(_ITERATIONS):
        square = x @ x.T
        x = _A * x + (_B * square + _C * square @ square) @ x
    return x.T if tall else x

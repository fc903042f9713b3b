"""Masked squared errors of the map outputs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class LossSettings:
    """How the outputs weigh against each other, and cells with a person against empty ones.

    foreground: a cell whose target is t counts 1 + foreground * |t| times; most of a map is
    empty and plain L2 spends the first epochs on learning that.
    """

    foreground: float = 4.0
    single: float = 1.0
    heatmaps: float = 0.7
    pafs: float = 0.35
    spine: float = 1.0


def masked_l2(predicted: Tensor, target: Tensor, weights: Tensor, foreground: float) -> Tensor:
    """Return the weighted squared error, summed over cells, per channel and picture.

    Cao et al. 2017, eq. 1 and 2: sum over cells of W(p) * |S(p) - S*(p)|^2, with W = 0 where a
    label is missing. Maps `(N, C, H, W)`; weights broadcast to them.
    """
    error = (predicted.float() - target).square() * (1.0 + foreground * target.abs()) * weights
    return error.sum(dim=(2, 3)).mean()


def total_loss(
    outputs: Mapping[str, Tensor], batch: Mapping[str, Tensor], settings: LossSettings
) -> dict[str, Tensor]:
    """Return the loss of every output that the network has, and their weighted "total"."""
    losses: dict[str, Tensor] = {}
    for name, predicted in outputs.items():
        weights = batch[f"{name}_weights"]
        losses[name] = masked_l2(predicted, batch[name], weights, settings.foreground)
    losses["total"] = torch.stack(
        [getattr(settings, name) * loss for name, loss in losses.items()]
    ).sum()
    return losses

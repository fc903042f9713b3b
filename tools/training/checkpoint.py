"""Everything a run needs to go on as if it had never stopped, in one file."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn


@dataclass
class RunState:
    """images: pictures seen. log: one row an evaluation. rng: the scene generator's state."""

    images: int = 0
    log: list[dict[str, float]] = field(default_factory=list)


def save_checkpoint(
    path: Path,
    state: RunState,
    *,
    network: nn.Module,
    average: nn.Module,
    optimiser: torch.optim.Optimizer,
    rng_state: Mapping[str, Any],
) -> None:
    """Write the checkpoint beside `path` and move it there, so that a stop leaves a whole one."""
    fresh = path.with_suffix(".new")
    torch.save(
        {
            "network": network.state_dict(),
            "average": average.state_dict(),
            "optimiser": optimiser.state_dict(),
            "rng": dict(rng_state),
            "images": state.images,
            "log": state.log,
        },
        fresh,
    )
    with fresh.open("rb") as stream:
        os.fsync(stream.fileno())
    fresh.replace(path)


def load_checkpoint(
    path: Path,
    *,
    network: nn.Module,
    average: nn.Module,
    optimiser: torch.optim.Optimizer,
    rng: np.random.Generator,
) -> RunState:
    """Restore all of it in place and return how far the run had come."""
    stored: dict[str, Any] = torch.load(path, weights_only=True)
    network.load_state_dict(stored["network"])
    average.load_state_dict(stored["average"])
    if "optimiser" in stored:  # a checkpoint that was handed on goes without: 16 MB of momentum
        optimiser.load_state_dict(stored["optimiser"])
    rng.bit_generator.state = stored["rng"]
    return RunState(stored["images"], stored["log"])


def averaged_weights(path: Path) -> dict[str, Tensor]:
    """Return the averaged weights of a checkpoint: those that are scored, continued and shipped."""
    weights: dict[str, Tensor] = torch.load(path, weights_only=True)["average"]
    return weights

"""What a run leaves behind: everything for the same machine, or little enough to hand on."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn


@dataclass
class Progress:
    """How far a run is. images: seen in total, by all runs that led here. step: batches drawn.

    since_start: steps of this optimiser. decay_from, decay_over: the images at which the learning
    rate began to fall, and how many it takes to zero; 0 while it has not begun.
    """

    images: int = 0
    step: int = 0
    since_start: int = 0
    decay_from: int = 0
    decay_over: int = 0


def save_checkpoint(
    path: Path,
    progress: Progress,
    *,
    network: nn.Module,
    average: nn.Module,
    optimisers: Sequence[torch.optim.Optimizer],
) -> None:
    """Write all that a run on this machine needs to go on as if it had never stopped."""
    state = {
        "network": network.state_dict(),
        "average": average.state_dict(),
        "optimisers": [optimiser.state_dict() for optimiser in optimisers],
        "progress": asdict(progress),
    }
    _write(state, path)


def load_checkpoint(
    path: Path,
    *,
    network: nn.Module,
    average: nn.Module,
    optimisers: Sequence[torch.optim.Optimizer],
) -> Progress:
    """Restore all of it in place and return how far the run had come."""
    stored: dict[str, Any] = torch.load(path, weights_only=True)
    network.load_state_dict(stored["network"])
    average.load_state_dict(stored["average"])
    for optimiser, state in zip(optimisers, stored["optimisers"], strict=True):
        optimiser.load_state_dict(state)
    return Progress(**stored["progress"])


def save_weights(path: Path, average: nn.Module, images: int) -> None:
    """Write the averaged weights in half precision: what another machine goes on from."""
    half = {
        name: value.half() if value.is_floating_point() else value
        for name, value in average.state_dict().items()
    }
    _write({"average": half, "images": images}, path)


def load_weights(path: Path) -> tuple[dict[str, Tensor], int]:
    """Return the averaged weights of either kind of file, and the images behind them."""
    stored: dict[str, Any] = torch.load(path, weights_only=True)
    full = {
        name: value.float() if value.is_floating_point() else value
        for name, value in stored["average"].items()
    }
    images = stored["images"] if "images" in stored else stored["progress"]["images"]
    return full, int(images)


def _write(state: dict[str, Any], path: Path) -> None:
    """Write beside `path` and move it there, so that a stop leaves a whole file."""
    fresh = path.with_suffix(".new")
    torch.save(state, fresh)
    with fresh.open("rb") as stream:
        os.fsync(stream.fileno())
    fresh.replace(path)

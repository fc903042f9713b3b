"""A stage's state small enough to hand on: averaged weights in half precision, no momentum."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

import torch
from posture_tools.training.recipe import STAGES


def store_trunk(runs: Path, stage: str, path: Path) -> None:
    """Write a stage's averaged weights as float16, how far it had come, and its log."""
    stored: dict[str, Any] = torch.load(runs / stage / "checkpoint.pt", weights_only=True)
    half = {n: v.half() if v.is_floating_point() else v for n, v in stored["average"].items()}
    kept = {name: stored[name] for name in ("images", "log", "rng")}
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.save({"stage": stage, "average": half, **kept}, path)


def restore_trunk(path: Path, runs: Path) -> None:
    """Put a stored trunk into `runs`, where its stage goes on or the next one starts."""
    stored: dict[str, Any] = torch.load(path, weights_only=True)
    full = {n: v.float() if v.is_floating_point() else v for n, v in stored["average"].items()}
    checkpoint = runs / stored.pop("stage") / "checkpoint.pt"
    if checkpoint.exists():
        raise FileExistsError(f"{checkpoint} exists: choose another folder for the runs")
    checkpoint.parent.mkdir(parents=True)
    torch.save({**stored, "network": full, "average": full}, checkpoint)


def main(arguments: list[str] | None = None) -> int:
    """Put a stored trunk into a folder of runs or, with --store, write it from there."""
    parser = argparse.ArgumentParser(prog="python -m posture_tools.training.trunk")
    parser.add_argument("path", type=Path, help="the stored trunk")
    parser.add_argument("--runs", type=Path, required=True)
    parser.add_argument("--store", choices=list(STAGES), help="write this stage's trunk to PATH")
    options = parser.parse_args(arguments)
    if options.store:
        store_trunk(options.runs, options.store, options.path)
    else:
        restore_trunk(options.path, options.runs)
    return 0


if __name__ == "__main__":
    sys.exit(main())

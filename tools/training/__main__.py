"""`python -m posture_tools.training`: train, export and draw what ships."""

from __future__ import annotations

import argparse
import logging
import sys
from pathlib import Path

import cv2
import torch
from posture_tools.training.curves import draw_curves
from posture_tools.training.loop import Training
from posture_tools.training.pack import People
from posture_tools.training.recipe import SHIPPED, STAGES
from posture_tools.training.ship import ship, stages_of


def main(arguments: list[str] | None = None) -> int:
    """Train the stages that are not complete yet, then export both networks and their curves."""
    parser = argparse.ArgumentParser(prog="python -m posture_tools.training", description=__doc__)
    parser.add_argument("--pack", type=Path, action="append", required=True, help="pack folder")
    parser.add_argument("--backbone", type=Path, required=True, help="MobileNetV2 as ONNX")
    parser.add_argument("--runs", type=Path, required=True, help="where checkpoints go")
    parser.add_argument("--out", type=Path, help="where the exports go; none are written without")
    parser.add_argument("--stage", choices=list(STAGES), action="append", help="default: all")
    parser.add_argument("--export-only", action="store_true", help="export what has been trained")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--workers", type=int, default=1, help="processes that draw scenes")
    options = parser.parse_args(arguments)

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", stream=sys.stdout)
    torch.set_num_threads(options.threads)
    cv2.setNumThreads(options.threads)
    people = People.read(options.pack, "train")
    # A third of the val crops tells the same in a third of the time.
    val = People.read(options.pack, "val").crops[::3]
    needed = [name for name in STAGES if any(name in stages_of(s.stage) for s in SHIPPED)]
    for name in [] if options.export_only else options.stage or needed:
        Training(
            STAGES[name],
            people,
            options.runs,
            options.backbone,
            seed=options.seed,
            val=val,
            workers=options.workers,
        ).run()
    if options.out is not None:
        _export(options.runs, options.out, people, options.seed)
    return 0


def _export(runs: Path, out: Path, people: People, seed: int) -> None:
    command = (
        "python -m posture_tools.training --pack PACK --pack PACK/more --backbone MOBILENET.onnx "
        f"--runs RUNS --out OUT --seed {seed}"
    )
    logs = {}
    for shipped in SHIPPED:
        if (runs / shipped.stage / "checkpoint.pt").exists():
            ship(shipped, runs, out, people, command)
            for name in stages_of(shipped.stage):
                logs[name] = torch.load(runs / name / "checkpoint.pt", weights_only=True)["log"]
    draw_curves({name: logs[name] for name in STAGES if name in logs}, out / "learning_curves.png")


if __name__ == "__main__":
    sys.exit(main())

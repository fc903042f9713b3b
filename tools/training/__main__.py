"""`python -m posture_tools.training`: train, export and draw what ships."""

from __future__ import annotations

import argparse
import logging
import sys
from pathlib import Path

import cv2
import torch

from posture_tools.training.loop import Training
from posture_tools.training.pack import People
from posture_tools.training.recipe import STAGES


def main(arguments: list[str] | None = None) -> int:
    """Run the stages one after the other; a stage that is complete is skipped."""
    parser = argparse.ArgumentParser(prog="python -m posture_tools.training", description=__doc__)
    parser.add_argument("--pack", type=Path, action="append", required=True, help="pack folder")
    parser.add_argument("--backbone", type=Path, required=True, help="MobileNetV2 as ONNX")
    parser.add_argument("--runs", type=Path, required=True, help="where checkpoints go")
    parser.add_argument("--stage", choices=list(STAGES), action="append", help="default: all")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args(arguments)

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", stream=sys.stdout)
    torch.set_num_threads(options.threads)
    cv2.setNumThreads(options.threads)
    people = People.read(options.pack, "train")
    val = People.read(options.pack, "val").crops[::3]
    for name in options.stage or STAGES:
        Training(
            STAGES[name], people, options.runs, options.backbone, seed=options.seed, val=val
        ).run()
    return 0


if __name__ == "__main__":
    sys.exit(main())

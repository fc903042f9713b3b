"""`python -m posture_tools.training`: train the networks, draw the curves, export what ships."""

from __future__ import annotations

import argparse
import logging
import sys
from pathlib import Path

import cv2
import torch
from posture_tools.training.photographs import Photographs
from posture_tools.training.recipe import JOINT
from posture_tools.training.renders import Renders
from posture_tools.training.run import Run
from posture_tools.training.samples import Sampler
from posture_tools.training.validation import Validation


def main(arguments: list[str] | None = None) -> int:
    """Run the command that the arguments name."""
    parser = argparse.ArgumentParser(prog="python -m posture_tools.training", description=__doc__)
    commands = parser.add_subparsers(required=True)
    joint = commands.add_parser("joint", help="one network for whole bodies and close crops")
    _add_data(joint)
    _add_length(joint)
    joint.set_defaults(command=_joint)
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", stream=sys.stdout)
    cv2.setNumThreads(1)
    return int(options.command(options))


def _add_data(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--renders", type=Path, required=True, help="folder of rendered packs")
    parser.add_argument(
        "--pack", type=Path, required=True, help="photographs; more/ and high/ in it are read too"
    )


def _add_length(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--runs", type=Path, required=True, help="where checkpoints go")
    parser.add_argument("--minutes", type=float, help="stop, and go on later, after so long")
    parser.add_argument("--images", type=int, help="stop once so many have been seen in total")
    parser.add_argument("--decay", type=int, default=0, help="end over so many images from now")
    parser.add_argument("--start", type=Path, help="weights that an empty folder goes on from")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--workers", type=int, default=1, help="processes that draw samples")
    parser.add_argument("--device", default="cpu", choices=["cpu", "cuda"])


def _joint(options: argparse.Namespace) -> int:
    torch.set_num_threads(options.threads)
    folders = [options.pack, *(options.pack / name for name in ("more", "high"))]
    folders = [folder for folder in folders if (folder / "index.npz").exists()]
    source = Sampler(Photographs(folders, "train"), Renders(options.renders), JOINT.mix)
    validate = Validation(
        Renders(options.renders, val=True), Photographs(folders, "val"), JOINT.mix.size_hw
    )
    Run(
        JOINT,
        source,
        options.runs,
        start=options.start,
        decay=options.decay,
        seed=options.seed,
        workers=options.workers,
        device=options.device,
        validate=validate,
    ).run(images=options.images, minutes=options.minutes)
    return 0


if __name__ == "__main__":
    sys.exit(main())

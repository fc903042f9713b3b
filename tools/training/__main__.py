"""`python -m posture_tools.training`: train the networks, draw the curves, export what ships."""

from __future__ import annotations

import argparse
import logging
import sys
from pathlib import Path

import cv2
import torch
from posture_tools.training.curves import draw_curves
from posture_tools.training.export import BLENDS
from posture_tools.training.frame_validation import FrameValidation
from posture_tools.training.frames import FrameMix, FrameSampler
from posture_tools.training.photographs import Photographs
from posture_tools.training.recipe import RECIPES, Recipe
from posture_tools.training.renders import Renders
from posture_tools.training.run import Run, Validate
from posture_tools.training.samples import Sampler
from posture_tools.training.ship import SHIPPED, ship
from posture_tools.training.stream import Source
from posture_tools.training.validation import Validation

_HELP = {
    "joint": "one network for whole bodies and close crops",
    "whole": "from the joint one, for whole bodies",
    "close": "from the joint one, for close crops",
    "finder": "from the joint one, for frames of several people",
}


def main(arguments: list[str] | None = None) -> int:
    """Run the command that the arguments name."""
    parser = argparse.ArgumentParser(prog="python -m posture_tools.training", description=__doc__)
    commands = parser.add_subparsers(required=True)
    for name, recipe in RECIPES.items():
        train = commands.add_parser(name, help=_HELP[name])
        _add_training(train)
        train.set_defaults(command=lambda options, recipe=recipe: _train(recipe, options))
    curves = commands.add_parser("curves", help="draw the logs of the runs")
    curves.add_argument("--runs", type=Path, required=True)
    curves.add_argument("picture", type=Path, help="PNG to write")
    curves.set_defaults(command=_curves)
    export = commands.add_parser("export", help="write ONNX and card of a run's network")
    export.add_argument("network", choices=list(SHIPPED))
    export.add_argument("--runs", type=Path, required=True)
    export.add_argument("--out", type=Path, required=True, help="folder")
    export.add_argument(
        "--joints", choices=BLENDS, default="body", help="whose COCO joints ship: see the README"
    )
    export.set_defaults(command=_export)
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", stream=sys.stdout)
    cv2.setNumThreads(1)
    return int(options.command(options))


def _add_training(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--renders", type=Path, required=True, help="folder of rendered packs")
    parser.add_argument(
        "--pack", type=Path, required=True, help="photographs; more/ and high/ in it are read too"
    )
    parser.add_argument("--runs", type=Path, required=True, help="where checkpoints go")
    parser.add_argument("--minutes", type=float, help="stop, and go on later, after so long")
    parser.add_argument("--images", type=int, help="stop once so many have been seen in total")
    parser.add_argument("--decay", type=int, default=0, help="end over so many images from now")
    parser.add_argument("--start", type=Path, help="weights that an empty folder goes on from")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--workers", type=int, default=1, help="processes that draw samples")
    parser.add_argument("--device", default="cpu", choices=["cpu", "cuda"])


def _train(recipe: Recipe, options: argparse.Namespace) -> int:
    torch.set_num_threads(options.threads)
    folders = [options.pack, *(options.pack / name for name in ("more", "high"))]
    folders = [folder for folder in folders if (folder / "index.npz").exists()]
    seen = Photographs(folders, "train"), Renders(options.renders)
    unseen = Photographs(folders, "val"), Renders(options.renders, val=True)
    source: Source
    validate: Validate
    if isinstance(recipe.mix, FrameMix):
        source = FrameSampler(*seen, recipe.mix)
        validate = FrameValidation(FrameSampler(*unseen, recipe.mix))
    else:
        source = Sampler(*seen, recipe.mix)
        validate = Validation(*unseen, recipe.mix.size_hw, recipe.mix.close)
    Run(
        recipe,
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


def _curves(options: argparse.Namespace) -> int:
    draw_curves(options.runs, options.picture)
    return 0


def _export(options: argparse.Namespace) -> int:
    ship(SHIPPED[options.network], options.runs, options.out, options.joints)
    return 0


if __name__ == "__main__":
    sys.exit(main())

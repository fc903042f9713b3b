"""`python -m posture_tools.training`: train the networks, draw the curves, export what ships."""

from __future__ import annotations

import argparse
import logging
import sys
from pathlib import Path

from posture_tools.cli import told_plainly

PROG = "python -m posture_tools.training"

with told_plainly(PROG, "training"):
    import cv2
    import numpy as np
    import torch
    from posture_tools.training.crops import PackedCrops, write_crops
    from posture_tools.training.curves import draw_curves
    from posture_tools.training.export import BLENDS
    from posture_tools.training.frame_validation import FrameValidation
    from posture_tools.training.frames import FrameMix, FrameSampler
    from posture_tools.training.photographs import Photographs, Split
    from posture_tools.training.recipe import RECIPES, Recipe
    from posture_tools.training.renders import Renders
    from posture_tools.training.run import Run, Validate
    from posture_tools.training.samples import Mix, Sampler
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
    parser = argparse.ArgumentParser(prog=PROG, description=__doc__)
    commands = parser.add_subparsers(required=True)
    for name, recipe in RECIPES.items():
        train = commands.add_parser(name, help=_HELP[name])
        _add_training(train)
        train.set_defaults(command=lambda options, recipe=recipe: _train(recipe, options))
    crops = commands.add_parser("crops", help="cut crops for a machine with an accelerator")
    _add_data(crops, required=True)
    crops.add_argument("file", type=Path, help="NPZ to write")
    crops.add_argument("--most-mib", type=float, default=34.0)
    crops.add_argument("--seed", type=int, default=1, help="another one for each piece")
    crops.set_defaults(command=_crops)
    curves = commands.add_parser("curves", help="draw the logs of the runs")
    curves.add_argument("--runs", type=Path, required=True)
    curves.add_argument("picture", type=Path, help="PNG to write")
    curves.set_defaults(command=_curves)
    export = commands.add_parser("export", help="write ONNX and card of a run's network")
    export.add_argument("network", choices=list(SHIPPED))
    export.add_argument("--runs", type=Path, required=True)
    export.add_argument(
        "--run", choices=list(RECIPES), help="whose weights; default: of the network's own run"
    )
    export.add_argument("--out", type=Path, required=True, help="folder")
    export.add_argument(
        "--joints", choices=BLENDS, default="body", help="whose COCO joints ship: see the README"
    )
    export.set_defaults(command=_export)
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", stream=sys.stdout)
    cv2.setNumThreads(1)
    return int(options.command(options))


def _add_data(parser: argparse.ArgumentParser, *, required: bool) -> None:
    parser.add_argument("--renders", type=Path, required=required, help="folder of rendered packs")
    parser.add_argument(
        "--pack",
        type=Path,
        required=required,
        help="photographs; more/ and high/ in it are read too",
    )


def _add_training(parser: argparse.ArgumentParser) -> None:
    _add_data(parser, required=False)
    parser.add_argument("--crops", type=Path, nargs="+", help="instead of both: files of crops")
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
    source, validate = _source(recipe, options)
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


def _source(recipe: Recipe, options: argparse.Namespace) -> tuple[Source, Validate | None]:
    """Return what a run draws from, and what scores it."""
    mix = recipe.mix
    if options.crops:
        if isinstance(mix, FrameMix):
            raise SystemExit("the finder learns from frames: give --renders and --pack")
        photographs, renders = (
            PackedCrops(options.crops, photograph=photograph) for photograph in (True, False)
        )
        return Sampler(photographs, renders, photographs.backgrounds(), mix), None
    if options.renders is None or options.pack is None:
        raise SystemExit("give --renders and --pack, or --crops")
    seen = _photographs(options.pack, "train"), Renders(options.renders)
    unseen = _photographs(options.pack, "val"), Renders(options.renders, val=True)
    if isinstance(mix, FrameMix):
        return FrameSampler(*seen, mix), FrameValidation(FrameSampler(*unseen, mix))
    validate = Validation(*unseen, mix.size_hw, mix.close)
    return Sampler(*seen, seen[0].backgrounds(), mix), validate


def _photographs(pack: Path, split: Split) -> Photographs:
    folders = [pack, *(pack / name for name in ("more", "high"))]
    return Photographs([folder for folder in folders if (folder / "index.npz").exists()], split)


def _crops(options: argparse.Namespace) -> int:
    photographs = _photographs(options.pack, "train")
    mix = RECIPES["joint"].mix
    if not isinstance(mix, Mix):
        raise TypeError("the joint run learns from crops")
    count = write_crops(
        options.file,
        photographs,
        Renders(options.renders),
        photographs.backgrounds(),
        mix,
        most_bytes=int(options.most_mib * 2**20),
        rng=np.random.default_rng(options.seed),
    )
    logging.getLogger(__name__).info("%d crops in %s", count, options.file)
    return 0


def _curves(options: argparse.Namespace) -> int:
    draw_curves(options.runs, options.picture)
    return 0


def _export(options: argparse.Namespace) -> int:
    folder = options.runs / (options.run or options.network)
    ship(SHIPPED[options.network], folder, options.out, options.joints)
    return 0


if __name__ == "__main__":
    with told_plainly(PROG, "training"):
        sys.exit(main())

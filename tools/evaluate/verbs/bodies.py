"""`python -m posture_tools.evaluate bodies`."""

from __future__ import annotations

from argparse import Namespace
from functools import partial
from pathlib import Path

from posture_tools.cli import Output, Verb, argument
from posture_tools.evaluate.exam_options import EXAMINED, shown_to_all

BODIES = argument(
    "pictures",
    nargs="+",
    type=Path,
    metavar="BODIES",
    help="Packs of test bodies, or folders of them; `python -m posture_tools.bodies exam` makes "
    "them.",
)


def run(options: Namespace, out: Output) -> int:
    from posture_tools.evaluate.bodies import examine, tables
    from posture_tools.evaluate.body_pack import read_bodies

    bodies = read_bodies(options.pictures, options.limit)
    return shown_to_all(options, out, bodies, partial(examine, space=options.space), tables)


VERB = Verb(
    "bodies",
    "Measure bias, slope, residual and coverage of every measure on bodies that are known exactly.",
    example="python -m posture_tools.evaluate bodies test_bodies/ --predictor models_onnx/",
    run=run,
    arguments=(
        BODIES,
        *EXAMINED,
        argument(
            "--space",
            action="store_true",
            help="Judge against the body in space, as the intervals against the world do; default: "
            "against an exact reading of its picture, as a network is judged.",
        ),
    ),
    json="object",
    inputs="pictures",
)

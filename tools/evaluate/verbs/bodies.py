"""`python -m posture_tools.evaluate bodies`."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from posture_tools.cli import Output, Verb, argument
from posture_tools.evaluate.exam_options import EXAMINED, hand_out, models_of

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

    pictures = read_bodies(options.pictures, options.limit)
    models = models_of(options)
    found = examine(models, pictures, quiet=out.as_json, space=options.space)
    hand_out(out, models, found, tables(found))
    return 0


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

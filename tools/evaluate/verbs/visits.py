"""`python -m posture_tools.evaluate visits`."""

from __future__ import annotations

from argparse import Namespace

from posture_tools.cli import Output, Verb
from posture_tools.evaluate.exam_options import EXAMINED, hand_out, models_of
from posture_tools.evaluate.verbs.bodies import BODIES


def run(options: Namespace, out: Output) -> int:
    from posture_tools.evaluate.body_pack import read_bodies
    from posture_tools.evaluate.visits import examine, tables

    pictures = read_bodies(options.pictures, options.limit)
    models = models_of(options)
    found = examine(models, pictures, quiet=out.as_json)
    hand_out(out, models, found, tables(found))
    return 0


VERB = Verb(
    "visits",
    "Measure whether a change between two visits is seen, and none where there was none: on bodies "
    "that come again in other clothes, some of them changed.",
    example="python -m posture_tools.evaluate visits again.npz --predictor models_onnx/",
    run=run,
    arguments=(BODIES, *EXAMINED),
    json="object",
    inputs="pictures",
)

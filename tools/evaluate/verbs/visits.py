"""`python -m posture_tools.evaluate visits`."""

from __future__ import annotations

from argparse import Namespace

from posture_tools.cli import Output, Verb
from posture_tools.evaluate.exam_options import EXAMINED, shown_to_all
from posture_tools.evaluate.verbs.bodies import BODIES


def run(options: Namespace, out: Output) -> int:
    from posture_tools.evaluate.body_pack import read_bodies
    from posture_tools.evaluate.visits import examine, tables

    return shown_to_all(options, out, read_bodies(options.pictures, options.limit), examine, tables)


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

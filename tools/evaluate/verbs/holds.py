"""`python -m posture_tools.evaluate holds`."""

from __future__ import annotations

from argparse import Namespace

from posture_tools.cli import Output, Verb
from posture_tools.evaluate.exam_options import EXAMINED, shown_to_all
from posture_tools.evaluate.verbs.bodies import BODIES


def run(options: Namespace, out: Output) -> int:
    from posture_tools.evaluate.bodies import tables
    from posture_tools.evaluate.body_pack import read_bodies
    from posture_tools.evaluate.holds import examine

    return shown_to_all(options, out, read_bodies(options.pictures, options.limit), examine, tables)


VERB = Verb(
    "holds",
    "Measure people who stand still before a station for a whole hold, as it measures them: what "
    "is fit for use as data, and what intervals hold.",
    example="python -m posture_tools.evaluate holds holds.npz --predictor models_onnx/",
    run=run,
    arguments=(BODIES, *EXAMINED),
    json="object",
    inputs="pictures",
)

"""`python -m posture_tools.evaluate views`."""

from __future__ import annotations

from argparse import Namespace

from posture_tools.cli import Output, Verb
from posture_tools.evaluate.exam_options import EXAMINED, PICTURES, pictures_of, shown_to_all


def run(options: Namespace, out: Output) -> int:
    from posture_tools.evaluate.views import examine, tables

    return shown_to_all(options, out, pictures_of(options), examine, tables)


VERB = Verb(
    "views",
    "Measure from which side people are seen: how many fronts, backs and sides are called right.",
    example="python -m posture_tools.evaluate views photos/ --predictor models_onnx/",
    run=run,
    arguments=(PICTURES, *EXAMINED),
    json="object",
    inputs="pictures",
)
